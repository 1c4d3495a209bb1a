"""The engine's life within a Celery worker: it starts before Celery's consumer and ends last."""

from typing import Any

from celery import bootsteps
from celery.signals import worker_shutdown, worker_shutting_down

from api import interpreter

from . import engine_thread, probe


class StartEngine(bootsteps.StartStopStep):
    """Part of Celery's worker. Not `worker_init`, which comes before its signal handlers.

    A SIGTERM in between would end a process that holds replies already.
    """

    def start(self, worker: Any) -> None:
        engine_thread.start()
        probe.serve(engine_thread.current())
        interpreter.tune_gc()


@worker_shutting_down.connect
def drain(**_: Any) -> None:
    # SIGTERM came: Celery fetches no more and waits for its threads, which wait for the engine.
    if engine_thread.is_started():
        engine_thread.current().begin_drain()


@worker_shutdown.connect
def stop(**_: Any) -> None:
    if engine_thread.is_started():
        engine_thread.current().stop()
