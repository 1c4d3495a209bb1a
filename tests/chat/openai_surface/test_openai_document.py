"""What docs/openai.md shows runs, and its table of parameters is complete."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chat.openai_surface.requests import parameters

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/openai.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)


def run(program, url, key) -> str:
    for written, real in (("http://127.0.0.1:8000", url), ("mg_your-key", key)):
        assert program.count(written) == 1
        program = program.replace(written, real)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
async def test_the_programs_run_as_they_are_written(person, healthy, number):
    healthy.model(tokens=20, tokens_per_second=200)

    said = await asyncio.to_thread(run, PROGRAMS[number], healthy.url, person.key)

    contents = healthy.rows(
        "SELECT c.content FROM chat_choice c JOIN chat_reply r ON r.id = c.reply_id"
        " WHERE r.member_id = %s AND r.attempt > 0 AND r.status = 'completed'",
        person.id,
    )
    assert contents
    assert all(content in said for [content] in contents)


def test_there_are_programs():
    assert len(PROGRAMS) == 2


def test_each_parameter_that_is_supported_is_named():
    for name in (*parameters.COMPLETION, *parameters.RESPONSE):
        assert f"`{name}`" in DOCUMENT or f"`{name}." in DOCUMENT, name
