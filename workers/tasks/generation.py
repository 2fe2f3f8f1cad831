"""Answering what waits."""

from arena.core.queue import TaskName
from workers import runner
from workers.tasks import task


@task(TaskName.GENERATE)
def generate_pending(*, resource: str = "cpu") -> None:
    runner.run(resource=resource)
