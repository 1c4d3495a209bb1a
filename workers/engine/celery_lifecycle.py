"""The engine's life within a Celery worker: it starts first and ends last."""

from typing import Any

from celery.signals import worker_init, worker_shutdown, worker_shutting_down

from api import interpreter

from . import engine_thread, probe


@worker_init.connect
def start(**_: Any) -> None:
    engine_thread.start()
    probe.serve(engine_thread.current())
    interpreter.tune_gc()


@worker_shutting_down.connect
def drain(**_: Any) -> None:
    # SIGTERM came: Celery fetches no more and waits for its threads, which wait for the engine.
    engine_thread.current().begin_drain()


@worker_shutdown.connect
def stop(**_: Any) -> None:
    engine_thread.current().stop()
