"""A public board of an open study tells no rater which system made the side they chose."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from arena.accounts.models import User
from arena.leaderboards.services import leaderboards_refresh
from arena.leaderboards.steps import LEAST_OF_OTHERS
from arena.studies.models import Study
from tests.arena.leaderboards.world import World, world

pytestmark = pytest.mark.django_db

BOARD = "/api/v1/studies/notes/leaderboard/"
SEEN = (BOARD, "/api/v1/studies/notes/agreement/", "/studies/notes/leaderboard/")


@pytest.fixture
def notes() -> World:
    """An open study with a published board that has reached its first step."""
    made = world(n_cases=8, visibility="public", leaderboard_published=True)
    for rater in made.raters:
        cast(made, rater, 0)
    return made


def cast(notes: World, rater: User, case: int) -> None:
    notes.vote(rater, notes.cases[case], "Amber", "Birch", "left_strongly")
    leaderboards_refresh(study_id=notes.study.pk)


def board(person: User | AnonymousUser) -> dict[str, Any]:
    return dict(client_of(person).get(BOARD).json())


def seen(person: User | AnonymousUser, page: str) -> str:
    """The answer without the token against forged requests, which is new each time."""
    answer = client_of(person).get(page)
    assert answer.status_code == 200
    return re.sub(
        r"(csrf-?token|csrfmiddlewaretoken)[^>]+", "", answer.content.decode(), flags=re.I
    )


def client_of(person: User | AnonymousUser) -> Client:
    client = Client()
    if isinstance(person, User):
        client.force_login(person)
    return client


def test_a_raters_own_votes_do_not_move_the_board_they_or_the_public_see(notes: World) -> None:
    people = (notes.raters[0], AnonymousUser())
    before = [seen(person, page) for person in people for page in SEEN]
    for case in range(1, 8):
        cast(notes, notes.raters[0], case)
    assert [seen(person, page) for person in people for page in SEEN] == before


def test_whoever_runs_the_study_sees_every_vote_at_once(notes: World) -> None:
    before = board(notes.coordinator)["n_votes"]
    cast(notes, notes.raters[0], 1)
    assert board(notes.coordinator)["n_votes"] == before + 1


def test_the_public_board_moves_once_enough_votes_of_others_hide_each_raters_own(
    notes: World,
) -> None:
    before = board(AnonymousUser())["n_votes"]
    cast(notes, notes.raters[0], 1)
    for rater in notes.raters[1:LEAST_OF_OTHERS]:
        cast(notes, rater, 1)
    assert board(AnonymousUser())["n_votes"] == before
    cast(notes, notes.raters[LEAST_OF_OTHERS], 1)
    assert board(AnonymousUser())["n_votes"] == before + LEAST_OF_OTHERS + 1


def test_one_raters_many_votes_are_not_a_step(notes: World) -> None:
    cast(notes, notes.raters[1], 7)
    before = board(notes.raters[0])["n_votes"]
    for case in range(1, 8):
        cast(notes, notes.raters[0], case)
    assert board(notes.raters[0])["n_votes"] == before


def test_after_closing_everybody_sees_the_last_board(notes: World) -> None:
    cast(notes, notes.raters[0], 1)
    Study.objects.update(status="closed", closed_at=notes.study.opened_at)
    assert board(AnonymousUser())["n_votes"] == board(notes.coordinator)["n_votes"]
