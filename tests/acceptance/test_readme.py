"""What the README says can be pasted can be pasted."""

import os
import re
import subprocess
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_walk_of_the_readme_ends_with_the_answer(healthy, tmp_path: Path) -> None:
    [walk] = re.findall(r"```bash\n(.*?)```", README.read_text(), re.DOTALL)
    assert walk.count("http://127.0.0.1:8000") == 1
    healthy.model(tokens_per_second=1000)

    run = subprocess.run(
        ["bash", "-c", walk.replace("http://127.0.0.1:8000", healthy.url)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.stderr == ""
    assert "Malgil: Where do you stand right now?\nYou: I know some Python.\n" in run.stdout
    [[content]] = healthy.rows(
        "SELECT content FROM chat_choice ORDER BY id DESC LIMIT 1",
    )
    assert run.stdout.endswith(f"Malgil (completed): {content.rstrip()}\n")
    assert "web service" in content
