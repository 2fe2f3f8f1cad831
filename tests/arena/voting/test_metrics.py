"""What Prometheus reads of votes: all of them, however they ended, without reading their rows."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from arena.studies.services import case_withdraw
from arena.voting.late import WithdrawnBallotError
from arena.voting.metrics import _counts
from arena.voting.models import Ballot, Vote
from arena.voting.services import ballot_skip, vote_undo
from tests.arena.voting.hands import cast, opened
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world(n_cases=5)


def undone(here: World) -> Ballot:
    ballot = opened(here)
    cast(ballot)
    return vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)


def told(client: Client) -> dict[str, float]:
    lines = client.get("/metrics").content.decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_votes_undone_cast_again_left_out_and_too_late_are_all_counted(
    client: Client, here: World
) -> None:
    cast(opened(here))
    cast(undone(here))
    undone(here)
    again = opened(here)
    ballot_skip(
        ballot_uuid=again.uuid, rater=here.rater, reason="cannot_judge", attempt=again.attempt
    )
    late = opened(here)
    case_withdraw(
        case=late.comparison.case_version.case, by=here.study.created_by, reason="Doubtful."
    )
    with pytest.raises(WithdrawnBallotError):
        cast(late)
    assert Vote.objects.count() == 5
    found = told(client)
    assert found['consilium_votes_total{origin="human"}'] == 5
    assert found['consilium_ballots{status="voted"}'] == 3
    assert found['consilium_ballots{status="skipped"}'] == 1
    assert found['consilium_ballots{status="open"}'] == 0


def test_all_studies_are_counted_in_as_many_queries_as_one(
    here: World, django_assert_num_queries: Any
) -> None:
    world(n_cases=1, slug="another")
    with django_assert_num_queries(1):
        _counts()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans are read from SQLite")
def test_an_index_alone_tells_how_many_ballots_there_are(here: World) -> None:
    with CaptureQueriesContext(connection) as seen:
        _counts()
    (asked,) = seen.captured_queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked['sql']}")
        plan = [step for *_, step in cursor.fetchall()]
    ballots = [step for step in plan if "ballots_of" in step]
    assert len(ballots) == 12
    assert all("COVERING INDEX" in step for step in ballots)
