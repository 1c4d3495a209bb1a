"""Stands in for `docker` in a test of deploy/rollout: containers are lines of a file.

Each container is healthy at the second look; `--scale NAME=COUNT` adds what is missing.
"""

import itertools
import json
import sys
from pathlib import Path

file, arguments = Path(sys.argv[1]), sys.argv[2:]
state = json.loads(file.read_text())
state["calls"].append(arguments)
match arguments:
    case ["compose", "ps", "--quiet", service]:
        named = [name for name in state["containers"] if name.startswith(service)]
        sys.stdout.write("".join(f"{name}\n" for name in named))
    case ["compose", "up", *_, scale, service]:
        missing = int(scale.partition("=")[2]) - len(state["containers"])
        for number in itertools.islice(itertools.count(state["next"]), missing):
            state["containers"][f"{service}-{number}"] = 0
            state["next"] = number + 1
    case ["inspect", *_, name]:
        state["containers"][name] += 1
        sys.stdout.write("healthy\n" if state["containers"][name] > 1 else "starting\n")
    case ["rm", name]:
        del state["containers"][name]
file.write_text(json.dumps(state))
