"""Processes that share a port: their numbers are summed, and stay when they die."""

import os
import subprocess
import sys

import pytest

from api import metrics_folder

COUNTS = """
import os, sys
from prometheus_client import Counter, Gauge, Histogram
Counter("asked", "x", ["by"]).labels(sys.argv[1]).inc(int(sys.argv[2]))
Histogram("took", "x", buckets=(1, 2)).observe(1.5)
Gauge("open", "x", multiprocess_mode="livesum").inc()
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def counting(tmp_path):
    """Starts a process that counts, and lives until it is killed."""
    started = []

    def start(by, count):
        process = subprocess.Popen(
            [sys.executable, "-c", COUNTS, by, str(count)],
            env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"counted\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def told(folder):
    lines = metrics_folder.exposition(folder).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line[0] != "#")
    return {name: float(value) for name, value in pairs}


def died(process):
    process.kill()
    process.wait()


def test_those_that_live_are_summed(tmp_path, counting):
    counting("a", 2)
    counting("a", 3)

    numbers = told(tmp_path)

    assert numbers['asked_total{by="a"}'] == 5
    assert numbers["took_count"] == numbers['took_bucket{le="2.0"}'] == 2
    assert numbers["open"] == 2


def test_what_the_dead_counted_stays_and_what_they_held_open_does_not(tmp_path, counting):
    dead, living = counting("a", 2), counting("b", 3)
    before = told(tmp_path)
    died(dead)

    for _ in range(2):
        assert told(tmp_path) == before | {"open": 1}
    died(living)
    now = told(tmp_path)
    assert {name: now[name] for name in before if name != "open"} == {
        name: value for name, value in before.items() if name != "open"
    }


def test_their_files_do_not_pile_up(tmp_path, counting):
    for _ in range(5):
        died(counting("a", 1))
        metrics_folder.tidy(tmp_path)

    assert {file.name for file in tmp_path.iterdir()} == {
        "counter_0.db",
        "histogram_0.db",
        "lock",
    }
    assert told(tmp_path)['asked_total{by="a"}'] == 5
