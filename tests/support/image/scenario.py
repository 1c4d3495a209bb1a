"""From the first build to the end: what whoever deploys Malgil does, and what may befall it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from support.deploy.members import Member
from support.processes.person import Person

from . import image_checks
from .project import Project, image

OURS = ("api", "ws", "worker")
PEOPLE = 10


class Scenario:
    """`figures` are what was measured so far; each step is printed as it ends."""

    def __init__(self, project: Project) -> None:
        self.figures: dict[str, Any] = {}
        self._project = project

    def play(self) -> None:
        with self._step("the image is built"):
            self._project.build("1")
        with self._step("a package with another hash is refused"):
            image_checks.check_a_wrong_hash_is_refused(self._project)
        image_checks.check_labels(self._project, "1")
        self.figures["image_megabytes"] = image_checks.megabytes(self._project, "1")
        with self._step("everything is up and well"):
            self._project.scale(worker=1)
        with self._step("no root, nothing to write but /data and /tmp, no build tools"):
            for service in OURS:
                image_checks.check_confinement(self._project, service)
        asyncio.run(self._people())
        with self._step("down"):
            self._project.compose("down", "--volumes", "--timeout", "60")
        assert self._project.left() == ""

    async def _people(self) -> None:
        trust = await asyncio.to_thread(self._project.trust)
        async with Person(self._project.url, trust=trust) as person:
            with self._step("from sign-up to an answer, through Caddy"):
                await self._answer(person)
            with self._step("scaled to three workers"):
                await asyncio.to_thread(self._project.scale, worker=3)
            with self._step("a worker is killed in mid-answer, and the answer comes"):
                await self._answer(person, killing=True)
            with self._step("the killed one is back"):
                await asyncio.to_thread(self._project.scale, worker=3)
        with self._step("the second tag is built"):
            await asyncio.to_thread(self._project.build, "2")
        with self._step(f"rolled out, while {PEOPLE} members ask"):
            await self._roll_out([Member(self._project.url, trust, n) for n in range(PEOPLE)])

    async def _answer(self, person: Person, *, killing: bool = False) -> None:
        page = await person.http.get(f"{self._project.url}/")
        assert page.status_code == 200, page
        assert "<script" in page.text, page.text
        async with person.recorder() as socket:
            reply = (await person.ask(await person.begin(), "What is a queue?"))["id"]
            await socket.until(lambda s: s.texts.get(reply), what="the first text")
            if killing:
                await asyncio.to_thread(self._kill_worker_of, reply)
                killed = time.monotonic()
            ended = await socket.until_ended(reply, seconds=60)
            assert ended["status"] == "completed", ended
            assert socket.complaints == [], socket.complaints
        [[rescues]] = self._project.rows(f"SELECT rescues FROM chat_reply WHERE id = '{reply}'")
        assert rescues == str(int(killing)), rescues
        if killing:
            self.figures["answer_after_kill_seconds"] = round(time.monotonic() - killed, 1)

    def _kill_worker_of(self, reply: str) -> None:
        [[host]] = self._project.rows(
            "SELECT w.host FROM workers_worker w JOIN chat_reply r ON r.worker = w.id"
            f" WHERE r.status = 'in_progress' AND r.id = '{reply}'"
        )
        self._project.docker("kill", host)

    async def _roll_out(self, members: list[Member]) -> None:
        over = asyncio.Event()
        async with AsyncExitStack() as here:
            await asyncio.gather(*(here.enter_async_context(m.person) for m in members))
            await asyncio.gather(*(here.enter_async_context(m.socket) for m in members))
            lives = [asyncio.ensure_future(member.live(over)) for member in members]
            try:
                await asyncio.to_thread(self._project.roll_out)
            finally:
                over.set()
                ended = await asyncio.gather(*lives, return_exceptions=True)
        errors = [repr(outcome) for outcome in ended if isinstance(outcome, BaseException)]
        errors += [error for member in members for error in member.errors]
        errors += [said for member in members for said in member.socket.complaints]
        assert errors == [], errors
        self._check_rolled_out([reply for member in members for reply in member.accepted])
        self.figures["tried_again"] = sum(m.tried_again.total() for m in members)
        self.figures["sockets_lost"] = sum(len(m.socket.gaps) for m in members)

    def _check_rolled_out(self, accepted: list[str]) -> None:
        for service, replicas in {"api": 1, "ws": 1, "worker": 3}.items():
            images = [found["Config"]["Image"] for found in self._project.containers(service)]
            assert images == [image("2")] * replicas, (service, images)
        ids = ", ".join(f"'{reply}'" for reply in accepted)
        statement = f"SELECT status, sum(rescues) FROM chat_reply WHERE id IN ({ids}) GROUP BY 1"
        assert self._project.rows(statement) == [["completed", "0"]]
        self.figures["accepted_meanwhile"] = len(accepted)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        print(f"  {time.monotonic() - began:6.1f} s  {what}", flush=True)
