"""The numbers of processes that share one port, as prometheus_client keeps them: files in a folder.

What a process counted stays counted when it has died, or the sums would fall and look as if
everything had begun anew. So that the files do not pile up, those of the dead are added to one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

# No process has this id.
_DEAD = "0"


def exposition(folder: Path) -> bytes:
    """The sums over all processes, the dead ones too; of gauges over those that live."""
    tidy(folder)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    with _held(folder, fcntl.LOCK_SH):
        return generate_latest(registry)


def tidy(folder: Path) -> None:
    """Adds up what the dead have left, where there is something."""
    if _left_behind(folder):
        with _held(folder, fcntl.LOCK_EX):
            for kind in ("counter", "histogram"):
                _add_up(folder, kind)
            for file in _left_behind(folder):
                file.unlink()


def _add_up(folder: Path, kind: str) -> None:
    left = [file for file in _left_behind(folder) if file.name.startswith(f"{kind}_")]
    if not left:
        return
    kept, new = folder / f"{kind}_{_DEAD}.db", folder / f"{kind}.new"
    new.unlink(missing_ok=True)
    sums = MmapedDict(str(new))  # type: ignore[no-untyped-call]
    for file in [*left, *([kept] if kept.exists() else [])]:
        values = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]
        for key, value, _, _ in values:
            sums.write_value(key, sums.read_value(key)[0] + value, 0.0)  # type: ignore[no-untyped-call]
    sums.close()  # type: ignore[no-untyped-call]
    new.replace(kept)
    for file in left:
        file.unlink()


def _left_behind(folder: Path) -> list[Path]:
    return [file for file in folder.glob("*_*.db") if not _lives(file.stem.rpartition("_")[2])]


def _lives(process: str) -> bool:
    if process == _DEAD:
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    """Nobody reads while files are added up, and would count some twice."""
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, how)
        yield
