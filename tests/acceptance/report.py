"""What the matrix measured, as it stands in docs/reliability.md."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any


def record(config: Any, result: Any) -> None:
    """Appends the result to the file that `--results` names, if it does."""
    path = config.getoption("--results")
    if path:
        with Path(path).open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")
