"""How kinds in words, lists and tables are shown: what stands beside what, and in which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from arena.core.figures import written
from arena.voting.presenters import presenter_for
from arena.voting.presenters.base import Shown
from arena.voting.presenters.rows import chance, natural, short, told
from arena.voting.templatetags.kinds import cited
from evaluation.kinds import CaseFacts, kind_for
from tests.kinds_examples import NOTE

CASE = CaseFacts(text=NOTE)


def data(kind: str, record: Any, other: Any = None) -> dict[str, Any]:
    valid = kind_for(kind).validate
    compared = None if other is None else valid(other, CASE)
    return presenter_for(kind).data(Shown(valid(record, CASE), compared, CASE, str))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (0.12345, "0.1235"),
        (48.25, "48.25"),
        (12345.678, "12346"),
        (100.04, "100"),
        (1e-7, "1.000e-07"),
        (999_999_999_999_999, "999999999999999"),
    ],
)
def test_numbers_are_short_and_have_no_exponent_at_everyday_sizes(number: float, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0, "0"),
        (9.22e-6, "< 0.0001"),
        (0.00043, "0.00043"),
        (0.12345, "0.123"),
        (0.9996, "0.9996"),
        (0.99999, "> 0.9999"),
        (1, "1"),
    ],
)
def test_a_chance_is_told_without_an_exponent_and_is_certain_only_where_it_is(
    p: float, text: str
) -> None:
    assert chance(p) == text
    with override("de"):
        assert written(text) == text.replace(".", ",")


def test_single_values_are_told_in_words() -> None:
    assert [told(value) for value in (True, False, None, 2.5, "x")] == [
        "yes",
        "no",
        "none",
        "2.5",
        "x",
    ]


def test_names_with_numbers_sort_by_the_number() -> None:
    assert sorted(["I10", "I2", "E1", "I2a", "²"], key=natural) == ["E1", "I2", "I2a", "I10", "²"]


def test_what_only_the_other_side_has_stands_as_not_given() -> None:
    found = data("extraction-record", {"fields": {"b": None}}, {"fields": {"a": 1, "b": 2}})
    assert found["groups"][0]["rows"] == [
        {"name": "A", "path": "a", "value": None, "met": "there"},
        {"name": "B", "path": "b", "value": "none", "met": "differs"},
    ]


RECORD = {
    "visit": {
        "medications": [{"name": "amoxicillin", "doseMg": 500}, {"name": "ibuprofen"}],
        "started_on": "Monday",
        "patientID": "7",
    },
    "fever": True,
    "allergies": ["penicillin", "latex"],
}
OTHER = {
    "visit": {
        "medications": [{"name": "amoxicillin", "doseMg": 50}],
        "started_on": "Monday",
    },
    "fever": True,
}


def test_fields_stand_below_what_they_belong_to_under_names_as_people_write_them() -> None:
    groups = data("extraction-record", {"fields": RECORD}, {"fields": OTHER})["groups"]
    names = [(group["name"], [row["name"] for row in group["rows"]]) for group in groups]
    assert names == [
        ("", ["Fever"]),
        ("Allergies", ["1", "2"]),
        ("Visit", ["Patient ID", "Started on"]),
        ("Visit · Medications 1", ["Dose mg", "Name"]),
        ("Visit · Medications 2", ["Name"]),
    ]
    assert groups[3]["path"] == "visit.medications[0]"
    dose = {"name": "Dose mg", "path": "visit.medications[0].doseMg", "value": "500"}
    assert groups[3]["rows"][0] == {**dose, "met": "differs"}


def test_both_sides_of_a_record_have_the_same_fields_in_the_same_order() -> None:
    left, right = (
        data("extraction-record", {"fields": own}, {"fields": other})["groups"]
        for own, other in ((RECORD, OTHER), (OTHER, RECORD))
    )
    places = [
        [(group["name"], [row["path"] for row in group["rows"]]) for group in side]
        for side in (left, right)
    ]
    assert places[0] == places[1]
    assert right[4]["rows"] == [
        {"name": "Name", "path": "visit.medications[1].name", "value": None, "met": "there"}
    ]


def test_a_name_with_a_dot_is_one_name() -> None:
    (group,) = data("extraction-record", {"fields": {"a.b": {"c": 1}}})["groups"]
    assert (group["name"], group["path"]) == ("A.b", "a.b")


def test_names_that_look_alike_stay_apart_and_alike_on_both_sides() -> None:
    one = {"a.b": 1, "Dose": {"x": 1, "y": 2}, "dose": {"x": 3, "y": 4}, "d01": {"x": 1, "y": 1}}
    two = {"a": {"b": 1}, "d1": {"x": 1, "y": 1}, "_": 5}
    left, right = (
        data("extraction-record", {"fields": own}, {"fields": other})["groups"]
        for own, other in ((one, two), (two, one))
    )
    told = [
        [(group["path"], [(row["name"], row["path"]) for row in group["rows"]]) for group in side]
        for side in (left, right)
    ]
    assert told[0] == told[1]
    assert [path for path, _ in told[0]] == ["", "a", "d01", "d1", "Dose", "dose"]
    assert told[0][0][1] == [("_", "_"), ("A.b", "a.b")]
    assert (left[1]["rows"][0]["met"], left[0]["rows"][1]["met"]) == ("there", "here")


def test_nothing_is_compared_with_an_output_that_is_not_there() -> None:
    rows = data("extraction-record", {"fields": {"a": 1}})["groups"][0]["rows"]
    assert rows == [{"name": "A", "path": "a", "value": "1", "met": ""}]
    assert data("ranked-list", {"items": [{"name": "x"}]})["items"][0]["there"] is None


def test_ranked_items_tell_their_place_on_the_other_side() -> None:
    found = data("ranked-list", {"items": [{"name": "B"}, {"name": "c"}]}, {
        "items": [{"name": "a"}, {"name": "b"}]
    })  # fmt: skip
    assert [item["there"] for item in found["items"]] == [2, 0]


def test_what_two_published_systems_answered_is_shown_whole(shared_data: Path) -> None:
    """Conditions that two models gave for a patient's trials, best first."""
    answers = json.loads((shared_data / "cases_trialgpt_2021" / "id2queries.json").read_text())
    assert len(answers) > 50
    for answer in answers.values():
        one, other = (
            {"items": [{"name": name} for name in dict.fromkeys(answer[model]["conditions"])]}
            for model in ("gpt-4-turbo", "gpt-35-turbo")
        )
        found = data("ranked-list", one, other)
        assert [item["name"] for item in found["items"]] == [item["name"] for item in one["items"]]
        there = [item["there"] for item in found["items"]]
        assert {place for place in there if place} <= set(range(1, len(other["items"]) + 1))


def test_labels_that_either_side_holds_likely_come_first() -> None:
    one, other = {"labels": {"a": 0.1, "b": 0.2}}, {"labels": {"a": 0.9, "c": 0.2}}
    keys = [row["key"] for row in data("label-probabilities", one, other)["rows"]]
    assert keys == ["a", "b", "c"]


def test_numbers_lie_on_one_line_and_in_two_units_on_none() -> None:
    one, other = {"value": 12, "unit": "mg", "interval": [11, 14]}, {"value": 18, "unit": "mg"}
    left, right = data("regression-value", one, other), data("regression-value", other, one)
    assert (left["line"]["low"], left["line"]["high"]) == (
        right["line"]["low"],
        right["line"]["high"],
    )
    assert left["line"]["value"] < right["line"]["value"]
    assert data("regression-value", one, {"value": 1, "unit": "g"})["line"] is None


def test_events_without_times_on_one_side_stand_by_their_place() -> None:
    timed, bare = {"events": [{"code": "a", "t": 3}]}, {"events": [{"code": "a"}, {"code": "b"}]}
    for one, other in ((timed, bare), (bare, timed)):
        found = data("event-sequence", one, other)
        assert not found["timed"]
        assert [row["key"] for row in found["rows"]] == ["1", "2"]


def test_events_at_one_time_share_its_row() -> None:
    one = {"events": [{"code": "a", "t": 10}, {"code": "b", "t": 2}, {"code": "c", "t": 2}]}
    rows = data("event-sequence", one, {"events": [{"code": "a", "t": 3}]})["rows"]
    assert [(row["key"], [e["code"] for e in row["events"]]) for row in rows] == [
        ("2", ["b", "c"]),
        ("3", []),
        ("10", ["a"]),
    ]


def test_a_long_result_is_cut_and_says_so() -> None:
    record = {"sql": "SELECT 1", "rows": [[n] for n in range(130)]}
    found = data("sql-with-result", record, record)
    assert (len(found["table"]), found["n_rows"], found["not_shown"]) == (100, 130, 30)
    assert found["same"] is True
    assert found["table"][7] == [{"text": "7", "number": True}]


def test_the_head_of_a_column_stands_over_its_numbers() -> None:
    record = {
        "sql": "x",
        "columns": ["n", "gap", "text"],
        "rows": [[1, None, "a"], [None, None, 2]],
    }
    columns = data("sql-with-result", record)["columns"]
    assert [column["number"] for column in columns] == [True, False, False]


def test_letters_other_than_on_the_other_side_are_cut_out() -> None:
    found = data(
        "sequence-generated",
        {"alphabet": "dna", "fasta": ">a\nACGTACGTACGT"},
        {"alphabet": "dna", "fasta": ">a\nACCTACGTAC"},
    )["sequences"][0]
    assert [block["start"] for block in found["blocks"]] == [1, 11]
    assert found["blocks"][0]["parts"] == [
        {"text": "AC", "differs": False},
        {"text": "G", "differs": True},
        {"text": "TACGTAC", "differs": False},
    ]
    assert found["blocks"][1]["parts"] == [{"text": "GT", "differs": True}]
    assert (found["identity"], found["gc"]) == ("75", "50")


def test_a_molecule_that_cannot_be_read_says_why() -> None:
    first, second = data("molecule-generated", {"molecules": ["C1CC", "[13CH4]"]})["molecules"]
    assert first["problem"] == "a ring is open"
    assert (second["problem"], second["atoms"]) == ("", 1)


def test_what_tools_say_at_length_is_folded_and_prose_is_prose() -> None:
    steps = [
        {"type": "thought", "output": "*so*"},
        {"type": "tool-call", "name": "x", "input": {"q": "y" * 500}},
        {"type": "tool-result", "output": "*raw*"},
    ]
    thought, call, result = (
        s["parts"][0] for s in data("agent-trajectory", {"steps": steps})["steps"]
    )
    assert (thought["html"], thought["text"]) == ("<p><em>so</em></p>\n", "")
    assert call["long"] and call["text"].startswith('{\n  "q"')
    assert (result["html"], result["text"], result["long"]) == ("", "*raw*", False)


def test_a_quote_stands_in_what_the_case_has_around_it() -> None:
    found = data(
        "citation-grounded-answer",
        {"text": "x", "citations": [{"id": 1, "quote": "since monday"}, {"id": 2, "quote": "no"}]},
    )["citations"]
    assert found[0]["context"]["before"] == "HISTORY: Fever "
    assert found[0]["context"]["quoted"] == "since Monday"
    assert found[0]["context"]["after"].startswith(", cough")
    assert found[1]["context"] is None


SOURCES = [{"name": "1"}, {"name": "A & B"}, {"name": "Ito, 2020"}]


@pytest.mark.parametrize(
    ("html", "becomes"),
    [
        ("<p>x [1]</p>", '<p>x [<a href="#left-source-1">1</a>]</p>'),
        (
            "[1; A &amp; B]",
            '[<a href="#left-source-1">1</a>, <a href="#left-source-2">A &amp; B</a>]',
        ),
        ("[Ito, 2020]", '[<a href="#left-source-3">Ito, 2020</a>]'),
        ("[1, 2]", "[1, 2]"),
        ("[image]", "[image]"),
        ("<code>a[1]</code>", "<code>a[1]</code>"),
        ("<pre><code>a[1]</code> [1]</pre>", "<pre><code>a[1]</code> [1]</pre>"),
        ("<math><mo>[</mo><mn>1</mn><mo>]</mo></math>", None),
    ],
)
def test_markers_lead_to_their_sources(html: str, becomes: str | None) -> None:
    assert cited(html, SOURCES, "left") == (becomes or html)
