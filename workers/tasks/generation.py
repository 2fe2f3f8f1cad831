"""Answering what waits."""

from arena.core.queue import TaskName
from workers import runner, trials
from workers.tasks import task


@task(TaskName.GENERATE)
def generate_pending(*, resource: str = "cpu") -> None:
    runner.run(resource=resource)


@task(TaskName.TRY_SYSTEM)
def try_system(*, trial_id: int) -> None:
    trials.run(trial_id=trial_id)
