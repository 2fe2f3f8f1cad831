"""Refreshing boards: what one more vote costs, and that growing gives what reading anew gives."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from arena.leaderboards import services
from arena.leaderboards.models import BoardLease, LeaderboardSnapshot
from arena.leaderboards.services import (
    board_as_of,
    board_leases_recover,
    leaderboard_refresh,
    leaderboards_refresh,
)
from arena.voting import columns
from arena.voting.models import Retraction, Vote
from tests.arena.leaderboards.world import World, retract, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    columns._kept.clear()


@pytest.fixture
def notes() -> World:
    made = world(n_raters=5, n_cases=5)
    made.fill()
    return made


def boards(notes: World, up_to: int) -> str:
    """The bytes of all boards of human votes up to a cut-off."""
    return json.dumps(
        [
            board_as_of(study=notes.study, criterion=criterion, origin="human", up_to=up_to)
            for criterion in notes.criteria.values()
        ]
    )


def some_votes(notes: World, rng: np.random.Generator) -> None:
    """Two votes of two raters on an already judged case, one flagged; repeats do not count."""
    for rater in notes.raters[:2]:
        left, right = rng.permutation(["Amber", "Birch", "Cedar"])[:2]
        notes.vote(
            rater,
            notes.cases[int(rng.integers(5))],
            left,
            right,
            "right_slightly",
            flags={"left": ("severe", "low")},
            repeat=int(rng.integers(2, 30_000)),
        )


@pytest.mark.parametrize("in_order", [True, False])
def test_a_board_that_grew_is_the_board_read_anew_to_the_last_byte(
    notes: World, monkeypatch: pytest.MonkeyPatch, in_order: bool
) -> None:
    monkeypatch.setattr(columns, "_ids_in_order", lambda: in_order)
    rng = np.random.default_rng(0)
    cut_offs: dict[int, str] = {}
    for turn in range(4):
        some_votes(notes, rng)
        if turn == 2:
            retract(Vote.objects.all()[7], by=notes.coordinator)
            cut_offs.clear()  # a retraction reaches back to every cut-off
        newest = Vote.objects.latest("pk").pk
        cut_offs[newest] = boards(notes, newest)
        cut_offs[newest - 3] = boards(notes, newest - 3)
    for cut_off, grown in cut_offs.items():
        columns._kept.clear()
        assert boards(notes, cut_off) == grown
        (criterion, _) = json.loads(grown)
        assert criterion["n_votes"] + sum(criterion["excluded"].values()) > 70


def test_one_more_vote_is_all_that_a_refresh_reads(
    notes: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_ids_in_order", lambda: True)
    leaderboards_refresh(study_id=notes.study.pk)
    notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch", repeat=1)
    rows: list[int] = []
    table = columns._table

    def counting(found: Any, names: Any) -> Any:
        made = table(found, names)
        rows.append(len(made["vote"]))
        return made

    monkeypatch.setattr(columns, "_table", counting)
    leaderboards_refresh(study_id=notes.study.pk)
    assert rows == [1, 2, 0], "one vote, its two criteria, no flag"


def test_votes_that_may_still_appear_out_of_order_are_read_again(
    notes: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_ids_in_order", lambda: False)
    leaderboards_refresh(study_id=notes.study.pk)
    (kept,) = columns._kept.values()
    assert len(kept) == 0
    monkeypatch.setattr(columns, "SETTLED", -timedelta(minutes=1))
    notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch", repeat=1)
    leaderboards_refresh(study_id=notes.study.pk)
    (kept,) = columns._kept.values()
    assert len(kept) == Vote.objects.count()


def test_a_database_that_was_put_back_is_read_anew(
    notes: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_ids_in_order", lambda: True)
    leaderboards_refresh(study_id=notes.study.pk)
    (key,) = columns._kept
    columns._kept[key].votes["cast_at"][-1] += 1  # as if its last vote were another one
    newest = Vote.objects.latest("pk").pk
    assert boards(notes, newest) == boards(notes, newest)
    assert columns._kept[key].votes["cast_at"][-1] == columns.microseconds(
        Vote.objects.latest("pk").created_at
    )


def test_the_studies_looked_at_longest_ago_make_room(
    notes: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_ids_in_order", lambda: True)
    leaderboards_refresh(study_id=notes.study.pk)
    monkeypatch.setattr(columns, "MOST_KEPT", 75)
    other = world("other", n_raters=2, n_cases=2)
    other.fill()
    leaderboards_refresh(study_id=other.study.pk)
    assert [key[0] for key in columns._kept] == [other.study.pk]


def test_bells_that_ring_while_a_board_is_made_bring_one_more_together(
    notes: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    board = services.board

    def busy(**given: Any) -> dict[str, Any]:
        calls.append(given)
        if len(calls) == 1:
            for repeat in range(1, 6):
                notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch", repeat=repeat)
                assert leaderboards_refresh(study_id=notes.study.pk) == []
        return board(**given)

    monkeypatch.setattr(services, "board", busy)
    made = leaderboards_refresh(study_id=notes.study.pk)
    assert [snapshot.criterion for snapshot in made] == ["overall", "accuracy"] * 2
    assert made[-1].result["excluded"] == {"planned_repeat": 5}
    assert LeaderboardSnapshot.objects.count() == 4
    assert leaderboards_refresh(study_id=notes.study.pk) == []


def test_the_lease_of_a_dead_worker_runs_out_and_its_bell_rings_again(
    notes: World, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(services, "enqueue", lambda task, **given: rung.append(given["study_id"]))
    lease = BoardLease.objects.create(
        study=notes.study, held_until=timezone.now() + timedelta(minutes=1)
    )
    assert leaderboards_refresh(study_id=notes.study.pk) == []
    board_leases_recover()
    assert rung == []
    lease.held_until = timezone.now() - timedelta(seconds=1)
    lease.save()
    board_leases_recover()
    assert rung == [notes.study.pk]
    assert len(leaderboards_refresh(study_id=notes.study.pk)) == 2
    board_leases_recover()
    assert rung == [notes.study.pk]


def test_a_slower_refresh_never_covers_a_newer_snapshot(notes: World) -> None:
    leaderboard_refresh(study_id=notes.study.pk)
    newest = LeaderboardSnapshot.objects.filter(criterion="overall").latest("pk")
    older = LeaderboardSnapshot(
        digest="other", parameters={"seen": {"last_vote": newest.last_vote + 1}}
    )
    assert services._as_new(older, {"last_vote": newest.last_vote, "retractions": 0}, newest.digest)
    assert not services._as_new(newest, {"last_vote": newest.last_vote, "retractions": 1}, "new")


def test_a_retraction_alone_makes_a_new_board(notes: World) -> None:
    leaderboards_refresh(study_id=notes.study.pk)
    Retraction.objects.create(vote=Vote.objects.all()[3], reason="By name.", by=notes.coordinator)
    made = leaderboards_refresh(study_id=notes.study.pk)
    assert made[0].result["excluded"] == {"retracted": 1}
