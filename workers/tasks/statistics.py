"""Jobs that turn votes into snapshots."""

from arena.core.queue import TaskName
from arena.leaderboards.services import leaderboards_refresh
from workers.tasks import task


@task(TaskName.REFRESH_LEADERBOARD)
def refresh_leaderboard(*, study_id: int) -> None:
    """New snapshots where votes changed a board; repeating it changes nothing."""
    leaderboards_refresh(study_id=study_id)
