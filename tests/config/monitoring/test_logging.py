"""How lines look, and what is taken out of what other people's code logs."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SAYS = """
import asyncio, logging, sys, threading
from config.monitoring.logging import configure_logging, logging_config
configure_logging(logging_config(form=sys.argv[1], level=sys.argv[2]))
import structlog
log = structlog.get_logger("workers.engine.engine")
log.debug("small.talk", reply="r1")
log.info("reply.completed", reply="r1", seconds=2.1)
logging.getLogger("openai").debug("TELLING")
logging.getLogger("websockets").debug("TELLING")
def broken():
    try:
        raise ValueError("TELLING")
    except ValueError as error:
        raise RuntimeError("TELLING") from error
try:
    broken()
except RuntimeError:
    log.exception("reply.broke")
    logging.getLogger("django.request").error("%s: %s", "TELLING", "/TELLING", exc_info=True)
    logging.getLogger("celery.app.trace").error("Task %s", "TELLING", exc_info=True)
logging.getLogger("django.request").error("%s: %s", "TELLING", "/TELLING")
logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "TELLING", "TELLING")
thread = threading.Thread(target=broken)
thread.start()
thread.join()
async def forgotten():
    asyncio.ensure_future(asyncio.to_thread(broken))
    await asyncio.sleep(0.2)
    import gc
    gc.collect()
asyncio.run(forgotten())
logging.getLogger("chat").info("%d", "TELLING")
"""


def said(form="json", level="info"):
    done = subprocess.run(
        [sys.executable, "-c", SAYS, form, level], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("form", ["json", "lines"])
@pytest.mark.parametrize("level", ["debug", "info"])
def test_what_an_exception_says_is_not_logged(form, level):
    assert "TELLING" not in said(form, level)


def test_where_it_broke_is_logged_with_its_causes():
    lines = [json.loads(line) for line in said().splitlines()]
    by_event = {line["event"]: line for line in lines}

    for event in ("reply.broke", "django.request.crashed", "celery.app.trace.crashed"):
        assert by_event[event]["error"] == "RuntimeError"
        assert "broken" in by_event[event]["trace"]
        assert "caused by ValueError" in by_event[event]["trace"]
    assert by_event["thread.broke"]["error"] == "RuntimeError"
    assert by_event["Task exception was never retrieved"]["error"] == "RuntimeError"


def test_the_level_counts_for_our_own_code():
    assert "small.talk" not in said(level="info")
    assert "small.talk" in said(level="debug")
    assert "reply.completed" not in said(level="warning")


def test_lines_are_for_people():
    [line] = [line for line in said("lines").splitlines() if "reply.completed" in line]

    assert line.startswith("timestamp=")
    assert "level=info event=reply.completed" in line
    assert line.endswith("logger=workers.engine.engine") or "reply=r1 seconds=2.1" in line


def test_nothing_of_ours_is_left_to_the_default():
    assert not logging.raiseExceptions
