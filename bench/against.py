"""This tree against another commit: the load of `bench.load`, a window of each in turn.

Both stacks run all the time, with this environment's packages and servers, so whatever else the
machine does meets both. A pair is two windows, one after the other, and the next pair begins with
the other tree. A ratio is this tree's figure divided by the other's: the geometric mean over the
pairs, and its standard error.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .harness.figures import report
from .harness.processes import ROOT

_ON_DEMAND = ROOT / "bench/harness/load_on_demand.py"
_OF_BOTH = (
    *("answers_per_second", "first_token_p50_ms", "delta_p50_ms", "accept_p50_ms"),
    "frames_per_answer",
    *("cpu_s_per_1000", "cpu_s_per_1000_api", "cpu_s_per_1000_ws", "cpu_s_per_1000_worker"),
    *("cpu_s_per_1000_postgres", "cpu_s_per_1000_redis"),
)


class Tree:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("A stack ended; what it said is above.")
        return line

    def window(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        figures: dict[str, Any] = json.loads(self.line())
        return figures


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="malgil-against-") as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


@contextmanager
def loaded(folder: Path, asked: argparse.Namespace) -> Iterator[Tree]:
    """A stack of the tree in `folder` with its members; ends when its stdin does."""
    numbers = (str(asked.k), str(asked.seconds), str(asked.pairs + 1))
    process = subprocess.Popen(
        [sys.executable, str(_ON_DEMAND), *numbers],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    tree = Tree(process)
    try:
        while tree.line() != "ready\n":
            pass
        yield tree
    finally:
        process.communicate()


def ratios(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], name: str) -> dict[str, Any]:
    logs = [math.log(here[name] / there[name]) for here, there in pairs]
    error = statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else math.nan
    return {
        "here": round(statistics.median(here[name] for here, _ in pairs), 2),
        "there": round(statistics.median(there[name] for _, there in pairs), 2),
        "ratio": round(math.exp(statistics.fmean(logs)), 3),
        "standard_error": round(error, 3),
    }


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    with ExitStack() as stack:
        other = stack.enter_context(checked_out(asked.commit))
        here = stack.enter_context(loaded(ROOT, asked))
        there = stack.enter_context(loaded(other, asked))
        for tree in (here, there):
            tree.window()  # fills caches
        pairs = []
        for number in range(asked.pairs):
            if number % 2:
                before, after = there.window(), here.window()
                pairs.append((after, before))
            else:
                pairs.append((here.window(), there.window()))
    # A server closes a connection that was idle for 5 s, now and then as a request is on its way.
    errors = {
        "here": sum(here["errors"] for here, _ in pairs),
        "there": sum(there["errors"] for _, there in pairs),
    }
    return {"errors": errors} | {name: ratios(pairs, name) for name in _OF_BOTH}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.against", description=__doc__)
    parser.add_argument("commit", help="what to compare with")
    parser.add_argument("-k", type=int, default=100, help="members at once")
    parser.add_argument("--seconds", type=float, default=6, help="of a window")
    parser.add_argument("--pairs", type=int, default=12)
    asked = parser.parse_args()
    report("against", {"commit": asked.commit, "members": asked.k, **measure(asked)})


if __name__ == "__main__":
    main()
