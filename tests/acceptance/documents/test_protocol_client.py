"""The client of docs/protocol.md runs, and finds nothing to complain about."""

import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/protocol.md"


def test_the_documented_client_prints_the_answer_that_is_stored(healthy, tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "client.py").write_text(program)
    healthy.model(tokens_per_second=400)

    run = subprocess.run(
        [sys.executable, "client.py", healthy.url, "Which rivers are long?"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 0, run.stderr
    assert "completed" in run.stdout.splitlines()[-1]
    assert "the text is the stored one" in run.stdout.splitlines()[-1]
