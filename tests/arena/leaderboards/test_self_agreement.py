"""Agreement of raters with themselves, from planned repeats."""

from __future__ import annotations

import pytest
from django.test import Client

from arena.leaderboards.services import leaderboard_refresh
from arena.voting.models import Retraction
from tests.arena.leaderboards.world import World, world

pytestmark = pytest.mark.django_db

LEFT, RIGHT = "left_strongly", "right_slightly"


@pytest.fixture
def notes() -> World:
    return world()


def found(notes: World) -> dict[str, object]:
    return leaderboard_refresh(study_id=notes.study.pk)[0].result["self_agreement"]


def test_the_same_output_preferred_on_the_other_side_is_the_same_answer(notes: World) -> None:
    for rater in notes.raters[:2]:
        notes.vote(rater, notes.cases[0], "Amber", "Birch", LEFT)
        notes.vote(rater, notes.cases[0], "Birch", "Amber", RIGHT, repeat=1)
    figures = found(notes)
    assert (figures["n"], figures["same"], figures["value"]) == (2, 2, 1.0)
    assert (figures["left_both_times"], figures["right_both_times"]) == (0, 0)


def test_the_same_side_twice_is_another_answer_and_counted_by_side(notes: World) -> None:
    rater = notes.raters[0]
    for case, outcome in zip(notes.cases, (LEFT, LEFT, RIGHT), strict=False):
        notes.vote(rater, case, "Amber", "Birch", outcome)
        notes.vote(rater, case, "Birch", "Amber", outcome, repeat=1)
    figures = found(notes)
    assert (figures["n"], figures["same"]) == (3, 0)
    assert (figures["left_both_times"], figures["right_both_times"]) == (2, 1)


def test_a_tie_and_both_unacceptable_are_different_answers(notes: World) -> None:
    rater, case = notes.raters[0], notes.cases[0]
    notes.vote(rater, case, "Amber", "Birch", "tie")
    notes.vote(rater, case, "Birch", "Amber", "both_unacceptable", repeat=1)
    assert found(notes)["same"] == 0


def test_one_rater_gets_a_share_and_no_interval(notes: World) -> None:
    rater, case = notes.raters[0], notes.cases[0]
    notes.vote(rater, case, "Amber", "Birch", "tie")
    notes.vote(rater, case, "Birch", "Amber", "tie", repeat=1)
    figures = found(notes)
    assert figures["value"] == 1.0
    assert figures["lower"] is figures["upper"] is None


def test_a_repeat_whose_first_answer_was_retracted_says_nothing(notes: World) -> None:
    rater, case = notes.raters[0], notes.cases[0]
    first = notes.vote(rater, case, "Amber", "Birch", LEFT)
    notes.vote(rater, case, "Birch", "Amber", RIGHT, repeat=1)
    Retraction.objects.create(vote=first, reason="Wrong key.", by=rater)
    notes.vote(notes.raters[1], case, "Amber", "Birch", LEFT)
    assert found(notes) == {}


def test_repeats_change_no_rating(notes: World) -> None:
    notes.fill()
    before = leaderboard_refresh(study_id=notes.study.pk)[0].result["systems"]
    for case in notes.cases:
        notes.vote(notes.raters[0], case, "Cedar", "Amber", LEFT, repeat=1)
    after = leaderboard_refresh(study_id=notes.study.pk)[0].result
    assert after["systems"] == before
    assert after["self_agreement"]["n"] == len(notes.cases)


def test_page_and_api_say_it_and_say_nothing_without_repeats(notes: World, client: Client) -> None:
    notes.fill()
    leaderboard_refresh(study_id=notes.study.pk)
    client.force_login(notes.coordinator)
    page, api = f"/studies/{notes.study.slug}/agreement/", f"/api/v1/studies/{notes.study.slug}/"
    assert "With themselves" not in client.get(page).content.decode()
    notes.vote(notes.raters[0], notes.cases[0], "Cedar", "Amber", LEFT, repeat=1)
    leaderboard_refresh(study_id=notes.study.pk)
    assert "With themselves" in client.get(page).content.decode()
    answer = client.get(f"{api}agreement/").json()
    assert answer["criteria"][0]["self_agreement"]["n"] == 1
