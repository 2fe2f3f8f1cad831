"""The clock in every worker, so that neither a lost bell nor a dead worker costs more than seconds.

It rings as `celery beat` would (the demo runs no beat), renews the leases of what is being
answered, and on the way out sees to it that nothing stays claimed.
"""

import atexit
import logging
import os
import threading
from time import monotonic, sleep
from typing import Any

from celery import bootsteps
from celery.signals import worker_shutting_down
from django.db import DatabaseError, connection, connections

from arena.celery import app
from arena.core.queue import TaskName, enqueue
from arena.generations.selectors import resources_waiting
from arena.generations.services import generation_release
from workers import runner

logger = logging.getLogger(__name__)
TICK_SECONDS = 1.0
GRACE_SECONDS = 7.0
RELEASE_SECONDS = 1.5
"""What is left of ten seconds for a last word to the database, should somebody hold it."""
DEFAULT_QUEUE = "default"


class Clock(bootsteps.StartStopStep):  # type: ignore[misc]
    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        runner.crew.size = max(1, worker.concurrency - 1)
        self._stopped = threading.Event()
        self._due: dict[str, float] = {}

    def start(self, worker: Any) -> None:
        served = {str(name) for name in worker.app.amqp.queues.consume_from}
        threading.Thread(target=self._run, args=[served], name="clock", daemon=True).start()

    def stop(self, worker: Any) -> None:
        """Models are left where they are: their memory ends with the process, and at once.

        To put an engine out is to collect garbage, which lets no other thread run meanwhile; on a
        busy machine that took longer than the grace.
        """
        self._stopped.set()

    def _run(self, served: set[str]) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            try:
                self._tick(served)
            except (DatabaseError, OSError):
                logger.exception("the clock could not reach the database or the broker; it goes on")
            finally:
                connections.close_all()

    def _tick(self, served: set[str]) -> None:
        runner.leases_hold()
        if DEFAULT_QUEUE in served:
            self._ring_scheduled()
        if runner.crew.has_room:
            for resource in served.intersection(resources_waiting()):
                enqueue(TaskName.GENERATE, queue=resource, resource=resource)

    def _ring_scheduled(self) -> None:
        for name, entry in app.conf.beat_schedule.items():
            if monotonic() >= self._due.get(name, 0.0):
                self._due[name] = monotonic() + entry["schedule"]
                app.send_task(entry["task"], ignore_result=True)


told_to_stop = threading.Event()


@atexit.register
def _end_at_once() -> None:
    """A worker that has stopped ends without the interpreter's own tidying up.

    Registered before anything of Celery's, so that it comes after that. What follows would be to
    collect all garbage, which took most of a minute on a busy machine, and no grace can cut short.
    """
    if told_to_stop.is_set():
        os._exit(0)


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def stop_gracefully(**kwargs: Any) -> None:
    """No new claims; what a model here is generating is broken off and goes back to the queue.

    Whatever cannot be stopped from outside ends with the process when the grace is over. Rows are
    the truth: a late answer would have been refused, and what ran is asked for again.
    """
    told_to_stop.set()
    threading.Thread(target=_end_after_grace, name="grace", daemon=True).start()
    runner.stop()


def _end_after_grace() -> None:
    ends = monotonic() + GRACE_SECONDS
    try:
        while monotonic() < ends:
            sleep(TICK_SECONDS / 2)
            runner.stop()  # again, for an answer that was only just begun
        release = threading.Thread(target=_release, name="release", daemon=True)
        release.start()
        release.join(RELEASE_SECONDS)
    finally:
        os._exit(0)


def _release() -> None:
    """Where nobody lets us, the leases run out."""
    try:
        generation_release(owner=runner.WORKER)
    finally:
        connection.close()
