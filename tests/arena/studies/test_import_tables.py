"""Tables: what is wrong is named by file, row and column, and nothing is half imported."""

import csv
import io
import json
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.core.errors import RowError, UserError
from arena.core.models import AuditEvent
from arena.studies.case_import import cases_read
from arena.studies.case_import.phi import PhiError, text_findings
from arena.studies.formats.base import plain_text
from arena.studies.models import Case, CaseVersion, Study
from arena.studies.new_case import CaseError
from arena.studies.services import cases_import

pytestmark = pytest.mark.django_db


def load(study: Study, path: Path, **options: object) -> int:
    return cases_import(study=study, by=study.created_by, path=path, **options)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


GOOD = "key,text,title,specialty,strata.site,synthetic\na,Cough.,One,Cardiology,north,yes\n"


class TestGood:
    def test_a_csv_file_becomes_cases(self, note_study: Study, tmp_path: Path) -> None:
        assert load(note_study, written(tmp_path, "c.csv", GOOD)) == 1
        version = CaseVersion.objects.get()
        assert version.content == {"text": "Cough."}
        assert (version.title, version.specialty, version.synthetic) == ("One", "Cardiology", True)
        assert version.strata == {"site": "north"}

    @pytest.mark.parametrize(
        "content",
        [
            "\ufeffkey,text\na,Cough.\n",
            "key;text\r\na;Cough.\r\n",
            "key\ttext\na\tCough.\n",
            'key,text\n\na,"Cough."\n\n,\n',
        ],
        ids=["byte order mark", "semicolons", "tabs", "blank rows"],
    )
    def test_what_spreadsheets_write_is_read(
        self, note_study: Study, tmp_path: Path, content: str
    ) -> None:
        assert load(note_study, written(tmp_path, "c.csv", content)) == 1

    def test_json_lines_become_cases(self, note_study: Study, tmp_path: Path) -> None:
        row = {"key": "a", "text": "Cough.", "reference": {"text": "C."}, "strata": {"site": "n"}}
        assert load(note_study, written(tmp_path, "c.jsonl", json.dumps(row) + "\n\n")) == 1
        version = CaseVersion.objects.get()
        assert (version.reference, version.strata) == ({"text": "C."}, {"site": "n"})

    def test_a_reference_may_be_plain_text(self, note_study: Study, tmp_path: Path) -> None:
        table = "key,text,reference\na,Cough.,C.\nb,Pain.,NaN\n"
        load(note_study, written(tmp_path, "c.csv", table))
        assert [v.reference for v in CaseVersion.objects.order_by("case")] == [{"text": "C."}, None]

    def test_again_is_nothing_new_and_a_change_is_a_new_version(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        path = written(tmp_path, "c.csv", "key,text\na,Cough.\nb,Pain.\n")
        assert [load(note_study, path), load(note_study, path)] == [2, 0]
        written(tmp_path, "c.csv", "key,text\na,Cough.\nb,Pain!\n")
        assert load(note_study, path) == 1
        assert Case.objects.count() == 2 and CaseVersion.objects.count() == 3

    def test_hostile_markup_stays_text(self, note_study: Study, tmp_path: Path) -> None:
        text = "<svg onload=alert(1)><script>x</script>"
        load(note_study, written(tmp_path, "c.csv", f"key,text\na,{text}\n"))
        assert CaseVersion.objects.get().content == {"text": text}

    def test_columns_of_other_names_are_mapped(self, note_study: Study, tmp_path: Path) -> None:
        path = written(tmp_path, "c.csv", "id,dialogue,set\n1,Cough.,test\n")
        columns = {"key": "id", "text": "dialogue", "strata.set": "set"}
        assert load(note_study, path, columns=columns) == 1
        assert CaseVersion.objects.get().strata == {"set": "test"}


FAULTS = {
    "empty file": ("c.csv", b"", "c.csv: is empty"),
    "only blanks": ("c.csv", b" \n\n", "c.csv: is empty"),
    "only a header": ("c.csv", b"key,text\n", "c.csv: holds no cases"),
    "latin-1": ("c.csv", b"key,text\na,b\nc,caf\xe9\n", r"c.csv, row 3: byte 19 \(0xE9\) is not"),
    "utf-16": ("c.csv", "key,text\na,b\n".encode("utf-16"), "row 1: byte 1 "),
    "duplicate key": (
        "c.csv",
        b"key,text\na,b\nc,d\na,e\n",
        "row 4, column 'key': the key 'a' was already used in row 2",
    ),
    "missing column": (
        "c.csv",
        b"key,note\na,b\n",
        "row 1, column 'text': is missing; the columns are",
    ),
    "misspelt column": (
        "c.csv",
        b"key,text,refrence\na,b,c\n",
        "row 1, column 'refrence': is not known: did you mean 'reference'",
    ),
    "doubled column": ("c.csv", b"key,text,text\na,b,c\n", "'text': appears twice in the header"),
    "blank text": ("c.csv", b"key,text\na,b\nc,  \n", "row 3, column 'text': is empty"),
    "NaN text": ("c.csv", b"key,text\na,NaN\n", "row 2, column 'text': is empty"),
    "blank key": ("c.csv", b"key,text\n ,b\n", "row 2, column 'key': is empty"),
    "short row": ("c.csv", b"key,text\na\n", "row 2: has 1 cells, but the header has 2"),
    "open quote": ("c.csv", b'key,text\na,"b\n', "row 2: cannot be read as CSV"),
    "NUL": ("c.csv", b"key,text\na,b\x00c\n", "row 2, column 'text': has the control character"),
    "yes or no": ("c.csv", b"key,text,synthetic\na,b,perhaps\n", "'synthetic': 'perhaps' is not"),
    "language": ("c.csv", b"key,text,language\na,b,English!\n", "'language': 'English!' is not a"),
    "reference JSON": ("c.csv", b'key,text,reference\na,b,{"te\n', "row 2"),
    "reference field": (
        "c.jsonl",
        b'{"key":"a","text":"b","reference":{"txt":"c"}}',
        "row 1, column 'reference': text: is missing",
    ),
    "not JSON": ("c.jsonl", b'{"key":"a","text":"b"}\n{"key":\n', "row 2: is not JSON"),
    "not an object": ("c.jsonl", b"[1]\n", "row 1: is not a JSON object"),
    "JSON NaN": ("c.jsonl", b'{"key":"a","text":NaN}\n', "row 1: is not JSON .NaN is not JSON"),
    "deep JSON": ("c.jsonl", b'{"a":' * 100_000, "row 1: is nested too deeply"),
    "number as text": ("c.jsonl", b'{"key":"a","text":3}\n', "row 1, column 'text': is int, not"),
    "number as key": ("c.jsonl", b'{"key":3,"text":"b"}\n', "row 1, column 'key': is int, not"),
    "strata list": ("c.jsonl", b'{"key":"a","text":"b","strata":[1]}\n', "column 'strata': must"),
    "second row lacks": (
        "c.jsonl",
        b'{"key":"a","text":"b"}\n{"key":"c"}\n',
        "row 2, column 'text': is missing",
    ),
    "lone surrogate": ("c.jsonl", b'{"key":"a","text":"\\ud800"}\n', "has the control character"),
    "unknown kind of file": ("c.docx", b"PK", "c.docx: is not a table"),
}


class TestFaults:
    @pytest.mark.parametrize(("name", "content", "message"), FAULTS.values(), ids=FAULTS)
    def test_a_fault_is_named_and_nothing_is_stored(
        self, note_study: Study, tmp_path: Path, name: str, content: bytes, message: str
    ) -> None:
        with pytest.raises(RowError, match=message) as error:
            load(note_study, written(tmp_path, name, content))
        assert "\n" not in str(error.value)
        assert not Case.objects.exists()
        assert not AuditEvent.objects.filter(action="cases.store").exists()

    def test_one_bad_row_of_ten_thousand_is_found_fast(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        rows = [f"case-{n},Cough for {n} days and more of the same.\n" for n in range(10_000)]
        rows[7_654] = "case-7654,\n"
        path = written(tmp_path, "big.csv", "key,text\n" + "".join(rows))
        began = time.perf_counter()
        with pytest.raises(RowError, match="row 7656, column 'text'"):
            load(note_study, path)
        assert time.perf_counter() - began < 10
        assert not Case.objects.exists()

    def test_a_huge_field_is_refused(self, note_study: Study, tmp_path: Path) -> None:
        for size in (1_000_001, 2_500_000):
            path = written(tmp_path, "c.csv", f"key,text\na,{'x' * size}\n")
            with pytest.raises(RowError, match="row 2"):
                load(note_study, path)

    def test_a_file_over_the_limit_is_refused_unread(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        with override_settings(UPLOAD_LIMIT_BYTES=10), pytest.raises(RowError, match="larger than"):
            load(note_study, written(tmp_path, "c.csv", GOOD))

    def test_a_path_that_is_not_there_and_a_study_without_protocol(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        with pytest.raises(UserError, match=r"There is no file or folder c\.csv"):
            load(note_study, tmp_path / "c.csv")
        bare = Study.objects.create(slug="bare", title="Bare", created_by=note_study.created_by)
        with pytest.raises(UserError, match="has no protocol yet"):
            load(bare, written(tmp_path, "c.csv", GOOD))

    def test_a_withdrawn_case_keeps_the_whole_file_out(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        from arena.studies.services import case_withdraw

        path = written(tmp_path, "c.csv", "key,text\na,b\n")
        load(note_study, path)
        case_withdraw(case=Case.objects.get(), by=note_study.created_by, reason="face visible")
        written(tmp_path, "c.csv", "key,text\na,b\nc,d\n")
        with pytest.raises(UserError, match="was withdrawn"):
            load(note_study, path)
        assert Case.objects.count() == 1


PLANTED = {
    "e-mail address": "Write to jane.doe@clinic.example.org today",
    "web address": "See https://clinic.example.org/jane",
    "IP address": "from 192.168.12.40 at night",
    "social security number": "SSN 123-45-6789",
    "telephone number": "Call (555) 123-4567",
    "record number": "MRN: 0048213",
    "account, plan or licence number": "Policy no. AB-4431-22",
    "device or vehicle number": "pacemaker serial number PM44-1209X",
    "date": "Seen on 03/14/2019",
    "date of birth": "date of birth , 7 , 1898",
    "age over 89": "A 93-year-old woman",
    "ZIP code": "Boston, MA 02115",
    "street address": "lives at 12 Maple Grove Road",
    "name": "Mr. Smith agreed",
}


class TestIdentifiers:
    @pytest.mark.parametrize(
        "text",
        [
            "born march 26 , 1970",
            "Admitted May 5",
            "on 3 Oct",
            "2019-03-14",
            "3.12.2020",
            "my name is jacqueline miller",
            "aged 94",
            "+44 20 7946 0958",
            "mrn , 385729",
        ],
    )
    def test_what_dictation_writes_is_found(self, text: str) -> None:
        assert list(text_findings(text))

    @pytest.mark.parametrize(("kind", "text"), PLANTED.items(), ids=PLANTED)
    def test_a_planted_identifier_stops_the_import(
        self, note_study: Study, tmp_path: Path, kind: str, text: str
    ) -> None:
        path = written(tmp_path, "c.jsonl", json.dumps({"key": "a", "text": f"Cough. {text}."}))
        with pytest.raises(PhiError) as error:
            load(note_study, path)
        assert kind in {finding.kind for finding in error.value.findings}
        assert error.value.findings[0].where == "row 1"
        assert not Case.objects.exists()

    @pytest.mark.parametrize(
        "text",
        [
            "BP 120/80, HR 88, temp 37.2, SpO2 98% on 2 L",
            "Grade 3/6 murmur, 4/5 strength, 6-8/12 questions",
            "symptoms may 5 times a day recur",
            "Since 2019; the 45-year-old patient took 500 mg in May",
            "Patient: No, I feel fine. Doctor: Good.",
            "Hb 13.2.1 is a typo; ratio 1:200; T4 N1 M0; lot of pain",
            "metoprolol 25 mg twice daily, 30 tablets, 12 refills",
        ],
    )
    def test_ordinary_clinical_text_is_let_through(self, text: str) -> None:
        assert list(text_findings(text)) == []

    def test_references_titles_and_keys_are_searched_too(
        self, note_study: Study, tmp_path: Path
    ) -> None:
        row = {"key": "123-45-6789", "text": "t", "title": "Mr. Smith", "reference": "03/14/2019"}
        with pytest.raises(PhiError) as error:
            load(note_study, written(tmp_path, "c.jsonl", json.dumps(row)))
        assert len(error.value.findings) == 3

    def test_accepting_is_kept_in_the_audit_trail(self, note_study: Study, tmp_path: Path) -> None:
        path = written(tmp_path, "c.csv", "key,text\na,Mr. Smith coughs.\n")
        assert load(note_study, path, accept_phi_findings=True) == 1
        detail = AuditEvent.objects.get(action="cases.store").detail
        assert detail["phi_findings_accepted"] is True and detail["file"] == "c.csv"

    def test_synthetic_cases_are_not_searched(self, note_study: Study, tmp_path: Path) -> None:
        path = written(tmp_path, "c.csv", "key,text,synthetic\na,Mr. Smith coughs.,yes\n")
        assert load(note_study, path) == 1


class TestCommand:
    def run(self, *args: str) -> str:
        out = io.StringIO()
        call_command("import_cases", *args, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    def test_it_imports_and_says_how_many(self, note_study: Study, tmp_path: Path) -> None:
        path = written(tmp_path, "c.csv", GOOD)
        assert self.run("notes", str(path)) == "1 case is new or changed in notes.\n"

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (["nowhere"], "There is no study 'nowhere'"),
            (["notes"], "row 2, column 'text': is empty"),
            (["notes", "--columns", "key"], "is not of the form KEY=NAME"),
        ],
    )
    def test_a_fault_is_one_sentence(
        self, note_study: Study, tmp_path: Path, args: list[str], message: str
    ) -> None:
        path = written(tmp_path, "c.csv", "key,text\na,\n")
        with pytest.raises(CommandError, match=message):
            self.run(args[0], str(path), *args[1:])

    def test_identifiers_need_the_flag(self, note_study: Study, tmp_path: Path) -> None:
        path = written(tmp_path, "c.csv", "key,text\na,Mr. Smith coughs.\n")
        with pytest.raises(CommandError, match="--accept-phi-findings"):
            self.run("notes", str(path))
        assert "1 case is new" in self.run("notes", str(path), "--accept-phi-findings")


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1)


def canonical(text: str) -> str | None:
    try:
        return plain_text(text, "text")
    except CaseError:
        return None


@given(
    rows=st.dictionaries(
        words.map(lambda key: key.strip()[:80]).filter(lambda key: key not in {"", "nan"}),
        texts.filter(lambda text: canonical(text) is not None),
        min_size=1,
        max_size=8,
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_csv_is_written_is_read_back(tmp_path: Path, rows: dict[str, str]) -> None:
    """Quotes, commas, line ends, any script: text arrives as it left, but for canonical form."""
    rows = {key: text for key, text in rows.items() if key.lower() not in {"none", "null", "nan"}}
    rows = {k: t for k, t in rows.items() if t.strip().lower() not in {"none", "null", "nan"}}
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerows([["key", "text"], *rows.items()])
    path = written(tmp_path, "c.csv", buffer.getvalue())
    if not rows:
        return
    found = cases_read(path, name="c.csv", input_kind="text", output_kind="summary", columns={})
    read = {case.key: case.content["text"] for _, case in found}
    assert read == {key: canonical(text) for key, text in rows.items()}


class TestRealFiles:
    def test_dialogues_of_aci_bench(self, note_study: Study, shared_data: Path) -> None:
        path = shared_data / "cases_acibench_test2" / "test2_reference.csv"
        columns = {"key": "encounter_id", "text": "dialogue", "reference": "note"}
        with pytest.raises(PhiError):
            load(note_study, path, columns=columns)
        assert load(note_study, path, columns=columns, accept_phi_findings=True) == 40

    def test_dialogues_of_mts(self, note_study: Study, shared_data: Path) -> None:
        path = next((shared_data / "cases_mts_dialog_test1").glob("*.csv"))
        columns = {"key": "ID", "text": "dialogue", "reference": "section_text"}
        assert load(note_study, path, columns=columns, accept_phi_findings=True) == 200

    def test_patients_of_trialgpt(self, note_study: Study, shared_data: Path) -> None:
        path = shared_data / "cases_trialgpt_2021" / "queries.jsonl"
        count = load(note_study, path, columns={"key": "_id"}, accept_phi_findings=True)
        assert count == len(path.read_text().splitlines())
