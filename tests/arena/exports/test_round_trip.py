"""From votes to files and back: the numbers are the same to the last digit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import QuerySet

from arena.leaderboards.services import leaderboard_refresh
from arena.voting.models import Vote
from tests.arena.leaderboards.world import World, world
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db

READING = ("left_seconds", "right_seconds", "looked_closely")
RATED = ("log_strength", "share", "rating", "se", "lower", "upper", "rank_low", "rank_high")


@pytest.fixture
def notes() -> World:
    made = world(n_raters=7, n_cases=8)
    made.fill()
    made.vote(made.raters[0], made.cases[0], "Amber", "Birch", seconds=0.5, repeat=1)
    return made


def ratings(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: row[key] for key in ("name", "votes", *RATED)} for row in result["systems"]]


def rated_by_command(file: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "evaluation", "rate", str(file), "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_the_command_line_gives_the_ratings_of_the_page(
    notes: World, tmp_path: Path, suffix: str
) -> None:
    page = {s.criterion: s.result for s in leaderboard_refresh(study_id=notes.study.pk)}
    call_command("export", "notes", format=f"votes-{suffix}", out=tmp_path, verbosity=0)
    for file, criterion in (("votes", "overall"), ("votes-accuracy", "accuracy")):
        again = rated_by_command(tmp_path / f"{file}.{suffix}")
        assert ratings(again) == ratings(page[criterion])
        assert again["method"] == page[criterion]["method"]
        assert again["n_votes"] == page[criterion]["n_votes"] == 168


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_imported_into_another_study_the_export_gives_the_same_board(
    notes: World, tmp_path: Path, suffix: str
) -> None:
    page = leaderboard_refresh(study_id=notes.study.pk)
    call_command("export", "notes", format=f"votes-{suffix}", out=tmp_path, verbosity=0)
    other = world("elsewhere", n_raters=0, n_cases=0, labels=())
    call_command("import_votes", "elsewhere", tmp_path, create_missing=True, verbosity=0)
    assert leaderboard_refresh(study_id=other.study.pk, origin="human") == []
    again = leaderboard_refresh(study_id=other.study.pk, origin="imported")
    for here, there in zip(page, again, strict=True):
        assert ratings(here.result) == ratings(there.result)
        assert here.result["pairs"] == there.result["pairs"]
        assert here.result["outcomes"] == there.result["outcomes"]
        assert here.result["rater_mix"] != {} and there.result["origin"] == "imported"
        for row, copy in zip(here.result["systems"], there.result["systems"], strict=True):
            assert row["harm"] == copy["harm"]
            assert row["left_share"] == copy["left_share"]


def test_reading_times_survive_the_way_out_and_in(tmp_path: Path) -> None:
    here = world(n_raters=1, n_cases=2)
    for case, times in zip(here.cases, [(3.5, 0.0, True), (None, None, None)], strict=True):
        vote = here.vote(here.raters[0], case, "Amber", "Birch")
        columns = dict(zip(READING, times, strict=True))
        QuerySet.update(Vote.objects.filter(pk=vote.pk), **columns)
    call_command("export", "notes", format="votes-csv", out=tmp_path, verbosity=0)
    world("elsewhere", n_raters=0, n_cases=0, labels=())
    call_command("import_votes", "elsewhere", tmp_path, create_missing=True, verbosity=0)
    again = Vote.objects.filter(ballot__study__slug="elsewhere").order_by("pk")
    assert list(again.values_list(*READING)) == [(3.5, 0.0, True), (None, None, None)]


def test_simulated_votes_stay_simulated_through_export_and_import(tmp_path: Path) -> None:
    made = world("robots")
    made.fill(origin="simulated")
    call_command("export", "robots", format="votes-csv", out=tmp_path, verbosity=0)
    assert "**SIMULATED.**" in (tmp_path / "README.md").read_text()
    other = world("elsewhere", n_raters=0, n_cases=0, labels=())
    call_command("import_votes", "elsewhere", tmp_path, create_missing=True, verbosity=0)
    assert leaderboard_refresh(study_id=other.study.pk, origin="imported") == []
    assert leaderboard_refresh(study_id=other.study.pk, origin="simulated")[0].result["simulated"]
    other.study.refresh_from_db()
    assert other.study.holds_simulated_votes
