"""A tiny service: appends `NAME started PID` and `NAME stopped` to a file.

`--drain SECONDS` makes it finish that late after SIGTERM, `--ends` makes it end at once.
"""

import argparse
import os
import signal
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("name")
parser.add_argument("events")
parser.add_argument("--drain", type=float, default=0.0)
parser.add_argument("--ends", action="store_true")
given = parser.parse_args()


def tell(what: str) -> None:
    with open(given.events, "a") as events:
        events.write(f"{given.name} {what}\n")


def finish(number: int, frame: object) -> None:
    tell("told to stop")
    time.sleep(given.drain)
    tell("stopped")
    sys.exit(0)


signal.signal(signal.SIGTERM, finish)
tell(f"started {os.getpid()}")
if given.ends:
    sys.exit(3)
while True:
    signal.pause()
