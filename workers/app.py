"""The worker: ``celery -A workers.app worker -P threads -c 2 -Q default,cpu,gpu,remote``.

Threads, because the work waits for I/O or for one engine that alone touches the device; a fork
after torch has started its threads hangs.
"""

import django

from arena.celery import app

django.setup()

from workers import devices, tasks  # noqa: E402  (tasks import models, which need the set-up)
from workers.clock import Clock  # noqa: E402

if devices.wanted():
    devices.device()  # a worker whose GPU is missing does not start, so that no system fails for it

tasks.discover()
app.steps["worker"].add(Clock)

__all__ = ["app"]
