"""Planned repeats: drawn by lot, sides swapped, never more than their share, never told apart."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.generations.models import StudySystem
from arena.studies.models import Protocol
from arena.voting.models import Ballot, Comparison
from arena.voting.repeats import GAP
from arena.voting.selectors import rater_progress
from arena.voting.services import ballot_next, ballot_skip, vote_cast
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db

PERCENT = 20


@pytest.fixture
def here() -> World:
    return world(n_cases=12, n_systems=4, n_raters=2, repeat_percent=PERCENT)


def vote(here: World, user: User) -> Ballot | None:
    ballot = ballot_next(rater=user, study=here.study)
    if ballot is None:
        return None
    Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
    vote_cast(ballot_uuid=ballot.uuid, rater=user, outcomes={"overall": "tie"}, attempt=1)
    return ballot


def votes(here: World, user: User, n: int) -> list[Ballot]:
    return [ballot for _ in range(n) if (ballot := vote(here, user))]


def test_a_repeat_shows_an_answered_comparison_with_its_sides_swapped(here: World) -> None:
    votes(here, here.rater, 80)
    repeats = Ballot.objects.filter(rater=here.rater, repeat=1)
    assert repeats.exists()
    for again in repeats:
        before = Ballot.objects.get(rater=here.rater, comparison=again.comparison, repeat=0)
        assert again.left_is_second is not before.left_is_second
        assert again.position - before.position >= GAP


def test_repeats_keep_to_their_share_of_the_new_comparisons(here: World) -> None:
    asked = votes(here, here.rater, 84)
    again = [ballot for ballot in asked if ballot.repeat]
    new = len(asked) - len(again)
    assert 0 < len(again) <= new * PERCENT / 100
    assert len(again) >= new * PERCENT / 100 / 2


def test_a_study_without_repeats_asks_for_none() -> None:
    here = world(n_cases=12, n_systems=4, repeat_percent=0)
    votes(here, here.rater, 80)
    assert not Ballot.objects.filter(repeat__gt=0).exists()


def test_a_comparison_is_asked_again_once(here: World) -> None:
    votes(here, here.rater, 86)
    repeats = Ballot.objects.filter(rater=here.rater, repeat__gt=0)
    assert repeats.count() == repeats.values("comparison").distinct().count()
    assert set(repeats.values_list("repeat", flat=True)) == {1}


def test_what_was_skipped_is_not_asked_again(here: World) -> None:
    for _ in range(60):
        ballot = ballot_next(rater=here.rater, study=here.study)
        if ballot is not None:
            Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
            ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="other", attempt=1)
    assert not Ballot.objects.filter(repeat__gt=0).exists()


def test_a_withdrawn_system_is_not_asked_about_again(here: World) -> None:
    votes(here, here.rater, GAP)
    StudySystem.objects.filter(pk=here.systems[0].pk).update(withdrawn_at=timezone.now())
    votes(here, here.rater, 50)
    outputs = Comparison.objects.filter(ballots__repeat=1).values_list(
        "first__study_system", "second__study_system"
    )
    assert outputs
    assert here.systems[0].pk not in {system for pair in outputs for system in pair}


def test_answers_under_an_earlier_protocol_are_not_repeated(here: World) -> None:
    votes(here, here.rater, 40)
    before = Ballot.objects.filter(repeat=1).count()
    row = Protocol.objects.values().get(pk=here.protocol.pk)
    newer = Protocol.objects.create(**row | {"id": None, "version": 2})
    for criterion in here.protocol.criteria.values("key", "label", "position", "required"):
        newer.criteria.create(**criterion)
    votes(here, here.rater, GAP - 1)
    assert Ballot.objects.filter(repeat=1).count() == before


def test_repeats_do_not_use_up_the_votes_a_comparison_may_have() -> None:
    here = world(
        n_cases=12, n_systems=4, n_raters=2, repeat_percent=PERCENT, votes_per_comparison=2
    )
    votes(here, here.raters[0], 90)
    new = {ballot.comparison_id for ballot in votes(here, here.raters[1], 90) if not ballot.repeat}
    assert len(new) == 12 * 6


def test_progress_never_runs_past_its_end(here: World) -> None:
    asked = votes(here, here.rater, 200)
    progress = rater_progress(rater=here.rater, study=here.study)
    assert any(ballot.repeat for ballot in asked)
    assert progress.of is not None
    assert progress.voted == len(asked) <= progress.of


def test_nothing_on_the_page_tells_a_repeat(here: World, client: Client) -> None:
    client.force_login(here.rater)
    address = f"/studies/{here.study.slug}/vote/"
    while True:
        ballot = ballot_next(rater=here.rater, study=here.study)
        assert ballot is not None, "no repeat came"
        if ballot.repeat:
            break
        vote(here, here.rater)
    page = client.get(address)
    api = client.post(f"/api/v1/studies/{here.study.slug}/ballots/")
    assert api.json()["uuid"] == str(ballot.uuid)
    assert "repeat" not in page.content.decode().lower()
    assert "repeat" not in api.content.decode().lower()
