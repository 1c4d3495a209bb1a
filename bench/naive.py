"""The yardstick: a view that calls the model's client and waits, in two server processes.

The answer comes whole, so its first token comes with its last. The view asks the model for a whole
answer, which is the cheapest, or reads a stream, as one must who means to show it while it comes.
"""

import argparse
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import uvloop

from bench.harness.load_people import TOKENS, Answer
from bench.load import MODEL, closed_loop, figures
from config.embedded import paths
from config.embedded.postgres import EmbeddedPostgres

from .harness import processes
from .harness import stack as stacks
from .harness.figures import report
from .harness.stack import Stack
from .harness.wire import Http, Refused, stamps

_SERVER = (
    *("-m", "uvicorn", "bench.harness.naive_server:application", "--loop", "uvloop"),
    *("--http", "httptools", "--no-access-log", "--lifespan", "off"),
)
_TABLE = """
CREATE TABLE answers (id bigserial PRIMARY KEY, prompt text NOT NULL, answer text NOT NULL)
"""


class NaivePerson:
    def __init__(self, url: str, kind: str) -> None:
        self._http = Http(url)
        self._path = f"/{kind}"

    async def ask(self) -> Answer:
        answer = Answer(asked=time.time() * 1e6)
        try:
            body = await self._http.call("POST", self._path, b"What time is it?")
        except (Refused, ConnectionError) as error:
            answer.error, answer.ended = str(error), time.time() * 1e6
            return answer
        answer.first = answer.ended = time.time() * 1e6
        sent = stamps(body)
        answer.delays = [answer.ended - stamp for stamp in sent]
        answer.error = "" if len(sent) == TOKENS else "tokens are missing"
        return answer


@contextmanager
def running(workers: int) -> Iterator[Stack]:
    processes.allow_many_files()
    with (
        processes.folder() as folder,
        EmbeddedPostgres(folder) as postgres,
        stacks.model(*MODEL) as (model, model_pid),
    ):
        database = paths.database_url(folder)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(_TABLE)
        env = {"OPENAI_BASE_URL": f"{model}/v1", "DATABASE_URL": database}
        stack = Stack(folder, model, env)
        port = str(stacks.free_port())
        stack.api = f"http://127.0.0.1:{port}"
        stack.pids |= {"postgres": postgres.pid or 0, "model": model_pid, "client": os.getpid()}
        with stacks.started(stack, "api", *_SERVER, "--port", port, "--workers", str(workers)):
            stacks.await_answer(f"{stack.api}/alive")
            yield stack


async def measure(stack: Stack, asked: argparse.Namespace) -> dict[str, Any]:
    found = {}
    for kind, k in itertools.product(("whole", "streamed"), asked.k):
        asks = [NaivePerson(stack.api, kind).ask for _ in range(k)]
        windows = await closed_loop(asks, stack, asked.seconds, asked.windows)
        measured = figures(windows).items()
        # Nothing is streamed to us, so there is no way of a delta to measure.
        found[f"{kind} K={k}"] = {n: v for n, v in measured if not n.startswith("delta")}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.naive", description=__doc__)
    parser.add_argument("-k", type=int, nargs="+", default=[1, 100], help="who ask at once")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="of a window")
    parser.add_argument("--windows", type=int, default=3)
    asked = parser.parse_args()
    with running(asked.processes) as stack:
        found = uvloop.run(measure(stack, asked))
    report("naive", {"processes": asked.processes, **found})


if __name__ == "__main__":
    main()
