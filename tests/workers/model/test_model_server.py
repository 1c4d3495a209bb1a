"""The model's client is made when it is first asked for, once."""

import asyncio
import subprocess
import sys

from workers.model.model_server import ModelServer


async def test_all_who_ask_get_the_same_client_which_tells_of_the_servers_health():
    server = ModelServer()
    first, second = await asyncio.gather(server.client(), server.client())

    assert first is second
    assert first.health is server.health
    await server.close()


async def test_one_that_was_never_asked_can_be_closed():
    await ModelServer().close()


def test_a_worker_starts_without_the_clients_package(settings):
    script = (
        "import config.celery, sys;"
        "config.celery.app.loader.import_default_modules();"
        "import workers.engine.engine;"
        "sys.exit('openai' in sys.modules)"
    )
    environment = {"SECRET_KEY": settings.SECRET_KEY, "DATA_DIR": str(settings.BASE_DIR)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment)
    assert done.returncode == 0
