"""The workers' tasks on leaderboards and exports."""

import pytest

from arena.core.queue import TaskName
from arena.exports.models import Export
from arena.leaderboards.models import LeaderboardSnapshot
from tests.arena.leaderboards.world import world
from workers.app import app
from workers.tasks.exports import build_export
from workers.tasks.statistics import refresh_leaderboard


def test_every_bell_of_boards_and_exports_has_a_task() -> None:
    assert {TaskName.REFRESH_LEADERBOARD.value, TaskName.BUILD_EXPORT.value} <= set(app.tasks)


@pytest.mark.django_db
def test_running_a_task_twice_makes_one_set_of_snapshots_and_one_export() -> None:
    made = world()
    made.fill()
    export = Export.objects.create(
        study=made.study, format="votes-csv", origin="human", last_vote=10**6
    )
    for _ in range(2):
        refresh_leaderboard(study_id=made.study.pk)
        build_export(export_id=export.pk)
    assert LeaderboardSnapshot.objects.count() == 2
    export.refresh_from_db()
    assert export.status == "ready"
