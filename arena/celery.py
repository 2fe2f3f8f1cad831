"""The Celery application that web processes ring and workers answer."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

from arena.core.queue import TaskName

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")

TRANSPORT_ALIASES["safefs"] = "arena.core.filesystem_broker:Transport"

app = Celery("arena")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Seconds between bells; read by `celery beat` and by the clock inside every worker.
app.conf.beat_schedule = {
    TaskName.RECOVER_LEASES: {"task": TaskName.RECOVER_LEASES.value, "schedule": 5.0},
}
