"""All that is wrong with a file of cases is told at once, and where it stands."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from arena.core.errors import FaultsError, RowError
from arena.studies.models import Case, Study
from tests.arena.studies.test_import_images import picture
from tests.arena.studies.test_import_tables import load, written

pytestmark = pytest.mark.django_db

BROKEN = """key,text,synthetic,language
a,Cough.,no,en
b,,no,en
c,Pain.
d,Fever.,perhaps,en
e,Rash.,no,English!
a,Again.,no,en
b,Twice.,no,en
"""
PLACES = [
    "c.csv, row 3, column 'text'",
    "c.csv, row 4",
    "c.csv, row 5, column 'synthetic'",
    "c.csv, row 6, column 'language'",
    "c.csv, row 7, column 'key'",
    "c.csv, row 8, column 'key'",
]


def places_of(error: FaultsError) -> list[str]:
    return [str(fault).partition(": ")[0] for fault in error.faults]


def test_all_faults_are_told_and_nothing_is_stored(note_study: Study, tmp_path: Path) -> None:
    with pytest.raises(FaultsError) as caught:
        load(note_study, written(tmp_path, "c.csv", BROKEN))
    assert (places_of(caught.value), caught.value.total) == (PLACES, 6)
    assert not Case.objects.exists()


def test_twenty_are_told_and_the_rest_is_counted(note_study: Study, tmp_path: Path) -> None:
    rows = "".join(f"case-{n},\n" for n in range(1, 1501))
    with pytest.raises(FaultsError) as caught:
        load(note_study, written(tmp_path, "c.csv", "key,text\n" + rows))
    assert (len(caught.value.faults), caught.value.total) == (20, 1500)
    assert caught.value.lines[0].startswith("1,500 faults")
    assert caught.value.lines[-1] == "and 1,480 more"


def test_the_command_says_one_fault_a_line(note_study: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("import_cases", "notes", written(tmp_path, "c.csv", BROKEN))
    lines = str(caught.value).splitlines()
    assert [line.partition(": ")[0] for line in lines[1:]] == PLACES


def test_json_lines_go_on_behind_a_faulty_line(note_study: Study, tmp_path: Path) -> None:
    text = '{"key": "a"\n{"key": "b", "text": "Cough."}\n[1]\n{"key": "c"}\n{"key": "d"}\n'
    with pytest.raises(FaultsError) as caught:
        load(note_study, written(tmp_path, "c.jsonl", text))
    assert [fault.row for fault in caught.value.faults] == [1, 3, 4, 5]


def test_an_open_quote_does_not_hide_what_was_wrong_before(
    note_study: Study, tmp_path: Path
) -> None:
    text = 'key,text\na,\nb,Cough.\nc,"Pain\nd,Fever\n'
    with pytest.raises(FaultsError) as caught:
        load(note_study, written(tmp_path, "c.csv", text))
    assert [fault.row for fault in caught.value.faults] == [2, 4]


def test_every_image_that_cannot_be_read_is_named(image_study: Study, tmp_path: Path) -> None:
    files = {"a.png": b"\x89PNG cut", "b.png": picture(), "c.png": b"\x89PNG cut too"}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(FaultsError) as caught:
        load(image_study, written(tmp_path, "x.zip", packed.getvalue()))
    assert [fault.file for fault in caught.value.faults] == ["a.png", "c.png"]


@pytest.mark.parametrize(
    ("name", "content", "row"),
    [
        ("c.csv", b'key,text\r\na,"one\r\ntwo\r\nthree"\r\nb,caf\xe9\r\n', 3),
        ("c.csv", b'key;text\na;"one\n\ntwo caf\xe9"\n', 2),
        ("c.csv", b"key,text\n\na,caf\xe9\n", 3),
        ("c.csv", b"caf\xe9,text\na,b\n", 1),
        ("c.jsonl", b'{"key": "a", "text": "b"}\n{"key": "\xe9"}\n', 2),
    ],
)
def test_a_byte_that_is_not_utf_8_is_told_by_its_row(
    note_study: Study, tmp_path: Path, name: str, content: bytes, row: int
) -> None:
    with pytest.raises(RowError, match="is not UTF-8") as caught:
        load(note_study, written(tmp_path, name, content))
    assert caught.value.row == row


class TestColumns:
    def test_a_missing_one_is_told_with_the_way_to_name_it(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        table = "encounter_key,Notiz,full_text\n1,Kurz.,Cough.\n"
        with pytest.raises(FaultsError) as caught:
            load(note_study, written(tmp_path, "c.csv", table))
        key, text = map(str, caught.value.faults)
        assert "row 1, column 'key': is missing; the columns are: encounter_key, Notiz" in key
        assert "(closest: encounter_key)" in key and key.endswith(": key=encounter_key")
        assert "“The columns have other names”" in text and text.endswith(": text=full_text")

    def test_where_none_is_close_any_serves_as_an_example(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        with pytest.raises(RowError, match=r"text=Befund$") as caught:
            load(note_study, written(tmp_path, "c.csv", "key,Befund\n1,Husten.\n"))
        assert "closest" not in str(caught.value)

    def test_each_example_names_another_column(self, note_study: Study, tmp_path: Path) -> None:
        with pytest.raises(FaultsError) as caught:
            load(note_study, written(tmp_path, "c.csv", "Fall,Befund\n1,Husten.\n"))
        ends = [str(fault).rpartition(": ")[2] for fault in caught.value.faults]
        assert ends == ["key=Fall", "text=Befund"]

    def test_all_slips_of_a_header_are_told(self, note_study: Study, tmp_path: Path) -> None:
        table = "key,text,titel,speciality\n1,Cough.,a,b\n"
        with pytest.raises(FaultsError) as caught:
            load(note_study, written(tmp_path, "c.csv", table))
        assert [fault.column for fault in caught.value.faults] == ["titel", "speciality"]

    def test_a_named_one_that_is_not_there_is_told_once(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        path = written(tmp_path, "c.csv", "key,note\na,Cough.\n")
        with pytest.raises(RowError, match="'nota': is missing, but was named as 'text'"):
            load(note_study, path, columns={"text": "nota"})


def test_the_page_lists_all_faults(people: dict[str, Client], note_study: Study) -> None:
    file = SimpleUploadedFile("c.csv", BROKEN.encode())
    answer = people["coordinator"].post("/studies/notes/manage/cases/", {"file": file})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "6 faults were found, and nothing was stored" in page
    assert page.count('<td data-label="File">c.csv</td>') == 6
    assert "is not yes or no" in page and "row 7" not in page  # rows have a column of their own
    assert not Case.objects.exists()


def test_the_api_lists_all_faults(people: dict[str, Client], note_study: Study) -> None:
    file = SimpleUploadedFile("c.csv", BROKEN.encode())
    answer = people["coordinator"].post("/api/v1/studies/notes/cases/", {"file": file})
    assert answer.status_code == 400
    said = answer.json()
    assert [line.partition(": ")[0] for line in said["faults"]] == PLACES
    assert said["detail"].startswith("6 faults were found")
