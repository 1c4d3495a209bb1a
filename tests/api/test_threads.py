"""Work of coroutines on shared threads: what it gives back, and that none of it is lost."""

import asyncio
import subprocess
import sys
import threading
from contextvars import ContextVar

import pytest

from api import threads

# As in production, and not in the thread of the test's transaction.
pytestmark = pytest.mark.django_db(transaction=True, databases=[])

NAME: ContextVar[str] = ContextVar("name", default="nobody")


@pytest.fixture
def pool():
    """Only this test's, with one thread, so that work waits for other work."""
    pool = threads._Pool(most=1)
    yield pool
    pool.stop()


async def test_a_result_and_an_error_come_back(pool):
    assert await pool.run(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0)
    assert await pool.run(lambda: 6) == 6


async def test_it_is_done_elsewhere_and_by_no_more_threads_than_agreed():
    before = threading.active_count()

    names = await asyncio.gather(
        *(threads.run(lambda: threading.current_thread().name) for _ in range(100))
    )

    assert threading.current_thread().name not in names
    assert len(set(names)) <= threads.MOST
    assert threading.active_count() <= before + threads.MOST


async def test_what_one_leaves_in_the_context_no_other_finds():
    NAME.set("Ada")

    def rename() -> str:
        found = NAME.get()
        NAME.set("Grace")
        return found

    assert [await threads.run(rename) for _ in range(2)] == ["Ada", "Ada"]
    assert NAME.get() == "Ada"


async def test_what_was_given_up_before_it_began_is_not_done(pool):
    done, may_go = [], threading.Event()
    first = pool.run(lambda: may_go.wait(10))
    second = pool.run(lambda: done.append(2))
    third = pool.run(lambda: done.append(3))

    second.cancel()
    may_go.set()
    await asyncio.gather(first, third)

    assert done == [3]


async def test_nobody_minds_when_it_is_given_up_while_it_is_done(pool):
    begun, may_go, broken = threading.Event(), threading.Event(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))
    first = pool.run(lambda: (begun.set(), may_go.wait(10)))
    await asyncio.to_thread(begun.wait, 10)

    first.cancel()
    may_go.set()

    assert await pool.run(lambda: 5) == 5
    assert not broken


PROGRAM = """
import asyncio, time
from api import threads

async def main():
    asyncio.ensure_future(threads.run(lambda: (time.sleep(0.3), print("done", flush=True))))
    await asyncio.sleep(0.05)

asyncio.run(main())
print("left", flush=True)
"""


def test_a_process_that_ends_finishes_what_it_does():
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30
    )

    assert ended.stdout.split() == ["left", "done"], ended.stderr
    assert ended.returncode == 0
