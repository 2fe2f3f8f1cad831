"""Jobs that turn votes into snapshots, and references into scores."""

from arena.core.queue import TaskName
from arena.leaderboards.reference_scores import score_report_refresh
from arena.leaderboards.services import leaderboards_refresh
from workers.tasks import task


@task(TaskName.REFRESH_LEADERBOARD)
def refresh_leaderboard(*, study_id: int) -> None:
    """New snapshots where votes changed a board; repeating it changes nothing."""
    leaderboards_refresh(study_id=study_id)


@task(TaskName.SCORE_OUTPUTS)
def score_outputs(*, study_id: int) -> None:
    """Automatic scores of outputs whose cases have a reference; repeating it changes nothing."""
    score_report_refresh(study_id=study_id)
