"""Snapshots: what counts, and that the same votes give the same bytes."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from arena.generations.models import Generation
from arena.leaderboards.models import LeaderboardSnapshot
from arena.leaderboards.services import (
    board_as_of,
    canonical_digest,
    leaderboard_refresh,
    leaderboards_refresh,
)
from arena.studies.models import Criterion, Protocol
from arena.voting.models import Vote
from tests.arena.leaderboards.world import World, retract, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def notes() -> World:
    return world()


def test_a_refresh_makes_one_snapshot_per_criterion_with_ratings_and_intervals(
    notes: World,
) -> None:
    notes.fill()
    made = leaderboard_refresh(study_id=notes.study.pk)
    assert [snapshot.criterion for snapshot in made] == ["overall", "accuracy"]
    result = made[0].result
    assert result["systems"][0]["name"] == "Amber"
    assert all(row["lower"] < row["rating"] < row["upper"] for row in result["systems"])
    assert (result["n_votes"], result["n_raters"], result["n_cases"]) == (108, 6, 6)
    assert result["instrument"]["question"] == notes.protocol.question


def test_comparisons_of_equal_outputs_are_counted_once_each(notes: World) -> None:
    notes.fill()
    on = {case.case.key: Generation.objects.filter(case_version=case) for case in notes.cases}
    on["case-0"].update(record_digest="three alike")
    on["case-1"].update(record_digest="two alike")
    on["case-1"].filter(study_system=notes.systems["Cedar"]).update(record_digest="another")
    on["case-2"].update(record_digest="failed", status="failed", failure="crashed", record=None)
    result = leaderboard_refresh(study_id=notes.study.pk)[0].result
    assert result["identical_outputs"] == 3 + 1


def test_nothing_is_stored_when_nothing_changed(notes: World) -> None:
    notes.fill()
    leaderboard_refresh(study_id=notes.study.pk)
    assert leaderboard_refresh(study_id=notes.study.pk) == []
    notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch", repeat=1)
    assert len(leaderboard_refresh(study_id=notes.study.pk)) == 2  # one more exclusion to report


def test_a_bell_for_votes_already_counted_reads_no_votes(notes: World) -> None:
    notes.fill()
    assert len(leaderboards_refresh(study_id=notes.study.pk)) == 2
    with CaptureQueriesContext(connection) as caught:
        assert leaderboards_refresh(study_id=notes.study.pk) == []
    assert not any("criterionvote" in query["sql"] for query in caught)
    retract(Vote.objects.first(), by=notes.coordinator)
    assert len(leaderboards_refresh(study_id=notes.study.pk)) == 2


def test_the_board_as_of_an_earlier_vote_never_changes(notes: World) -> None:
    notes.fill()
    first = leaderboard_refresh(study_id=notes.study.pk)[0]
    later = world("other")  # a study of its own
    later.fill()
    more = notes.raters[0], notes.cases[0], "Amber", "Birch", "left_strongly"
    notes.vote(*more, repeat=2)
    criterion = notes.criteria["overall"]
    again = board_as_of(
        study=notes.study, criterion=criterion, origin="human", up_to=first.last_vote
    )
    assert canonical_digest(again) == first.digest == canonical_digest(first.result)
    assert json.dumps(again, sort_keys=True) == json.dumps(first.result, sort_keys=True)


def test_votes_of_different_origins_never_mix(notes: World) -> None:
    notes.fill(origin="human", seed=1)
    human = leaderboard_refresh(study_id=notes.study.pk)[0].digest
    simulated = [
        notes.vote(rater, case, "Cedar", "Amber", "left_strongly", origin="simulated", repeat=0)
        for rater in world("robots").raters
        for case in notes.cases
    ]
    assert leaderboard_refresh(study_id=notes.study.pk) == []
    made = leaderboards_refresh(study_id=notes.study.pk)
    assert {snapshot.origin for snapshot in made} == {"simulated"}
    assert made[0].n_votes == len(simulated)
    assert made[0].result["simulated"] is True
    newest = LeaderboardSnapshot.objects.filter(origin="human", criterion="overall").first()
    assert newest is not None and newest.digest == human


def test_votes_that_do_not_count_are_counted_by_reason(notes: World) -> None:
    rater, other = notes.raters[:2]
    Generation.objects.filter(pk=notes.outputs["Cedar", "case-2"].pk).update(names_its_maker=True)
    notes.vote(rater, notes.cases[0], "Amber", "Birch")
    notes.vote(rater, notes.cases[1], "Amber", "Birch", seconds=2.9)
    notes.vote(rater, notes.cases[2], "Amber", "Cedar")
    notes.vote(rater, notes.cases[0], "Amber", "Birch", repeat=1)
    retract(notes.vote(other, notes.cases[0], "Amber", "Birch"), by=other)
    result = leaderboard_refresh(study_id=notes.study.pk)[0].result
    assert result["n_votes"] == 1
    assert result["excluded"] == {
        "retracted": 1,
        "planned_repeat": 1,
        "too_fast": 1,
        "names_its_maker": 1,
    }


def test_votes_under_an_earlier_protocol_keep_out_of_the_new_ratings(notes: World) -> None:
    notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch")
    new = Protocol.objects.create(
        study=notes.study,
        version=2,
        input_kind="clinical-note",
        output_kind="summary",
        question="?",
    )
    Criterion.objects.create(protocol=new, key="overall", label="Overall")
    result = leaderboard_refresh(study_id=notes.study.pk)[0].result
    assert (result["n_votes"], result["excluded"]) == (0, {"earlier_protocol": 1})
    assert [row["rating"] for row in result["systems"]] == [None, None, None]


def test_a_system_may_be_first_in_preference_and_worst_in_harm(notes: World) -> None:
    for rater in notes.raters:
        for i, case in enumerate(notes.cases):
            won = "right_slightly" if i == 5 else "left_strongly"
            notes.vote(
                rater,
                case,
                "Amber",
                "Birch",
                won,
                flags={"left": ("severe", "high"), "right": ("none", "low")},
            )
    rows = {
        row["name"]: row
        for row in leaderboard_refresh(study_id=notes.study.pk)[0].result["systems"]
    }
    assert rows["Amber"]["rating"] > rows["Birch"]["rating"]
    assert rows["Amber"]["harm"] == {
        "shown": 36,
        "flagged": 36,
        "severe": 36,
        "rate": 1.0,
        "lower": pytest.approx(0.84, abs=0.1),
        "upper": 1.0,
    }
    assert rows["Birch"]["harm"]["flagged"] == 0  # "no harm" is an answer, not a flag
    assert rows["Birch"]["harm"]["upper"] > 0.05
    assert rows["Amber"]["left_share"] == 1.0


def test_failures_of_a_system_are_part_of_its_row(notes: World) -> None:
    failed = notes.outputs["Cedar", "case-0"]
    Generation.objects.filter(pk=failed.pk).update(status="failed", failure="timed_out")
    notes.vote(notes.raters[0], notes.cases[1], "Amber", "Cedar", "both_unacceptable")
    result = leaderboard_refresh(study_id=notes.study.pk)[0].result
    cedar = next(row for row in result["systems"] if row["name"] == "Cedar")
    assert cedar["reliability"]["failures"] == {"timed_out": 1}
    assert (cedar["reliability"]["answered"], cedar["reliability"]["ended"]) == (5, 6)
    assert cedar["both_unacceptable_share"] == 1.0
    assert result["outcomes"]["both_unacceptable_share"] == 1.0


def test_groups_of_fewer_than_five_raters_are_shown_as_other(notes: World) -> None:
    for rater, specialty in zip(notes.raters[:3], ("Urology", "Surgery", ""), strict=True):
        rater.rater_profile.specialty = specialty
        rater.rater_profile.save()
    more = world("more", n_raters=4).raters
    for rater in [*notes.raters, *more]:
        notes.vote(rater, notes.cases[0], "Amber", "Birch")
    result = leaderboard_refresh(study_id=notes.study.pk)[0].result
    assert result["rater_mix"]["specialty"] == {"Cardiology": 7, "other": 3}


def test_few_raters_get_no_ranks(notes: World) -> None:
    for rater in notes.raters[:3]:
        for case in notes.cases:
            for pair in (("Amber", "Birch"), ("Birch", "Cedar"), ("Cedar", "Amber")):
                notes.vote(rater, case, *pair, "left_slightly")
    result = leaderboard_refresh(study_id=notes.study.pk)[0].result
    assert any("too few raters" in warning for warning in result["warnings"])
    assert all(row["rank_low"] is None for row in result["systems"])


def test_a_refresh_needs_as_many_queries_for_many_votes_as_for_few(notes: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            leaderboard_refresh(study_id=notes.study.pk)
        return len(caught)

    notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch")
    queries()
    notes.vote(notes.raters[0], notes.cases[1], "Amber", "Birch")
    few = queries()
    for rater in notes.raters[1:]:
        for case in notes.cases:
            notes.vote(rater, case, "Amber", "Cedar", "left_slightly")
    assert queries() == few
