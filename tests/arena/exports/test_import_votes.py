"""Importing votes: every fault names its row, and nothing is half imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from arena.accounts.models import User
from arena.core.models import AuditEvent
from arena.exports.services import votes_import
from arena.generations.models import Generation
from arena.leaderboards.services import leaderboard_refresh
from arena.studies.models import Case
from arena.studies.selectors import case_versions_current
from arena.voting.models import Ballot, Comparison, CriterionVote, SafetyFlag, Vote
from tests.arena.leaderboards.world import World, world

pytestmark = pytest.mark.django_db

HEADER = "model_a,model_b,winner,rater,case,seconds\n"
GOOD = "Amber,Birch,model_a,R1,case-0,9\n"


@pytest.fixture
def notes() -> World:
    return world()


def write(folder: Path, text: str, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def counts() -> list[int]:
    models = (User, Case, Generation, Comparison, Ballot, Vote, CriterionVote, AuditEvent)
    return [model.objects.count() for model in models]


def test_a_plain_file_becomes_votes_of_inactive_raters(notes: World, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD + "Birch,Amber,tie (bothbad),R2,case-0,9\n")
    call_command("import_votes", "notes", path, verbosity=0)
    ballots = Ballot.objects.order_by("pk")
    assert [ballot.origin for ballot in ballots] == ["imported", "imported"]
    assert [ballot.left.study_system.label for ballot in ballots] == ["Amber", "Birch"]
    rater = ballots[0].rater
    assert (rater.is_active, rater.has_usable_password()) == (False, False)
    assert rater.rater_profile.pseudonym == "R1"
    outcomes = CriterionVote.objects.order_by("pk").values_list("criterion__key", "outcome")
    assert list(outcomes) == [("overall", "left_slightly"), ("overall", "both_unacceptable")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("Amber,Birch,perhaps,R1,case-0,9\n", r"row 3, column 'winner': 'perhaps' is not known"),
        ("Amber,Amber,tie,R1,case-0,9\n", "row 3, column 'model_b': is 'Amber' like model_a"),
        ("Amber,,tie,R1,case-0,9\n", "row 3, column 'model_b': is empty"),
        ("Amber,Birch,tie,,case-0,9\n", "row 3, column 'rater': is empty"),
        ("Amber,Birch,tie,R1,case-9,9\n", "row 3, column 'case': 'case-9' is not a case"),
        ("Amber,Zebra,tie,R1,case-0,9\n", "row 3, column 'model_b': 'Zebra' is not a system"),
        ("Amber,Birch,tie,R1,case-1,fast\n", "row 3, column 'seconds': 'fast' is not a number"),
        ("Amber,Birch,tie,R1,case-1,-1\n", "row 3, column 'seconds': -1 is not at least 0"),
        ("Amber,Birch,tie,R1,case-1,\n", "row 3, column 'seconds': is empty, but the protocol"),
        ("Birch,Amber,tie,R1,case-0,9\n", "row 3: repeats row 2"),
        ("Amber,Birch,tie\n", "row 3: has 3 cells, but the header has 6"),
    ],
)
def test_a_faulty_row_is_named_and_nothing_is_stored(
    notes: World, tmp_path: Path, rows: str, message: str
) -> None:
    before = counts()
    path = write(tmp_path, HEADER + GOOD + rows)
    with pytest.raises(CommandError, match=f"votes.csv, {message}"):
        call_command("import_votes", "notes", path)
    assert counts() == before


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("votes.csv", "", "is empty"),
        ("votes.csv", HEADER, "holds no votes"),
        ("votes.csv", "model_a,model_b,winner\nA,B,tie\n", "column 'rater': is missing"),
        ("votes.jsonl", '{"model_a": \n', "row 1: is not JSON"),
        ("votes.txt", "x", "is none of .csv"),
        ("other.zip", "PK", "is not a zip archive"),
    ],
)
def test_a_file_that_is_no_file_of_votes_is_refused(
    notes: World, tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("import_votes", "notes", write(tmp_path, text, name))


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        (
            "Amber,Birch,perhaps,R1,case-1,9\nAmber,Birch,tie,R1,case-1,fast\nAmber,Birch,tie\n",
            ["row 3, column 'winner'", "row 4, column 'seconds'", "row 5"],
        ),
        (
            "Birch,Amber,tie,R1,case-0,9\nAmber,Birch,tie,R1,case-1,\n",
            ["row 3", "row 4, column 'seconds'"],
        ),
        (
            "Amber,Birch,tie,R1,case-9,9\nZebra,Birch,tie,R1,case-1,9\n",
            ["row 3, column 'case'", "row 4, column 'model_a'"],
        ),
    ],
    ids=["rows by themselves", "rows of one vote", "cases and systems"],
)
def test_all_faults_are_told_at_once(
    notes: World, tmp_path: Path, rows: str, places: list[str]
) -> None:
    before = counts()
    path = write(tmp_path, HEADER + GOOD + rows)
    with pytest.raises(CommandError) as error:
        call_command("import_votes", "notes", path)
    lines = str(error.value).splitlines()
    assert lines[0] == f"{len(places)} faults were found, and nothing was stored"
    assert [line.partition(": ")[0] for line in lines[1:]] == [f"votes.csv, {p}" for p in places]
    assert counts() == before


def test_every_vote_that_is_there_already_is_named(notes: World, tmp_path: Path) -> None:
    both = HEADER + GOOD + "Birch,Amber,tie (bothbad),R2,case-0,9\n"
    call_command("import_votes", "notes", write(tmp_path, both), verbosity=0)
    before = counts()
    with pytest.raises(CommandError, match=r"(?s)2 faults.*row 2: R1 has.*row 3: R2 has"):
        call_command("import_votes", "notes", write(tmp_path, both))
    assert counts() == before


def test_one_bad_row_among_ten_thousand_stores_nothing(notes: World, tmp_path: Path) -> None:
    rows = [f"Amber,Birch,model_a,R{i},case-{i % 6},9\n" for i in range(10_000)]
    rows[9_000] = "Amber,Birch,?,R1,case-0,9\n"
    before = counts()
    with pytest.raises(CommandError, match="row 9002, column 'winner'"):
        call_command("import_votes", "notes", write(tmp_path, HEADER + "".join(rows)))
    assert counts() == before


def test_a_second_import_of_the_same_file_is_refused_by_name(notes: World, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD)
    call_command("import_votes", "notes", path, verbosity=0)
    before = counts()
    with pytest.raises(CommandError, match="row 2: R1 has already voted on this pair"):
        call_command("import_votes", "notes", path)
    assert counts() == before


def test_rows_of_one_vote_may_judge_several_criteria_but_not_disagree(
    notes: World, tmp_path: Path
) -> None:
    row = {
        "vote": "7",
        "model_a": "Amber",
        "model_b": "Birch",
        "winner": "model_b",
        "strength": "strongly",
        "rater": "R1",
        "case": "case-0",
        "seconds": 9,
    }
    lines = [
        row | {"criterion": "overall"},
        row | {"criterion": "accuracy", "winner": "tie", "strength": ""},
    ]
    path = write(tmp_path, "".join(json.dumps(line) + "\n" for line in lines), "votes.jsonl")
    assert votes_import(study=notes.study, by=notes.coordinator, path=path) == 1
    outcomes = dict(CriterionVote.objects.values_list("criterion__key", "outcome"))
    assert outcomes == {"overall": "right_strongly", "accuracy": "tie"}
    lines[1]["rater"] = "R2"
    path = write(tmp_path, "".join(json.dumps(line) + "\n" for line in lines), "votes.jsonl")
    with pytest.raises(CommandError, match="row 2, column 'rater': differs from row 1"):
        call_command("import_votes", "notes", path)


def test_an_unknown_criterion_and_mixed_origins_are_refused(notes: World, tmp_path: Path) -> None:
    head = "model_a,model_b,winner,rater,case,seconds,criterion,origin\n"
    with pytest.raises(CommandError, match="'charm' is not a criterion of the study"):
        path = write(tmp_path, head + "Amber,Birch,tie,R1,case-0,9,charm,human\n")
        call_command("import_votes", "notes", path)


def test_what_is_missing_is_made_only_on_request_and_stays_out_of_the_running(
    notes: World, tmp_path: Path
) -> None:
    path = write(tmp_path, HEADER + "Zebra,Amber,model_a,R1,case-77,9\n")
    call_command("import_votes", "notes", path, create_missing=True, verbosity=0)
    assert case_versions_current(study=notes.study).count() == len(notes.cases)
    zebra = notes.study.study_systems.get(label="Zebra")
    assert zebra.withdrawn_at is not None
    made = Generation.objects.filter(case_version__case__key="case-77")
    assert {generation.status for generation in made} == {"external"}
    result = leaderboard_refresh(study_id=notes.study.pk, origin="imported")[0].result
    row = next(row for row in result["systems"] if row["name"] == "Zebra")
    assert (row["judged_elsewhere"], row["withdrawn"]) == (True, False)


def test_columns_of_other_arenas_can_be_named(notes: World, tmp_path: Path) -> None:
    text = "model_a,model_b,winner,judge,question_id,seconds\nAmber,Birch,tie,J1,case-0,9\n"
    path = write(tmp_path, text, "battles.csv")
    call_command("import_votes", "notes", path, columns="rater=judge,case=question_id", verbosity=0)
    assert Ballot.objects.get().rater.rater_profile.pseudonym == "J1"


def test_a_flag_needs_its_extent_and_is_kept(notes: World, tmp_path: Path) -> None:
    head = HEADER.strip() + ",unsafe_a,extent_a,likelihood_a,error_types_a\n"
    path = write(tmp_path, head + GOOD.strip() + ",yes,none,low,omission;dose\n")
    call_command("import_votes", "notes", path, verbosity=0)
    flag = SafetyFlag.objects.get()
    assert (flag.side, flag.extent, flag.error_types) == ("left", "none", ["omission", "dose"])
    path = write(tmp_path, head + "Amber,Birch,tie,R2,case-0,9,yes,,,\n")
    with pytest.raises(CommandError, match="column 'extent_a': is empty, but"):
        call_command("import_votes", "notes", path)


def test_parquet_is_read_where_it_can_be(notes: World, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {
        "model_a": ["Amber"],
        "model_b": ["Cedar"],
        "winner": ["model_b"],
        "rater": ["R1"],
        "case": ["case-1"],
        "seconds": [7.5],
    }
    path = tmp_path / "votes.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    call_command("import_votes", "notes", path, verbosity=0)
    assert Vote.objects.get().seconds == 7.5
