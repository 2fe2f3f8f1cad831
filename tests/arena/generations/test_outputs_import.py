"""Uploaded outputs: all or none, and the first fault by its place."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from arena.core.errors import FaultsError, UserError
from arena.generations.models import Generation
from arena.generations.services import generation_request, outputs_import
from arena.studies.models import Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 3)
    world.system(made, "uploaded", adapter="precomputed")
    return made


def bring(study: Study, tmp_path: Path, content: str | bytes, name: str = "out.csv") -> int:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return outputs_import(study=study, by=world.coordinator(), system_slug="uploaded", path=path)


def test_a_csv_brings_texts_and_failures(study: Study, tmp_path: Path) -> None:
    rows = ['case-0,"Rest, fluids.\nReview.",', "case-1,,refused", "case-2,Fine.,"]
    content = "\n".join(["case,text,failure", *rows])
    assert bring(study, tmp_path, content) == 3
    stored = Generation.objects.order_by("case_version__case__position")
    assert [(row.status, row.failure) for row in stored] == [
        ("succeeded", ""),
        ("failed", "refused"),
        ("succeeded", ""),
    ]
    assert stored[0].record == {"text": "Rest, fluids.\nReview."}
    assert stored[0].provenance["row"] == 2


def test_jsonl_brings_records(study: Study, tmp_path: Path) -> None:
    rows = [{"case": f"case-{n}", "record": {"text": f"Summary {n}"}} for n in range(3)]
    content = "\n".join(json.dumps(row) for row in rows)
    assert bring(study, tmp_path, content, "out.jsonl") == 3


def test_an_empty_text_counts_as_an_empty_output(study: Study, tmp_path: Path) -> None:
    content = json.dumps({"case": "case-0", "text": " "})
    assert bring(study, tmp_path, content, "out.jsonl") == 1
    assert Generation.objects.get().failure == "empty"


def test_a_byte_order_mark_of_a_spreadsheet_is_no_trouble(study: Study, tmp_path: Path) -> None:
    assert bring(study, tmp_path, "case,text\ncase-0,Fine.\n".encode("utf-8-sig")) == 1


def test_uploaded_systems_are_not_asked_by_workers(study: Study) -> None:
    assert generation_request(study=study) == 0


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("", "out.csv", "is empty"),
        ("case,text\n", "out.csv", "holds no outputs"),
        ("patient,text\n1,a\n", "out.csv", "row 1, column 'case': is missing; .*case=patient"),
        ("case,text\ncase-0,a\ncase-9,b\n", "out.csv", "row 3, column 'case'.*'case-9'"),
        ("case,text\ncase-0,a\ncase-0,b\n", "out.csv", "row 3, column 'case'.*earlier row"),
        ("case,text\ncase-0,a,b\n", "out.csv", "row 2: has 3 cells, but the header has 2"),
        ("case,note\ncase-0,a\n", "out.csv", "row 1: needs the columns case and one of"),
        ("case,failure\ncase-0,tired\n", "out.csv", "row 2, column 'failure'.*timed_out"),
        (b"case,text\ncase-0,M\xfcller\n", "out.csv", "not UTF-8"),
        ('case,record\ncase-0,"{"\n', "out.csv", "row 2, column 'record'.*not valid JSON"),
        ('{"case": "case-0", "text": "a"}\n{"case"\n', "out.jsonl", "row 2: is not JSON"),
        ("[1]\n", "out.jsonl", "row 1: is not a JSON object"),
        ('{"case": "case-0", "record": {"x": 1}}\n', "out.jsonl", "row 1, column 'record'"),
        ("[" * 100_000, "out.jsonl", "row 1: is nested too deeply"),
        ("case,text\ncase-0,a\n", "out.xlsx", "must be a .csv or a .jsonl"),
    ],
)
def test_a_faulty_file_is_refused_by_its_place_and_nothing_is_stored(
    study: Study, tmp_path: Path, content: str | bytes, name: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        bring(study, tmp_path, content, name)
    assert Generation.objects.count() == 0


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_write_elsewhere_is_read(
    study: Study, tmp_path: Path, delimiter: str
) -> None:
    rows = [("case", "text"), ("case-0", "Rest, fluids."), ("case-1", "Review.")]
    content = "\r\n".join(delimiter.join(row) for row in rows)
    assert bring(study, tmp_path, content.encode("utf-8-sig")) == 2
    assert Generation.objects.earliest("pk").record == {"text": "Rest, fluids."}


def test_columns_of_other_names_are_mapped(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("id,answer\ncase-0,Fine.\n")
    columns = ["--columns", "case=id,text=answer"]
    call_command("import_outputs", study.slug, "uploaded", path, *columns, verbosity=0)
    assert Generation.objects.get().record == {"text": "Fine."}


def test_all_faults_are_told_at_once(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("case,text,failure\ncase-0,a,\ncase-8,b,\ncase-1,c\ncase-2,,tired\ncase-0,d,\n")
    with pytest.raises(CommandError) as error:
        call_command("import_outputs", study.slug, "uploaded", path)
    lines = str(error.value).splitlines()
    assert lines[0] == "4 faults were found, and nothing was stored"
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "out.csv, row 3, column 'case'",
        "out.csv, row 4",
        "out.csv, row 5, column 'failure'",
        "out.csv, row 6, column 'case'",
    ]
    assert not Generation.objects.exists()


def test_every_case_answered_before_is_named(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path, "case,text\ncase-0,First.\ncase-1,Second.\n")
    with pytest.raises(FaultsError, match=r"(?s)2 faults.*row 2.*'case-0'.*row 4.*'case-1'"):
        bring(study, tmp_path, "case,text\ncase-0,a\ncase-2,b\ncase-1,c\n")
    assert Generation.objects.count() == 2


def test_one_bad_row_of_ten_thousand_is_named(tmp_path: Path) -> None:
    study = world.study("large")
    world.cases(study, 3)
    world.system(study, "uploaded", adapter="precomputed")
    lines = ["case,text", *(f"case-{n % 3},Row {n}" for n in range(3)), "case-nine,bad"]
    lines += [f"case-x{n},more" for n in range(10_000)]
    with pytest.raises(UserError, match="row 5, column 'case'"):
        bring(study, tmp_path, "\n".join(lines))
    assert Generation.objects.count() == 0


def test_outputs_are_never_replaced(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path, "case,text\ncase-0,First.\n")
    with pytest.raises(UserError, match=r"row 3, column 'case'.*answered case 'case-0' already"):
        bring(study, tmp_path, "case,text\ncase-1,New.\ncase-0,Better.\n")
    assert Generation.objects.count() == 1


def test_only_a_system_of_the_study_may_bring_outputs(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("case,text\ncase-0,a\n")
    with pytest.raises(UserError, match="'stranger'"):
        outputs_import(study=study, by=world.coordinator(), system_slug="stranger", path=path)
