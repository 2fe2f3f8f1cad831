"""A record up to a cut-off: what came later is nowhere, whatever form it came in."""

import json
import re
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.test import Client
from django.urls import reverse

from arena.core.errors import RowError
from arena.exports.data import shown
from arena.generations.models import Generation
from arena.studies.formats import format_for
from arena.studies.models import Asset, Case, CaseVersion, Study
from arena.studies.readers.moments import moment_span
from arena.studies.readers.timelines import age_at
from tests.inputs.world import load, study_reading, world_of, written
from workers.asks import ask_for

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CUTOFF = "2020-06-01"


def resource(kind: str, **fields: Any) -> dict[str, Any]:
    return {"resource": {"resourceType": kind, **fields}}


def coded(text: str, code: str = "1") -> dict[str, Any]:
    return {"text": text, "coding": [{"code": code, "display": text}]}


BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        resource(
            "Patient",
            birthDate="1950-06-02",
            gender="female",
            deceasedDateTime="2020-07-01",
            name=[{"family": "SECRETNAME"}],
            identifier=[{"value": "SECRET-ID"}],
        ),
        resource(
            "Condition",
            code=coded("Lung nodule"),
            onsetDateTime="2019-01-05",
            recordedDate="2019-01-06",
            abatementDateTime="2020-09-09T00:00:00Z",
            clinicalStatus=coded("SECRETRESOLVED"),
        ),
        resource(
            "Condition",
            code=coded("SECRETCANCER"),
            onsetDateTime="2020-03-01",
            recordedDate="2020-06-20",
        ),
        resource("Condition", code=coded("SECRETVAGUE"), onsetDateTime="2020"),
        resource(
            "Observation",
            code=coded("Haemoglobin"),
            effectiveDateTime="2020-05-31T23:00:00+00:00",
            issued="2020-05-31T23:30:00+00:00",
            valueQuantity={"value": 7.123456789, "unit": "g/dl"},
        ),
        resource(
            "Observation",
            code=coded("SECRETRESULT"),
            effectiveDateTime="2020-05-31T23:00:00+00:00",
            issued="2020-06-01T08:00:00+00:00",
            valueString="SECRETVALUE",
        ),
        resource(
            "Encounter",
            type=[coded("Admission")],
            period={"start": "2020-05-30T10:00:00Z", "end": "2020-06-12T10:00:00Z"},
            reasonCode=[coded("SECRETREASON")],
        ),
        resource(
            "MedicationRequest",
            medicationCodeableConcept=coded("Iron"),
            authoredOn="2020-05-31",
            status="stopped",
        ),
        resource("Procedure", code=coded("SECRETLATER"), performedDateTime="2020-06-01T00:00:01Z"),
        resource(
            "Condition",
            code=coded("SECRETMISTAKE"),
            onsetDateTime="2018-01-01",
            verificationStatus={"coding": [{"code": "entered-in-error"}]},
        ),
        resource("Organization", name="SECRET HOSPITAL"),
    ],
}
SECRET = re.compile(r"SECRET\w*|20(?:20|19|18)-\d\d|1950", re.IGNORECASE)
ROWS = (
    "time,lane,text,value,until\n"
    "2020-05-31T23:00,Vital signs,Pulse,96,\n"
    "2020-05-01,Medication,Metformin,,2020-06-09\n"
    "2020-06-01T00:01,Vital signs,SECRETPULSE,188,\n"
)
EVENTS = [
    {"time": "2020-05-31", "lane": "Ward", "text": "Admitted", "known": "2020-05-31T10:00"},
    {"time": "2020-05-31", "lane": "Ward", "text": "SECRETNOTE", "known": "2020-06-02"},
    {"time": "2020-06-01T00:00:00.5", "lane": "Ward", "text": "SECRETDEATH"},
]
TABLE = f"file,key,cutoff\nrecord,case-1,{CUTOFF}\n"


def sources() -> dict[str, dict[str, bytes]]:
    def beside(name: str, data: str) -> dict[str, bytes]:
        table = TABLE.replace("record", name)
        return {name: data.encode(), "cases.csv": table.encode()}

    row = {"key": "case-1", "cutoff": CUTOFF, "events": EVENTS}
    return {
        "FHIR": beside("bundle.json", json.dumps(BUNDLE)),
        "CSV": beside("events.csv", ROWS),
        "JSON Lines": beside("events.jsonl", "\n".join(json.dumps(event) for event in EVENTS)),
        "rows": {"cases.jsonl": json.dumps(row).encode()},
    }


@pytest.mark.parametrize("source", sources())
def test_nothing_after_the_cutoff_is_anywhere(source: str, tmp_path: Path, client: Client) -> None:
    here = world_of("ehr-timeline", written(tmp_path, sources()[source]))
    everything: dict[str, str] = {"database": serializers.serialize("json", _rows_stored())}
    client.force_login(here.rater)
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    ballot = client.post(reverse("api-ballots", args=[here.study.slug])).content.decode()
    everything |= {"page": page, "ballot": ballot}
    for url in re.findall(r'"(/ballots/[^"]+)"', page + ballot):
        everything[url] = client.get(url).content.decode()
    row = Generation.objects.select_related("study_system__study", "case_version").first()
    assert row is not None
    everything["ask"] = " ".join(str(part.data) for part in ask_for(row).parts)
    client.force_login(here.study.created_by)
    cases = client.get(reverse("api-cases", args=[here.study.slug])).content.decode()
    own = reverse("manage-case", args=[here.study.slug, Case.objects.get().pk])
    everything |= {"cases": cases, "own": client.get(own).content.decode()}
    everything["export"] = str(shown(study=here.study))
    for where, said in everything.items():
        found = [hit for hit in SECRET.findall(said) if not _is_of_today(hit)]
        assert not found, f"{found} in {where}"


def _rows_stored() -> list[Any]:
    return [*CaseVersion.objects.all(), *Case.objects.all(), *Asset.objects.all()]


def _is_of_today(hit: str) -> bool:
    return bool(re.fullmatch(r"20\d\d-\d\d", hit)) and not hit.startswith(("2018", "2019", "2020"))


def test_a_bundle_gives_what_was_known_in_days_before(tmp_path: Path) -> None:
    study = study_reading("ehr-timeline")
    load(study, written(tmp_path, sources()["FHIR"]))
    content = CaseVersion.objects.get().content
    assert content["patient"] == {"age": 69, "sex": "female"}, "70 only on the day after"
    assert content["events"] == [
        {"days": -513.0, "lane": "Condition", "text": "Lung nodule", "code": "1"},
        {"days": -1.5833, "lane": "Encounter", "text": "Admission", "code": "1"},
        {"days": -1.0, "lane": "Medication", "text": "Iron", "code": "1"},
        {
            "days": -0.0417,
            "lane": "Observation",
            "text": "Haemoglobin",
            "code": "1",
            "value": "7.12346 g/dl",
        },
    ]
    text = format_for("ehr-timeline").facts(content, {}).text
    assert text.startswith("Patient: 69 years, female\n")
    assert text.endswith("-0.0417 | Observation | Haemoglobin (1): 7.12346 g/dl")


def test_an_end_is_kept_only_if_it_came_before_the_cutoff(tmp_path: Path) -> None:
    study = study_reading("ehr-timeline")
    early = ROWS.replace("2020-06-09", "2020-05-11")
    table = TABLE.replace("record", "events.csv")
    load(study, written(tmp_path, {"events.csv": early.encode(), "cases.csv": table.encode()}))
    events = CaseVersion.objects.get().content["events"]
    assert events[0] == {"days": -31.0, "lane": "Medication", "text": "Metformin", "until": -21.0}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"b.json": json.dumps(BUNDLE).encode()}, "b.json: has no cut-off"),
        ({"b.json": b'{"resourceType": "Patient"}'}, "is no FHIR bundle"),
        ({"b.json": b'{"resourceType": "Bundle"'}, "is not JSON"),
        ({"b.json": b"\xff\xfe"}, "is not UTF-8"),
        (
            {"b.json": json.dumps({**BUNDLE, "entry": [BUNDLE["entry"][0]] * 2}).encode()},  # type: ignore[index]
            "holds 2 patients: give one bundle for each",
        ),
        ({"b.csv": b"time,lane,text\n2020-01-01,A\n"}, "row 2: 'text' is missing"),
        ({"b.csv": b"time,lane,text\nyesterday,A,B\n"}, "'yesterday' is no time such as"),
        ({"b.csv": b"time,lane,words\n2020-01-01,A,B\n"}, "row 2: 'words' is not a field"),
        ({"b.csv": b"time,lane,text\n2021-01-01,A,B\n"}, "hold nothing before the cut-off"),
        ({"b.jsonl": b"[1]\n"}, "b.jsonl, row 1"),
        ({"b.jsonl": b"[" * 100_000}, "b.jsonl: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_faulty_record_is_refused(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    study = study_reading("ehr-timeline")
    name = next(iter(files))
    if "has no cut-off" not in message:
        files = {**files, "cases.csv": TABLE.replace("record", name).encode()}
    with pytest.raises(RowError, match=message):
        load(study, written(tmp_path, files))
    assert not Case.objects.exists()


def test_a_case_added_by_hand_may_not_lie_after_its_cutoff() -> None:
    study = study_reading("ehr-timeline")
    case_format = format_for("ehr-timeline")
    with pytest.raises(ValueError, match=r"events\[0\].days"):
        case_format.validate({"events": [{"days": 0.5, "lane": "A", "text": "B"}]}, ())
    with pytest.raises(ValueError, match="cutoff: is missing"):
        case_format.validate({"events": [{"time": "2020", "lane": "A", "text": "B"}]}, ())
    assert not study.cases.exists()


def test_what_is_stored_is_valid_as_it_is(tmp_path: Path) -> None:
    study = study_reading("ehr-timeline")
    load(study, written(tmp_path, sources()["FHIR"]))
    content = CaseVersion.objects.get().content
    assert format_for("ehr-timeline").validate(content, ()) == content


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2020", "2020-01-01T00:00", "2020-12-31T23:59"),
        ("2020-02", "2020-02-01T00:00", "2020-02-29T23:59"),
        ("2020-12", "2020-12-01T00:00", "2020-12-31T23:59"),
        ("2020-02-29", "2020-02-29T00:00", "2020-02-29T23:59"),
        ("2020-02-29T10:00+02:00", "2020-02-29T08:00", "2020-02-29T08:00"),
    ],
)
def test_a_time_may_mean_all_of_a_day_a_month_a_year(text: str, begin: str, end: str) -> None:
    utc = [moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") for moment in moment_span(text)]
    assert utc == [begin, end]


def test_nobody_is_older_than_ninety() -> None:
    assert (age_at("1920-01-01", CUTOFF), age_at("2020-01-01", CUTOFF)) == (90, 0)


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data")
def test_real_bundles_come_in_without_names_or_dates(tmp_path: Path) -> None:
    study = study_reading("ehr-timeline")
    table = ["file,key,cutoff"]
    for number, path in enumerate(sorted((DATA / "cases_fhir_small").glob("*_*.json"))):
        (tmp_path / f"{number}.json").write_bytes(path.read_bytes())
        table.append(f"{number}.json,case-{number},2015-01-01")
    (tmp_path / "cases.csv").write_text("\n".join(table))
    assert load(study, tmp_path) == 4, "and nothing of it looks like an identifier"
    for version in CaseVersion.objects.all():
        said = json.dumps(version.content)
        assert not re.search(r"(19|20)\d\d-\d\d|Hoeger|Conn|Gulgowski|Castellanos", said)
        assert len(version.content["events"]) > 10
        assert all(event["days"] <= 0 for event in version.content["events"])


def test_the_page_groups_events_and_can_hide_lanes(tmp_path: Path, client: Client) -> None:
    here = world_of("ehr-timeline", written(tmp_path, sources()["FHIR"]))
    client.force_login(here.rater)
    html = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    assert "69 years, female" in html and "4 events known at the cut-off" in html
    assert html.index("The last day") < html.index("The last week") < html.index("Before that")
    assert "1 hour before" in html and "16.9 months before" in html
    assert html.count('data-lane="') == 4
    assert isinstance(here.study, Study)
