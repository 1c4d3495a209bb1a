"""A short walk through the chaos of `make chaos`, so that it stays runnable."""

from support.processes import chaos


async def test_random_faults_lose_nothing_and_double_nothing():
    counts = await chaos.run(seconds=10, seed=20)

    assert counts["completed"] > 0
