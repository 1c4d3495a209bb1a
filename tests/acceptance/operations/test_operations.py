"""Operations at work: the admin's buttons on real replies, and a key that the model refuses."""

import asyncio
import os
import re
import subprocess
import sys

import httpx2
import pytest
from support.people import PASSWORD
from support.processes.person import Person
from support.processes.stack import ROOT, Stack, until


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=1, OPENAI_API_KEY="sk-s3cret") as running:
        made = manage(
            running,
            *("createsuperuser", "--noinput", "--email", "ops@example.com", "--nickname", "Ops"),
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )
        assert made.returncode == 0, made.stderr
        yield running


@pytest.fixture
def browser(stack):
    """Of the staff."""
    with httpx2.Client(base_url=stack.url, follow_redirects=True) as browser:
        body = {"username": "ops@example.com", "password": PASSWORD}
        send(browser, "/admin/login/?next=/admin/overview/", "/admin/login/", **body)
        yield browser


def send(browser, address, page, **body):
    """Posts the form as it stands on the page."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(page).text)
    assert token is not None
    answer = browser.post(address, data=body | {"csrfmiddlewaretoken": token[1]})
    assert answer.status_code == 200, answer.text
    return answer


def press(browser, page, button):
    return send(browser, f"{page}press/{button}/", f"{page}change/")


def manage(stack, *arguments, **more):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | stack.env | more,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_a_running_reply_that_is_requeued_is_answered_once_by_its_next_attempt(
    stack, browser
):
    stack.model(tokens=60, tokens_per_second=30)
    async with Person(stack.url) as person, person.recorder() as socket:
        reply = await person.ask(await person.begin(), "Requeue me")
        await socket.until(lambda s: s.of("reply.delta", reply["id"]), what="the first text")

        told = press(browser, f"/admin/chat/reply/{reply['id']}/", "requeue")
        ended = await socket.until_ended(reply["id"])

        assert "Requeued: 1" in told.text
        assert (ended["status"], ended["attempt"]) == ("completed", 2)
        assert len(ended["choices"]) == 1
        assert ended == await person.reply(reply["id"])
        assert socket.complaints == []
        # A worker that gets it back itself lets go of the attempt that was taken from it.
        outcomes = [asked["outcome"] for asked in stack.model_requests("Requeue me")]
        assert outcomes == ["disconnected", "completed"]


async def test_a_running_reply_that_is_cancelled_keeps_its_text(stack, browser):
    stack.model(tokens=2000, tokens_per_second=30)
    async with Person(stack.url) as person, person.recorder() as socket:
        reply = await person.ask(await person.begin(), "Cancel me")
        await socket.until(lambda s: s.of("reply.delta", reply["id"]), what="the first text")

        press(browser, f"/admin/chat/reply/{reply['id']}/", "cancel")
        ended = await socket.until_ended(reply["id"])

        assert ended["status"] == "cancelled"
        assert ended["choices"][0]["content"]
        assert socket.complaints == []


async def test_who_is_deactivated_loses_the_socket(stack, browser):
    async with Person(stack.url) as person, person.recorder(reconnect=False) as socket:
        press(browser, f"/admin/accounts/member/{person.id}/", "deactivate")
        async with asyncio.timeout(10):
            await socket.socket.wait_closed()

        assert socket.socket.close_code == 4401
        assert (await person.http.get("/me")).status_code == 401


async def test_a_wrong_key_is_told_to_members_operations_and_the_doctor(stack, browser):
    def figures():
        return browser.get("/admin/overview/figures").json()

    def checks():
        return {check["name"]: check for check in figures()["checks"]}

    before = len(stack.model_requests())
    stack.model(api_key="sk-right")
    async with Person(stack.url) as person, person.recorder() as socket:
        replies = [await person.ask(await person.begin(), "Hello") for _ in range(3)]
        replies = [await socket.until_ended(reply["id"]) for reply in replies]

    for reply in replies:
        assert (reply["status"], reply["attempt"]) == ("failed", 1)
        assert reply["error"]["code"] == "model_access_denied"
        assert reply["error"]["refunded"]
    until(lambda: not checks()["model"]["ok"], seconds=10, what="the overview says so")
    assert "OPENAI_API_KEY" in checks()["model"]["says"]
    assert {"code": "model_access_denied", "count": 3} in figures()["failures"]
    doctor = manage(stack, "doctor")
    assert doctor.returncode == 1
    assert "it refuses our key (HTTP 401" in doctor.stdout
    assert "s3cret" not in doctor.stdout + doctor.stderr + str(replies)
    # The three answers, the doctor's look at the list, and at most one of the worker's.
    assert len(stack.model_requests()) - before <= 5
