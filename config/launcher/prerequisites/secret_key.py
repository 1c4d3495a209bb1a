"""Django's SECRET_KEY for `make run`: made once, kept in DATA_DIR."""

import os
import secrets
from pathlib import Path

_BYTES = 48


def ensure(data_dir: Path) -> str:
    """The key in DATA_DIR/secret_key, which settings.py reads too; readable by its owner only."""
    kept = data_dir / "secret_key"
    if not kept.exists():
        _write(kept, secrets.token_urlsafe(_BYTES))
    return kept.read_text().strip()


def _write(file: Path, key: str) -> None:
    # Renamed when complete: a half-written key would sign tokens until somebody noticed.
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write(f"{key}\n")
    unfinished.rename(file)
