"""Counts of votes are for those who run the study; a rater sees their own."""

import pytest
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.studies.models import Study
from arena.studies.services import member_add, study_create
from arena.voting.blinding import ballot_open
from arena.voting.models import Outcome
from arena.voting.selectors import ballots_by_rater
from arena.voting.services import ballot_next, ballot_skip, vote_cast
from tests.arena.voting.world import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    by = User.objects.create_user("coordinator@example.org")
    study = study_create(by=by, slug="s", title="S")
    Study.objects.update(status="open", opened_at=timezone.now())
    member_add(study=study, user=User.objects.create_user("rater@x.org"), role="rater", by=by)
    return study


@pytest.mark.parametrize(
    ("email", "own", "all_raters"),
    [
        ("", 302, 302),
        ("stranger@x.org", 404, 404),
        ("rater@x.org", 200, 403),
        ("coordinator@example.org", 200, 200),
    ],
)
def test_who_sees_counts(study: Study, email: str, own: int, all_raters: int) -> None:
    client = Client()
    if email:
        user = User.objects.filter(email=email).first() or User.objects.create_user(email)
        client.force_login(user)
    assert client.get("/studies/s/vote/progress/").status_code == own
    assert client.get("/studies/s/manage/votes/").status_code == all_raters


def test_ballots_are_counted_for_each_rater() -> None:
    made = world(n_raters=2, n_cases=2)
    busy, idle = made.raters
    for number in range(2):
        ballot = ballot_next(rater=busy, study=made.study)
        assert ballot is not None
        ballot_open(ballot=ballot)
        if number:
            ballot_skip(ballot_uuid=ballot.uuid, rater=busy, reason="other", attempt=1)
        else:
            outcomes = {"overall": Outcome.TIE}
            vote_cast(ballot_uuid=ballot.uuid, rater=busy, outcomes=outcomes, attempt=1)
    ballot_next(rater=idle, study=made.study)
    rows = ballots_by_rater(study=made.study)
    assert [(row.rater, row.voted, row.skipped) for row in rows] == [(str(busy), 1, 1)]
    client = Client()
    client.force_login(made.study.created_by)
    made.study.memberships.create(user=made.study.created_by, role="coordinator")
    page = client.get(f"/studies/{made.study.slug}/manage/votes/").content.decode()
    assert str(busy) in page and "SIMULATED" not in page
