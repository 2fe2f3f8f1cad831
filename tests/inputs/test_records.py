"""Articles, trials, tables, findings, code and graphs: read as they come, told as text and data."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from arena.core.errors import RowError
from arena.studies.drawings import graph
from arena.studies.formats import format_for
from arena.studies.formats.code_sql import schema
from arena.studies.models import Case, CaseVersion
from arena.studies.new_case import CaseError, SourceFile
from tests.inputs.examples import ARTICLE, EDGES, FINDINGS, SQL, TABLE, TRIAL, TURNS
from tests.inputs.world import load, study_reading, world_of, written

pytestmark = pytest.mark.django_db


def read(kind: str, folder: Path, files: dict[str, bytes]) -> dict[str, Any]:
    load(study_reading(kind), written(folder, files), accept_phi_findings=True)
    return dict(CaseVersion.objects.get().content)


def told(kind: str, content: dict[str, Any]) -> str:
    case_format = format_for(kind)
    return case_format.facts(case_format.validate(content, ()), {}).text


def test_a_registry_record_is_read_and_its_lines_are_numbered(tmp_path: Path) -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT1", "officialTitle": "Long"},
            "contactsLocationsModule": {"centralContacts": [{"name": "SECRET"}]},
            "designModule": {"phases": ["PHASE2"]},
            "conditionsModule": {"conditions": ["Asthma"]},
            "descriptionModule": {"briefSummary": "One.\n\nTwo."},
            "eligibilityModule": {
                "eligibilityCriteria": "Inclusion:\n* Adults\n* Asthma",
                "minimumAge": "18 Years",
            },
            "armsInterventionsModule": {
                "interventions": [{"type": "DRUG", "name": "Budesonide", "description": "200  µg"}]
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "FEV1", "timeFrame": "12 weeks"}]},
        }
    }
    content = read("clinical-trial", tmp_path, {"NCT1.json": json.dumps(record).encode()})
    assert "SECRET" not in str(content)
    text = told("clinical-trial", content)
    assert text.startswith("Long\nNCT1\nPHASE2\nConditions: Asthma\n\nSummary\n1. One.\n2. Two.")
    assert "Eligibility\n3. Inclusion:\n4. Adults\n5. Asthma\n6. Minimum age: 18 Years" in text
    assert text.endswith("7. DRUG · Budesonide · 200 µg\n\nPrimary outcomes\n8. FEV1 · 12 weeks")


def test_line_numbers_on_the_page_are_those_systems_see(tmp_path: Path, client: Client) -> None:
    row = json.dumps({"key": "t", **TRIAL}).encode()
    here = world_of("clinical-trial", written(tmp_path, {"cases.jsonl": row}))
    client.force_login(here.rater)
    html = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    assert '<ol class="numbered-lines" start="3">' in html
    assert "3. Smoking" in told("clinical-trial", TRIAL)


def test_an_article_comes_as_pubtator_or_bioc(tmp_path: Path) -> None:
    pubtator = "12|t|A title.\n12|a|An abstract.\n12\t0\t2\tA\tGene\t1\n"
    assert read("literature", tmp_path / "one", {"x.txt": pubtator.encode()})["pmid"] == "12"
    bioc = {
        "documents": [
            {
                "passages": [
                    {"infons": {"type": "front"}, "text": "A title"},
                    {"infons": {"type": "title_1"}, "text": "Methods"},
                    {"infons": {"type": "paragraph"}, "text": "We did."},
                ]
            }
        ]
    }
    case_format = format_for("literature")
    found = case_format.files.read([SourceFile("x.json", json.dumps(bioc).encode())], {})  # type: ignore[union-attr]
    clean = case_format.validate(found.content, ())
    assert clean["sections"] == [{"heading": "Methods", "text": "We did."}]


def test_a_table_is_sent_as_csv_with_its_help(tmp_path: Path) -> None:
    content = read("table", tmp_path, {"labs.csv": b"day;crea\n1;88\n2;131,5\n"})
    assert content["rows"] == [["1", "88"], ["2", "131,5"]]
    assert told("table", TABLE).split("\n\n") == [
        "creatinine: Serum creatinine, µmol/l",
        "day,creatinine,note\n1,88,before contrast\n2,131.5,\n3,190,dialysis discussed",
    ]


def test_findings_are_grouped_by_whether_they_are_there() -> None:
    assert told("structured-findings", {"findings": FINDINGS}) == (
        "Present: Fever\nAbsent: Rash (HPO HP:0000988)\nNot known: Travel"
    )


def test_the_tables_that_sql_creates_are_a_schema() -> None:
    assert schema(SQL) == [
        {
            "name": "patient",
            "columns": [
                {"name": "id", "type": "INTEGER PRIMARY KEY"},
                {"name": "born", "type": "DATE NOT NULL"},
            ],
        },
        {
            "name": "drug",
            "columns": [
                {"name": "patient_id", "type": "INTEGER REFERENCES patient (id)"},
                {"name": "name", "type": "TEXT"},
            ],
        },
    ]


def test_code_keeps_its_indentation(tmp_path: Path) -> None:
    content = read("code-sql", tmp_path, {"f.py": b"def f():\n    return 1\n"})
    assert content == {"caption": "", "code": "def f():\n    return 1", "code_language": "python"}


def test_a_graph_is_drawn_the_same_each_time_and_told_in_words(tmp_path: Path) -> None:
    edges = b"source,relation,target,source_type\nMetformin,treats,Diabetes,Drug\n"
    content = read("knowledge-graph", tmp_path, {"g.csv": edges})
    assert content["edges"][0]["source_type"] == "Drug"
    assert told("knowledge-graph", content) == "Metformin (Drug) -- treats -> Diabetes"
    assert graph.drawing(EDGES) == graph.drawing(EDGES)
    places = graph.layout(3, graph.np.array([[0, 1], [1, 2]]))
    assert (places >= graph.MARGIN - 1).all() and len({tuple(p) for p in places.round(1)}) == 3


FAULTY: list[tuple[str, dict[str, Any], str]] = [
    ("clinical-trial", {"trial_title": "T"}, "sections: hold nothing"),
    ("clinical-trial", {"sections": TRIAL["sections"]}, "trial_title: is missing"),
    ("literature", {"abstract": "A"}, "article_title: is missing"),
    ("literature", {"article_title": "T"}, "abstract: is empty"),
    ("literature", {**ARTICLE, "sections": [{"text": 3}]}, r"sections\[1\].text: must be text"),
    ("table", {"columns": ["a", "a"], "rows": [[1, 2]]}, r"columns\[1\]: stands in"),
    ("table", {"columns": ["a"], "rows": [[1, 2]]}, r"rows\[0\]: has 2 cells; there are 1"),
    ("table", {"columns": ["a"], "rows": [[float("nan")]]}, r"rows\[0\]\[0\]: must be a finite"),
    ("table", {"columns": ["a"], "rows": [[1]], "help": {"b": "x"}}, "help.b: explains no column"),
    ("conversation", {"turns": []}, "turns: must end with a turn of the user"),
    ("conversation", {"turns": TURNS[:2]}, "turns: must end with a turn of the user"),
    ("conversation", {"turns": [{"role": "system", "text": "A"}]}, r"turns\[0\].role: must be one"),
    ("conversation", {"turns": [{"role": "user", "text": " "}]}, r"turns\[0\].text: is empty"),
    ("structured-findings", {"findings": []}, "findings: are empty"),
    (
        "structured-findings",
        {"findings": [{"label": "A", "state": "maybe"}]},
        "state: must be one of",
    ),
    ("knowledge-graph", {"edges": [{"source": "A", "target": "B"}]}, "relation: is missing"),
    ("knowledge-graph", {"edges": "x"}, "edges: is not valid JSON"),
    ("code-sql", {"code": " "}, "code: is empty"),
    ("code-sql", {"code": "x" * 200_001}, "code: has 200,001 characters"),
]


@pytest.mark.parametrize(("kind", "content", "message"), FAULTY, ids=lambda v: str(v)[:40])
def test_a_faulty_record_names_its_field(kind: str, content: dict[str, Any], message: str) -> None:
    with pytest.raises(CaseError, match=message):
        format_for(kind).validate(content, ())


@pytest.mark.parametrize(
    ("kind", "files", "message"),
    [
        ("clinical-trial", {"x.json": b"{}"}, "is no record of ClinicalTrials.gov"),
        ("literature", {"x.txt": b"hello"}, "is neither PubTator nor BioC"),
        ("table", {"x.csv": b"a,b\n1\n"}, "x.csv, row 2: has 1 cells, but the header has 2"),
        ("table", {"x.csv": b"\xff"}, "is not UTF-8"),
        ("code-sql", {"x.exe": b"MZ"}, "is none of .sql"),
        ("knowledge-graph", {"x.jsonl": b"{"}, "is no CSV or JSON Lines file of edges"),
    ],
)
def test_a_faulty_file_is_refused(
    kind: str, files: dict[str, bytes], message: str, tmp_path: Path
) -> None:
    with pytest.raises(RowError, match=message):
        load(study_reading(kind), written(tmp_path, files))
    assert not Case.objects.exists()
