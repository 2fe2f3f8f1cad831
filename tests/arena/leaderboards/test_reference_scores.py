"""Automatic scores: each output once, what they come to, and who sees them when."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.generations.models import Generation
from arena.leaderboards import reference_scores
from arena.leaderboards.models import ReferenceScore, ScoreReport
from arena.leaderboards.reference_scores import (
    outputs_score,
    report_is_stale,
    score_report_refresh,
)
from arena.studies.models import Study
from tests.arena.leaderboards.world import World, world

pytestmark = pytest.mark.django_db
RESULTS, API = "/studies/notes/manage/results/scores/", "/api/v1/studies/notes/scores/"
TEXTS = {"Amber": "cough for three days", "Birch": "cough", "Cedar": "a broken arm"}


def scored(**study: object) -> World:
    """Amber says what the reference says, Birch a part of it, Cedar something else."""
    made = world(n_raters=4, n_cases=3, reference={"text": TEXTS["Amber"]}, **study)
    for (label, _), output in made.outputs.items():
        Generation.objects.filter(pk=output.pk).update(record={"text": TEXTS[label]})
    return made


def report_of(made: World) -> ScoreReport:
    report = score_report_refresh(study_id=made.study.pk)
    assert report is not None
    return report


def test_every_output_is_scored_once_and_the_means_stand_by_system() -> None:
    made = scored()
    result = report_of(made).result
    assert ReferenceScore.objects.count() == 9
    means = {row["name"]: row["scores"]["rouge_l"]["value"] for row in result["systems"]}
    assert means["Amber"] == 1 and means["Cedar"] == 0 and 0 < means["Birch"] < 1
    assert result["systems"][0]["scores"]["rouge_l"]["n_cases"] == 3
    assert score_report_refresh(study_id=made.study.pk) is None
    assert not report_is_stale(study=made.study)


def test_votes_are_compared_with_the_scores_and_make_a_new_report() -> None:
    made = scored()
    report_of(made)
    for rater in made.raters:
        made.vote(rater, made.cases[0], "Cedar", "Amber", "right_strongly")
        made.vote(rater, made.cases[1], "Amber", "Cedar", "tie")
    made.vote(made.raters[0], made.cases[2], "Cedar", "Amber", "left_slightly")
    assert report_is_stale(study=made.study)
    rows = report_of(made).result["votes"]
    (row,) = [r for r in rows if (r["criterion"], r["score"]) == ("overall", "rouge_l")]
    assert (row["value"], row["n"], row["n_clusters"]) == (4 / 5, 5, 4)


def test_only_votes_newer_than_the_report_are_gone_through() -> None:
    made = scored()
    made.vote(made.raters[0], made.cases[0], "Cedar", "Amber", "tie")
    report = report_of(made)
    with CaptureQueriesContext(connection) as seen:
        assert not report_is_stale(study=made.study)
    newest = [each["sql"] for each in seen.captured_queries if "MAX(" in each["sql"]]
    assert newest and all(f"> {report.seen['votes']['human']} " in sql for sql in newest)
    made.vote(made.raters[1], made.cases[0], "Cedar", "Amber", "tie")
    assert report_is_stale(study=made.study)


def test_an_output_that_came_since_makes_a_report_stale_until_it_is_scored() -> None:
    made = scored()
    last = Generation.objects.order_by("pk").last()
    assert last is not None
    Generation.objects.filter(pk=last.pk).update(status="queued")
    report_of(made)
    assert ReferenceScore.objects.count() == 8 and not report_is_stale(study=made.study)
    Generation.objects.filter(pk=last.pk).update(status="succeeded")
    assert report_is_stale(study=made.study)
    report_of(made)
    assert ReferenceScore.objects.count() == 9 and not report_is_stale(study=made.study)


def test_an_output_that_comes_while_others_are_scored_is_for_the_next_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = scored()
    last = Generation.objects.order_by("pk").last()
    assert last is not None
    Generation.objects.filter(pk=last.pk).update(status="queued")
    score = outputs_score

    def and_another(*, study: Study) -> None:
        score(study=study)
        Generation.objects.filter(pk=last.pk).update(status="succeeded")

    monkeypatch.setattr(reference_scores, "outputs_score", and_another)
    report_of(made)
    assert ReferenceScore.objects.count() == 8 and report_is_stale(study=made.study)


def test_scores_that_no_report_tells_are_stale() -> None:
    made = scored()
    outputs_score(study=made.study)
    assert report_is_stale(study=made.study)


def test_a_failure_is_counted_and_never_scored() -> None:
    made = scored()
    failed = Generation.objects.filter(pk=made.outputs["Amber", "case-0"].pk)
    failed.update(status="failed", failure="timed_out", record=None)
    amber = report_of(made).result["systems"][0]
    assert (amber["failed"], amber["scores"]["rouge_l"]["n_cases"]) == (1, 2)


def test_a_reference_of_another_kind_is_told_and_costs_nothing_else() -> None:
    made = world(n_cases=1, reference={"spans": []})
    result = report_of(made).result
    assert result["scores"] == [] and "text" in result["problems"][0]


def test_a_study_without_references_has_no_report() -> None:
    made = world(n_cases=1)
    assert score_report_refresh(study_id=made.study.pk) is None
    client = Client()
    client.force_login(made.coordinator)
    assert b"nothing to score against" in client.get(RESULTS).content


def test_the_fragment_rings_until_all_is_scored() -> None:
    made = scored()
    client = Client()
    client.force_login(made.coordinator)
    assert b"every 2s" in client.get(RESULTS).content
    report_of(made)
    page = client.get(RESULTS).content.decode()
    assert "every 2s" not in page and "1.000" in page and "ROUGE L" in page


def test_while_boards_move_in_steps_nobody_learns_how_votes_and_scores_agree() -> None:
    """Who knows the outputs could tell from such a figure which side of a vote was which."""
    open_board = {"visibility": "public", "leaderboard_published": True}
    made = scored(**open_board)
    made.vote(made.raters[0], made.cases[0], "Cedar", "Amber", "right_strongly")
    report_of(made)
    assert Client().get(API).json()["votes"] == []
    assert b"Do raters prefer" not in Client().get("/studies/notes/leaderboard/").content
    coordinator = Client()
    coordinator.force_login(made.coordinator)
    assert coordinator.get(API).json()["votes"]
    type(made.study).objects.update(status="closed", closed_at=timezone.now())
    assert Client().get(API).json()["votes"]


def test_a_report_costs_as_many_queries_for_many_votes_as_for_few() -> None:
    made = scored()
    made.vote(made.raters[0], made.cases[0], "Cedar", "Amber", "right_strongly")
    report_of(made)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            report_of(made)
        return len(found)

    made.vote(made.raters[1], made.cases[0], "Cedar", "Amber", "right_strongly")
    few = queries()
    for rater in made.raters[2:]:
        made.vote(rater, made.cases[0], "Cedar", "Amber", "right_strongly")
    assert queries() == few
