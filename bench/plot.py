"""What Malgil adds and what it costs, as a picture: bench/results/load.json to docs/images/."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from bench.load import OURS

from .harness.figures import RESULTS
from .harness.processes import ROOT

TARGET = ROOT / "docs" / "images" / "performance.svg"
WIDTH, HEIGHT = 720, 282
_TOP, _BOTTOM, _PANEL = 74, 246, 260
# Told apart also without colours: by their order, which the legend has too.
_COLOURS = {
    "api": "#3b6fb6",
    "ws": "#6aa9dc",
    "worker": "#e08a3c",
    "postgres": "#5b8f6b",
    "redis": "#b5483f",
}
_STYLE = (
    "text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#24292f}"
    ".title{font-size:14px;font-weight:600}.faint{fill:#57606a;font-size:11px}"
    ".value{font-size:11px;text-anchor:middle}.middle{text-anchor:middle}.end{text-anchor:end}"
)


def added(load: dict[str, Any], name: str) -> tuple[float, float]:
    """To the first token's time, in ms: at the median, and of the slowest of a hundred."""
    ours, direct = load[f"malgil {name}"], load[f"direct {name}"]
    p50, p99 = (
        max(0.0, ours[f"first_token_{share}_ms"] - direct[f"first_token_{share}_ms"])
        for share in ("p50", "p99")
    )
    return p50, p99


def costs(load: dict[str, Any], name: str) -> dict[str, float]:
    """Seconds of processor time per 1,000 answers, of each process."""
    return {process: load[f"malgil {name}"][f"cpu_s_per_1000_{process}"] for process in OURS}


def draw(load: dict[str, Any]) -> str:
    names = [key.removeprefix("malgil ") for key in load if key.startswith("malgil ")]
    # What one member costs is what five processes cost that have nothing to do.
    busy = [name for name in names if name != "K=1"]
    parts = [
        *_panel(48, "Added to the first token, ms", names),
        *_bars(48, [added(load, name) for name in names]),
        *_panel(412, "CPU seconds per 1,000 answers", busy),
        *_stacks(412, [costs(load, name) for name in busy]),
    ]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" aria-label="{_spoken(load, names)}">\n'
        f"<style>{_STYLE}</style>\n"
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" fill="#ffffff"'
        f' stroke="#d0d7de"/>\n{body}\n</svg>\n'
    )


def _panel(left: float, title: str, names: Sequence[str]) -> Iterator[str]:
    yield f'<text class="title" x="{left}" y="30">{title}</text>'
    yield (
        f'<line x1="{left}" y1="{_BOTTOM}" x2="{left + _PANEL}" y2="{_BOTTOM}" stroke="#8c959f"/>'
    )
    for middle, name in zip(_middles(left, len(names)), names, strict=True):
        label = name.replace("K=", "K = ")
        yield f'<text class="middle" x="{middle:.1f}" y="{_BOTTOM + 18}">{label}</text>'


def _bars(left: float, pairs: Sequence[tuple[float, float]]) -> Iterator[str]:
    yield from _legend(left, {"p50": "#3b6fb6", "p99": "#a9c6e8"})
    scale = _scale(max(p99 for _, p99 in pairs))
    for middle, pair in zip(_middles(left, len(pairs)), pairs, strict=True):
        for at, value, colour in zip((-26, 2), pair, ("#3b6fb6", "#a9c6e8"), strict=True):
            yield _bar(middle + at, 24, _BOTTOM, value * scale, colour)
            yield _value(middle + at + 12, _BOTTOM - value * scale, value)


def _stacks(left: float, each: Sequence[dict[str, float]]) -> Iterator[str]:
    yield from _legend(left, _COLOURS)
    scale = _scale(max(sum(cost.values()) for cost in each))
    for middle, cost in zip(_middles(left, len(each)), each, strict=True):
        tops = [float(_BOTTOM)]
        for process in OURS:
            tops.append(tops[-1] - cost[process] * scale)
        for process, (bottom, top) in zip(OURS, pairwise(tops), strict=True):
            yield _bar(middle - 20, 40, bottom, bottom - top, _COLOURS[process])
        yield _value(middle, tops[-1], sum(cost.values()))


def _middles(left: float, count: int) -> list[float]:
    return [left + _PANEL * (number + 0.5) / count for number in range(count)]


def _scale(most: float) -> float:
    return (_BOTTOM - _TOP) / most if most else 0.0


def _bar(x: float, width: float, bottom: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{bottom - height:.1f}" width="{width}" height="{height:.1f}"'
        f' fill="{colour}"/>'
    )


def _value(x: float, top: float, value: float) -> str:
    return f'<text class="value" x="{x:.1f}" y="{top - 4:.1f}">{_number(value)}</text>'


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}"


def _legend(left: float, colours: dict[str, str]) -> Iterator[str]:
    x: float = left
    for name, colour in colours.items():
        yield f'<rect x="{x}" y="41" width="10" height="10" rx="2" fill="{colour}"/>'
        yield f'<text class="faint" x="{x + 14}" y="50">{name}</text>'
        x += 24 + 6.2 * len(name)


def _spoken(load: dict[str, Any], names: Sequence[str]) -> str:
    sentences = []
    for name in names:
        p50, p99 = added(load, name)
        seconds = _number(sum(costs(load, name).values()))
        cost = "" if name == "K=1" else f", {seconds} CPU seconds per 1,000 answers"
        sentences.append(
            f"{name}: {_number(p50)} ms added to the first token at the median,"
            f" {_number(p99)} ms at p99{cost}."
        )
    return " ".join(sentences)


def main() -> None:
    load = json.loads((RESULTS / "load.json").read_text())
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(draw(load))
    print(f"{TARGET.relative_to(ROOT)} shows bench/results/load.json.")


if __name__ == "__main__":
    main()
