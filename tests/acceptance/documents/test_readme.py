"""What the READMEs say can be pasted can be pasted."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ENGLISH = "Malgil: Where do you stand right now?\nYou: I know some Python.\n"
KOREAN = "말길: 지금 어떤 상황에 계신가요?\n나: 파이썬을 조금 압니다.\n"


@pytest.mark.parametrize(
    ("readme", "begins", "says"),
    [("README.md", ENGLISH, "web service"), ("README.ko.md", KOREAN, "웹 서비스")],
)
def test_the_walk_of_the_readme_ends_with_the_answer(
    readme: str, begins: str, says: str, healthy, tmp_path: Path
) -> None:
    [walk] = re.findall(r"```bash\n(.*?)```", (ROOT / readme).read_text(), re.DOTALL)
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
    assert begins in run.stdout
    [[content]] = healthy.rows(
        "SELECT content FROM chat_choice ORDER BY id DESC LIMIT 1",
    )
    assert run.stdout.endswith(f" (completed): {content.rstrip()}\n")
    assert says in content
