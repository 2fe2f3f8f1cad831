"""Exports: bytes, columns, hostile content, and who may fetch them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.core.models import AuditEvent
from arena.exports.models import Export
from arena.exports.schema import NAMES
from arena.exports.services import export_build, export_request
from arena.studies.models import Study
from arena.voting.models import Ballot
from tests.arena.leaderboards.world import World, retract, world

pytestmark = pytest.mark.django_db

PUBLIC = {
    "visibility": "public",
    "leaderboard_published": True,
    "status": "closed",
    "closed_at": timezone.now(),
}


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.exports.services.enqueue", lambda *args, **kwargs: None)


@pytest.fixture
def notes() -> World:
    made = world()
    made.fill()
    return made


def built(made: World, name: str = "votes-csv", origin: str = "human") -> Export:
    export = export_request(study=made.study, name=name, origin=origin, by=made.coordinator)
    return export_build(export_id=export.pk)


def files_in(export: Export) -> dict[str, bytes]:
    with export.file.open("rb") as file, zipfile.ZipFile(file) as archive:
        return {Path(info.filename).name: archive.read(info) for info in archive.infolist()}


def rows_in(export: Export, name: str = "votes.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files_in(export)[name].decode())))


def written(
    folder: Path, name: str, origin: str = "human", study: str = "notes"
) -> dict[str, bytes]:
    call_command("export", study, format=name, out=folder, origin=origin, verbosity=0)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["votes-csv", "votes-jsonl", "trl-preference"])
def test_the_same_votes_give_the_same_bytes(notes: World, tmp_path: Path, name: str) -> None:
    first = built(notes, name)
    Export.objects.update(status="failed")
    second = built(notes, name)
    assert first.pk != second.pk
    assert first.digest == second.digest
    assert written(tmp_path / "out", name) == files_in(first)


def test_every_file_has_its_checksum_and_the_archive_its_digest(notes: World) -> None:
    export = built(notes)
    files = files_in(export)
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    with export.file.open("rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == export.digest


def test_rows_say_who_stood_where_and_who_won(notes: World, tmp_path: Path) -> None:
    made = world("one")
    made.vote(
        made.raters[0],
        made.cases[0],
        "Birch",
        "Amber",
        "right_strongly",
        flags={"left": ("severe", "high")},
    )
    made.vote(made.raters[1], made.cases[0], "Amber", "Birch", "both_unacceptable")
    first, second = rows_in(built(made))
    assert (first["model_a"], first["model_b"]) == ("Birch", "Amber")
    assert (first["winner"], first["strength"]) == ("model_b", "strongly")
    assert (first["unsafe_a"], first["extent_a"], first["unsafe_b"]) == ("yes", "severe", "")
    assert (second["winner"], second["strength"]) == ("both_bad", "")
    assert (first["rater"], first["case"], first["criterion"]) == ("R-one-0", "case-0", "overall")
    assert tuple(first) == NAMES
    explained = rows_in(built(made), "columns.csv")
    assert [row["column"] for row in explained] == list(NAMES)


def test_nothing_in_an_export_names_a_person(notes: World) -> None:
    for name in ("votes-csv", "votes-jsonl", "trl-preference"):
        for data in files_in(built(notes, name)).values():
            assert b"@example.org" not in data
            assert notes.raters[0].email.encode() not in data


def test_groups_of_fewer_than_five_raters_are_not_told_apart(notes: World) -> None:
    profile = notes.raters[0].rater_profile
    profile.specialty = "Paediatric neurosurgery"
    profile.save()
    specialties = {row["rater"]: row["rater_specialty"] for row in rows_in(built(notes))}
    assert specialties["R-notes-0"] == "other"
    assert specialties["R-notes-1"] == "Cardiology"
    assert b"neurosurgery" not in b"".join(files_in(built(notes, "votes-jsonl")).values())


def test_votes_that_do_not_count_are_in_a_file_of_their_own(notes: World) -> None:
    notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch", seconds=1, repeat=1)
    retract(
        notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch", repeat=2),
        by=notes.raters[0],
    )
    export = built(notes)
    assert len(rows_in(export)) == 108
    reasons = [
        (row["criterion"], row["excluded_because"]) for row in rows_in(export, "excluded.csv")
    ]
    assert reasons == [
        ("overall", "planned_repeat"),
        ("overall", "retracted"),
        ("accuracy", "planned_repeat"),
        ("accuracy", "retracted"),
    ]
    readme = files_in(export)["README.md"].decode()
    assert "1 retracted by the rater" in readme
    assert "research only" in readme


def test_text_a_spreadsheet_would_run_is_made_harmless_and_comes_back(tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://evil","x")'
    made = world("hostile", labels=(hostile, "@Birch"))
    made.vote(made.raters[0], made.cases[0], hostile, "@Birch", "left_slightly")
    row = rows_in(built(made))[0]
    assert (row["model_a"], row["model_b"]) == ("'" + hostile, "'@Birch")
    call_command("export", "hostile", format="votes-csv", out=tmp_path, verbosity=0)
    again = world("again", n_raters=0, n_cases=0, labels=())
    call_command("import_votes", "again", tmp_path, create_missing=True, verbosity=0)
    labels = again.study.study_systems.values_list("label", flat=True)
    assert set(labels) == {hostile, "@Birch"}


def test_preference_pairs_leave_out_ties_and_keep_the_winner_first(tmp_path: Path) -> None:
    made = world("pairs")
    made.vote(made.raters[0], made.cases[0], "Birch", "Amber", "right_slightly")
    made.vote(made.raters[1], made.cases[0], "Amber", "Birch", "tie")
    made.vote(made.raters[2], made.cases[0], "Amber", "Birch", "both_unacceptable")
    lines = files_in(built(made, "trl-preference"))["preferences.jsonl"].decode().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "prompt": f"{made.protocol.question}\n\nNote 0",
            "chosen": "Amber on case-0",
            "rejected": "Birch on case-0",
        }
    ]


def test_preference_pairs_of_outputs_that_are_no_text_are_refused_in_words(notes: World) -> None:
    output = notes.outputs["Amber", "case-0"]
    output.record = {"width": 1, "height": 1, "objects": []}
    output.save()
    export = built(notes, "trl-preference")
    assert export.status == "failed"
    assert "need text" in export.error


def test_an_unchanged_export_is_not_built_twice_and_a_retraction_makes_a_new_one(
    notes: World,
) -> None:
    first = built(notes)
    assert built(notes).pk == first.pk
    vote = Ballot.objects.filter(study=notes.study).first().votes.get()
    retract(vote, by=notes.coordinator)
    assert built(notes).pk != first.pk


def test_origins_are_exported_apart(notes: World) -> None:
    notes.vote(world("r").raters[0], notes.cases[0], "Amber", "Cedar", origin="simulated")
    assert {row["origin"] for row in rows_in(built(notes))} == {"human"}
    simulated = built(notes, origin="simulated")
    assert [row["origin"] for row in rows_in(simulated)] == ["simulated"]
    assert "**SIMULATED.**" in files_in(simulated)["README.md"].decode()


def client_of(person: User | AnonymousUser) -> Client:
    client = Client()
    if isinstance(person, User):
        client.force_login(person)
    return client


def status_of(client: Client, path: str) -> int:
    answer = client.get(path)
    b"".join(answer)  # a file is closed when it has been read
    return answer.status_code


@pytest.mark.parametrize(
    ("changes", "public", "rater", "coordinator"),
    [
        ({}, 404, 403, 200),
        ({"visibility": "public", "leaderboard_published": True}, 403, 403, 200),
        (PUBLIC, 200, 200, 200),
        ({**PUBLIC, "visibility": "private"}, 404, 403, 200),
    ],
)
def test_exports_are_listed_and_fetched_by_those_the_access_table_names(
    notes: World, changes: dict[str, object], public: int, rater: int, coordinator: int
) -> None:
    export = built(notes)
    Study.objects.filter(pk=notes.study.pk).update(**changes)
    paths = (
        "/studies/notes/exports/",
        f"/studies/notes/exports/{export.pk}.zip",
        "/api/v1/studies/notes/exports/",
        f"/api/v1/studies/notes/exports/{export.pk}/file/",
    )
    expected = (
        (AnonymousUser(), public),
        (notes.raters[0], rater),
        (notes.coordinator, coordinator),
    )
    for person, status in expected:
        client = client_of(person)
        assert {status_of(client, path) for path in paths} == {status}
        posted = client.post("/studies/notes/exports/", {"format": "votes-jsonl"})
        assert posted.status_code == (302 if status == 200 else status)


def test_an_export_of_another_study_is_not_found_through_this_one(notes: World) -> None:
    other = world("other")
    other.fill()
    export = built(other)
    client = client_of(notes.coordinator)
    assert status_of(client, f"/studies/notes/exports/{export.pk}.zip") == 404


def test_a_download_is_an_attachment_and_leaves_a_line_in_the_audit_trail(notes: World) -> None:
    export = built(notes)
    answer = client_of(notes.coordinator).get(f"/studies/notes/exports/{export.pk}.zip")
    assert answer["Content-Disposition"].startswith('attachment; filename="notes-human-votes-csv-')
    assert answer["Content-Type"] == "application/zip"
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == export.digest
    assert AuditEvent.objects.filter(action="export-downloaded").count() == 1


def test_over_http_an_export_is_asked_for_and_then_fetched(notes: World) -> None:
    client = client_of(notes.coordinator)
    path = "/api/v1/studies/notes/exports/"
    asked = client.post(path, {"format": "votes-csv"}, content_type="application/json")
    assert (asked.status_code, asked.json()["status"], asked.json()["url"]) == (202, "queued", None)
    export_build(export_id=asked.json()["id"])
    ready = client.get(path).json()[0]
    assert (ready["status"], ready["mark"], ready["origin"]) == ("ready", "", "human")
    assert status_of(client, ready["url"]) == 200
    unknown = client.post(path, {"format": "floppy"}, content_type="application/json")
    assert unknown.status_code == 400


def test_the_command_refuses_in_one_sentence(notes: World, tmp_path: Path) -> None:
    (tmp_path / "something").write_text("here")
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("export", "notes", format="votes-csv", out=tmp_path)
    with pytest.raises(CommandError, match="no simulated votes to export; votes there are: human"):
        call_command("export", "notes", format="votes-csv", out=tmp_path / "x", origin="simulated")
    with pytest.raises(CommandError, match="There is no study 'nowhere'"):
        call_command("export", "nowhere", format="votes-csv", out=tmp_path / "x")


def test_a_page_has_one_place_for_messages_and_a_fragment_adds_to_it(
    client: Client, notes: World
) -> None:
    client.force_login(notes.coordinator)
    address = f"/studies/{notes.study.slug}/exports/"
    wrong = {"format": "stone tablets"}
    whole = client.post(address, wrong, follow=True).content.decode()
    fragment = client.post(address, wrong, headers={"HX-Request": "true"}).content.decode()
    assert whole.count('id="messages"') == 1 and whole.count("stone tablets") == 1
    assert 'id="messages"' not in fragment and 'hx-swap-oob="beforeend:#messages"' in fragment
