"""The load of `bench.load` on one tree's stack, a window whenever a line comes on stdin.

`python load_on_demand.py MEMBERS SECONDS WINDOWS`, in the tree's folder: all modules are its own.
Prints `ready`, then a line of JSON with its figures for each window.
"""

import asyncio
import importlib
import json
import os
import sys
from typing import Any

import uvloop


async def serve(load: Any, stack: Any, *, members: int, seconds: float, windows: int) -> None:
    # Each window begins anew, and some answers are outside of what is measured.
    turns = windows * (int(seconds) + 10)
    conversations = turns // load.TURNS + 1
    people = [load.Person(member) for member in stack.members(members, conversations=conversations)]
    for person in people:
        await person.arrive(stack)
    asks = [person.ask for person in people]
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        found = load.figures(await load.closed_loop(asks, stack, seconds, 1))
        for person in people:
            person._http.close()  # the server does so itself before the next window, or in it
        print(json.dumps(found), flush=True)


def main() -> None:
    members, seconds, windows = sys.argv[1:]
    sys.path[0] = os.getcwd()
    load: Any = importlib.import_module("bench.load")
    with load.stacks.running(*load.MODEL) as stack:
        uvloop.run(
            serve(load, stack, members=int(members), seconds=float(seconds), windows=int(windows))
        )


if __name__ == "__main__":
    main()
