"""The doorbell: names of the workers' tasks, rung only after the work is committed.

The database holds the truth about work to do; a lost or repeated bell changes nothing, because
workers also look at the table by themselves every few seconds.
"""

from enum import StrEnum
from typing import Any

from celery import current_app
from django.db import transaction


class TaskName(StrEnum):
    GENERATE = "generations.generate_pending"
    TRY_SYSTEM = "generations.try_system"
    RECOVER_LEASES = "generations.recover_leases"
    REFRESH_LEADERBOARD = "leaderboards.refresh"
    SCORE_OUTPUTS = "leaderboards.score"
    BUILD_EXPORT = "exports.build"


def enqueue(task: TaskName, *, queue: str = "default", **kwargs: Any) -> None:
    """Ring for ``task`` once the current transaction has committed (at once outside of one)."""
    transaction.on_commit(
        lambda: current_app.send_task(task.value, kwargs=kwargs, queue=queue, ignore_result=True)
    )
