"""Kinds in words, lists and tables: what they refuse by its field, and scores worked by hand."""

import math
from typing import Any

import pytest

from evaluation.kinds import CaseFacts, RecordError, kind_for
from evaluation.kinds.citations import Passages
from tests.kinds_examples import NOTE, examples

CASE = CaseFacts(text=NOTE)
HALF = "word " * 39_000  # 195,000 characters: one text fits, three together do not


def valid(key: str, record: Any) -> dict[str, Any]:
    return kind_for(key).validate(record, CASE)


def scores(key: str, record: Any, reference: Any) -> dict[str, float]:
    return kind_for(key).scores(valid(key, record), valid(key, reference), CASE)


@pytest.mark.parametrize(
    ("key", "record", "field"),
    [
        ("text-answer", {"text": "x", "citations": [{"id": "1"}, {"id": 1}]}, "citations[1].id"),
        ("text-answer", {"text": "x", "citations": [{"title": "x"}]}, "citations[0].id"),
        ("citation-grounded-answer", {"text": "x"}, "citations"),
        ("chat-multi-turn", {"turns": [{"role": "doctor", "text": "x"}]}, "turns[0].role"),
        ("chat-multi-turn", {"turns": [{"role": "user", "text": " "}]}, "turns[0].text"),
        ("chat-multi-turn", {"turns": [{"role": "user", "text": HALF}] * 3}, "record"),
        ("report-structured", {"sections": {"A": "x", "a": "y"}}, "sections[1]"),
        ("report-structured", {"sections": {" ": "x"}}, "sections. "),
        ("report-structured", {"fields": {"size": None}}, "fields.size"),
        ("report-structured", {"fields": {"size": [1]}}, "fields.size"),
        (
            "simplification",
            {"text": "x", "alignment": [{"source": "pus", "plain": "x"}]},
            "alignment[0].source",
        ),
        (
            "simplification",
            {"text": "x", "alignment": [{"source": "sputum", "plain": "slime"}]},
            "alignment[0].plain",
        ),
        ("multiple-choice", {"choice": 2}, "choice"),
        ("multiple-choice", {"choice": "A", "probs": {"A": 0.8, "B": 0.4}}, "probs"),
        ("multiple-choice", {"choice": "A", "probs": {"A": 1.1}}, "probs.A"),
        ("label-probabilities", {"labels": {"x": "high"}}, "labels.x"),
        ("label-probabilities", {"labels": {"x": True}}, "labels.x"),
        ("label-probabilities", {"labels": {"x ": 0.1, "x": 0.2}}, "labels"),
        ("regression-value", {"value": "48"}, "value"),
        ("regression-value", {"value": 1, "interval": [2]}, "interval"),
        ("regression-value", {"value": 1, "interval": [2, 1]}, "interval[1]"),
        ("regression-value", {"value": 1, "confidence": 0.9}, "confidence"),
        ("ranked-list", {"items": [{"name": "Flu"}, {"name": "flu"}]}, "items[1].name"),
        ("ranked-list", {"items": [{"code": "J10"}]}, "items[0].name"),
        ("retrieval-list", {"items": [{"id": "1"}, {"id": "1"}]}, "items[1].id"),
        ("concept-codes", {"codes": ["J18", "J18"]}, "codes[1]"),
        ("concept-codes", {"codes": ["J18", {"code": "J18", "system": ""}]}, "codes[1].system"),
        ("concept-codes", {"codes": "J18"}, "codes"),
        (
            "relations",
            {"relations": [{"head": h, "type": "t", "tail": "b"} for h in "aA"]},
            "relations[1]",
        ),
        (
            "relations",
            {"relations": [{"head": "a", "type": "t", "tail": "b", "novel": 1}]},
            "relations[0].novel",
        ),
        ("extraction-record", {"fields": {"a": [{"b": math.nan}]}}, "fields.a[0].b"),
        ("extraction-record", {"fields": []}, "fields"),
        ("event-sequence", {"events": [{"code": "a", "t": 1}, {"code": "b"}]}, "events[1].t"),
        ("event-sequence", {"events": [{"code": "a", "t": 1}, {"code": "a", "t": 1}]}, "events[1]"),
        ("event-sequence", {"events": [], "unit": "fortnights"}, "unit"),
        ("trial-match", {"criteria": [{"id": "1", "decision": "yes"}]}, "criteria[0].decision"),
        ("trial-match", {"rank": [{"id": "1"}, {"id": "1"}]}, "rank[1].id"),
        ("sql-with-result", {"sql": "x", "rows": [[1], [1, 2]]}, "rows[0]"),
        ("sql-with-result", {"sql": "x", "rows": [[[1]]]}, "rows[0][0]"),
        ("sql-with-result", {"sql": "x", "columns": ["a", "a"], "rows": []}, "columns[1]"),
        ("action-plan", {"steps": ["a", " "]}, "steps[1]"),
        ("action-plan", {"steps": [], "cost": {"value": -1, "unit": "EUR"}}, "cost.value"),
        ("agent-trajectory", {"steps": [{"type": "think", "input": "x"}]}, "steps[0].type"),
        ("agent-trajectory", {"steps": [{"type": "thought", "t": 1}]}, "steps[0]"),
        ("checklist-score", {"items": [{"id": "1", "score": "2"}]}, "items[0].score"),
        ("checklist-score", {"items": [{"id": "1"}]}, "items[0].score"),
        ("code-artifact", {"files": [{"name": "../x", "text": ""}]}, "files[0].name"),
        ("code-artifact", {"files": [{"name": "/etc/x", "text": ""}]}, "files[0].name"),
        ("code-artifact", {"files": [{"name": "a\\b", "text": ""}]}, "files[0].name"),
        ("molecule-generated", {"molecules": ["C", ""]}, "molecules[1]"),
        ("molecule-generated", {"molecules": ["C C\n"] * 2001}, "molecules"),
        ("sequence-generated", {"alphabet": "xna", "sequences": []}, "alphabet"),
        ("sequence-generated", {"alphabet": "dna", "fasta": "ACGT"}, "fasta"),
        ("sequence-generated", {"alphabet": "dna", "fasta": ">a\nACGU"}, "sequences[0].sequence"),
        ("sequence-generated", {"alphabet": "dna", "fasta": ">a\nA\n>a\nC"}, "sequences[1].id"),
        ("sequence-generated", {"alphabet": "dna", "fasta": ">a", "sequences": []}, "fasta"),
        (
            "sequence-generated",
            {"alphabet": "dna", "fasta": "".join(f">{n}\n{'A' * 9000}\n" for n in range(6))},
            "sequences",
        ),
        ("preference-vote", {"winner": "A"}, "winner"),
    ],
)  # fmt: skip
def test_a_faulty_record_is_refused_by_the_name_of_its_field(
    key: str, record: Any, field: str
) -> None:
    with pytest.raises(RecordError) as refused:
        valid(key, record)
    assert refused.value.field == field


def test_no_kind_takes_more_text_than_a_person_can_read() -> None:
    """Each text fits, all together do not."""
    for key, record in {
        "agent-trajectory": {"steps": [{"type": "thought", "input": HALF}] * 3},
        "code-artifact": {"files": [{"name": str(n), "text": HALF} for n in range(3)]},
        "extraction-record": {"fields": {"a": [HALF] * 3}},
        "sql-with-result": {"sql": "x", "rows": [[HALF]] * 3},
        "retrieval-list": {"items": [{"id": str(n), "text": HALF} for n in range(3)]},
    }.items():
        with pytest.raises(RecordError, match="in all"):
            valid(key, record)


@pytest.mark.parametrize(
    ("key", "empty"),
    [
        ("chat-multi-turn", {"turns": [{"role": "patient", "text": "Hello?"}]}),
        ("report-structured", {}),
        ("simplification", {"text": " "}),
        ("label-probabilities", {"labels": {}}),
        ("ranked-list", {"items": []}),
        ("retrieval-list", {"items": []}),
        ("concept-codes", {"codes": []}),
        ("relations", {"relations": []}),
        ("extraction-record", {"fields": {"a": None, "b": [], "c": {"d": ""}}}),
        ("citation-grounded-answer", {"text": "", "citations": []}),
        ("event-sequence", {"events": []}),
        ("trial-match", {"criteria": []}),
        ("sql-with-result", {"sql": " ", "rows": []}),
        ("action-plan", {"steps": []}),
        ("agent-trajectory", {"steps": []}),
        ("checklist-score", {"items": [{"id": "1", "score": None}]}),
        ("code-artifact", {"files": [{"name": "a", "text": "\n"}]}),
        ("molecule-generated", {"molecules": []}),
        ("sequence-generated", {"alphabet": "dna", "fasta": ""}),
    ],
)
def test_a_record_that_says_nothing_is_empty(key: str, empty: Any) -> None:
    assert kind_for(key).is_empty(valid(key, empty))


def test_how_long_steps_took_is_not_kept() -> None:
    steps = [{"type": "tool-call", "name": "x", "input": {"a": 1}, "t": 7.25}]
    assert valid("agent-trajectory", {"steps": steps}) == {
        "steps": [{"type": "tool-call", "name": "x", "input": {"a": 1}}]
    }


def test_short_forms_become_records() -> None:
    assert valid("concept-codes", {"codes": ["R50", "J18"]}) == {
        "codes": [{"code": "J18"}, {"code": "R50"}]
    }
    assert valid("action-plan", {"steps": ["Rest"]}) == {"steps": [{"action": "Rest"}]}
    assert valid("molecule-generated", {"molecules": ["CC"]}) == {"molecules": [{"smiles": "CC"}]}
    fasta = {"alphabet": "rna", "fasta": ">one two\nac\ngu\n"}
    assert valid("sequence-generated", fasta)["sequences"] == [{"id": "one", "sequence": "ACGU"}]
    assert valid("sql-with-result", {"sql": "x", "rows": [[1, None]]})["columns"] == ["1", "2"]


def test_sections_come_in_the_order_of_reports() -> None:
    sections = {"Zebra": "x", "Impression": "x", "FINDINGS": "x", "Indication": "x", "Alps": "x"}
    record = valid("report-structured", {"sections": sections})
    assert list(record["sections"]) == ["Indication", "FINDINGS", "Impression", "Alps", "Zebra"]


def test_events_stand_in_order_of_time() -> None:
    events = [{"code": "b", "t": 2}, {"code": "c", "t": -1}, {"code": "a", "t": 2}]
    found = valid("event-sequence", {"events": events})
    assert [event["code"] for event in found["events"]] == ["c", "b", "a"]
    assert found["unit"] == "days"


WORKED: list[tuple[str, Any, Any, dict[str, float]]] = [
    (
        "multiple-choice",
        {"choice": "A", "probs": {"A": 0.6, "B": 0.3}},
        {"choice": "b"},
        {"accuracy": 0.0, "probability": 0.3},
    ),
    (
        "label-probabilities",  # auroc: one of two pairs in order; f1: one of two chosen is right
        {"labels": {"x": 0.9, "y": 0.2, "z": 0.6}},
        {"labels": {"x": 1, "y": 1, "z": 0}},
        {"auroc": 0.5, "brier": (0.01 + 0.64 + 0.36) / 3, "f1": 0.5},
    ),
    (
        "regression-value",
        {"value": 12, "unit": "mg", "interval": [11, 13]},
        {"value": 10, "unit": "mg"},
        {"absolute_error": 2.0, "relative_error": 0.2, "inside_interval": 0.0},
    ),
    (
        "ranked-list",
        {"items": [{"name": "a"}, {"name": "b"}, {"name": "C"}]},
        {"items": [{"name": "c"}, {"name": "d"}]},
        {"hit_1": 0.0, "hit_3": 1.0, "recall_10": 0.5, "reciprocal_rank": 1 / 3},
    ),
    (
        "retrieval-list",  # nDCG: 1/log2(3) over 2 + 1/log2(3)
        {"items": [{"id": "x"}, {"id": "a"}]},
        {"items": [{"id": "a"}, {"id": "b", "score": 2}]},
        {
            "recall_10": 0.5,
            "reciprocal_rank": 0.5,
            "average_precision": 0.25,
            "ndcg_10": (1 / math.log2(3)) / (2 + 1 / math.log2(3)),
        },
    ),
    (
        "concept-codes",
        {"codes": [{"code": "J18", "system": "ICD-10"}, {"code": "R50", "system": "ICD-9"}]},
        {"codes": [{"code": "J18", "system": "ICD-10"}, {"code": "R50", "system": "ICD-10"}]},
        {"precision": 0.5, "recall": 0.5, "f1": 0.5, "jaccard": 1 / 3},
    ),
    (
        "relations",
        {
            "relations": [
                {"head": "a", "type": "treats", "tail": "b", "novel": True},
                {"head": "d", "type": "causes", "tail": "c"},
            ]
        },
        {
            "relations": [
                {"head": "A", "type": "treats", "tail": "b", "novel": False},
                {"head": "c", "type": "causes", "tail": "d"},
            ]
        },
        {"pair_f1": 1.0, "f1": 0.5, "novelty_f1": 0.0},
    ),
    (
        "extraction-record",
        {"fields": {"drugs": [{"name": "A", "mg": 5}], "n": "three"}},
        {"fields": {"drugs": [{"name": "a ", "mg": 50}], "n": 3, "gone": None}},
        {"field_accuracy": 0.25, "schema": 1 / 3},
    ),
    (
        "event-sequence",
        {"events": [{"code": "a"}, {"code": "c"}, {"code": "b"}]},
        {"events": [{"code": "a"}, {"code": "b"}, {"code": "c"}, {"code": "d"}]},
        {"precision_5": 3 / 5, "f1": 2 * 1 * 0.75 / 1.75, "order_accuracy": 2 / 3},
    ),
    (
        "trial-match",
        {"criteria": [{"id": "1", "decision": "met"}], "rank": [{"id": "x"}, {"id": "y"}]},
        {
            "criteria": [{"id": "1", "decision": "met"}, {"id": "2", "decision": "not_met"}],
            "rank": [{"id": "y"}],
        },
        {"criterion_accuracy": 0.5, "ndcg_10": 1 / math.log2(3)},
    ),
    (
        "sql-with-result",
        {"sql": "a", "rows": [[2, "y"], [1, "x"]]},
        {"sql": "b order  by c", "rows": [[1, "x"], [2, "y"]]},
        {"execution_accuracy": 0.0},
    ),
    (
        "sql-with-result",
        {"sql": "a", "rows": [[2, "y"], [1.0, "x"]]},
        {"sql": "b", "rows": [[1, "x"], [2, "y"]]},
        {"execution_accuracy": 1.0},
    ),
    (
        "action-plan",
        {"steps": ["x", "Y"], "cost": {"value": 3, "unit": "EUR"}},
        {"steps": ["y", "x", "z"], "cost": {"value": 5, "unit": "EUR"}},
        {"f1": 0.8, "order_accuracy": 0.0, "edit_similarity": 1 / 3, "cost_error": 2.0},
    ),
    (
        "agent-trajectory",
        {"steps": [{"type": "tool-call", "name": "a"}, {"type": "message", "output": "yes"}]},
        {
            "steps": [
                {"type": "tool-call", "name": "a"},
                {"type": "tool-call", "name": "b"},
                {"type": "message", "output": "yes"},
            ]
        },
        {"tool_f1": 2 / 3, "step_similarity": 2 / 3, "token_f1": 1.0},
    ),
    (
        "checklist-score",
        {"items": [{"id": str(n), "score": s} for n, s in enumerate([3, True, None])]},
        {"items": [{"id": str(n), "score": s} for n, s in enumerate([1, True, 2])]},
        {"agreement": 1 / 3, "mean_absolute_error": 1.0, "total_error": 0.0},
    ),
    (
        "molecule-generated",
        {"molecules": ["CC", "CC", "C1C", "CO"]},
        {"molecules": ["CO", "CN"]},
        {"well_formed": 0.75, "unique": 0.75, "novel": 0.75, "recovered": 0.5},
    ),
    (
        "sequence-generated",
        {"alphabet": "dna", "fasta": ">a\nACGT\n>b\nACCC"},
        {"alphabet": "dna", "fasta": ">a\nACGA\n>c\nA"},
        {"recovery": 0.375, "diversity": 0.5},
    ),
    (
        "citation-grounded-answer",
        {
            "text": "yes",
            "citations": [
                {"id": "1", "quote": "“Cough with\nyellow sputum.”"},
                {"id": "2", "quote": "green sputum"},
            ],
        },
        {"text": "yes", "citations": [{"id": "1"}]},
        {"token_f1": 1.0, "rouge_l": 1.0, "evidence_f1": 2 / 3, "quotes_found": 0.5},
    ),
    ("preference-vote", {"winner": "a"}, {"winner": "tie"}, {"agreement": 0.0}),
    (
        "report-structured",
        {"fields": {"a": 1, "b": "X"}},
        {"fields": {"a": 1.0, "b": "y"}},
        {"token_f1": math.nan, "rouge_l": math.nan, "field_accuracy": 0.5},
    ),
    (
        "code-artifact",
        {"files": [{"name": "a", "text": "x"}, {"name": "b", "text": ""}]},
        {"files": [{"name": "a", "text": "x"}]},
        {"same_files": 0.5, "code_f1": 1.0},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("key", "found", "true", "expected"), WORKED)
def test_scores_are_those_worked_out_by_hand(
    key: str, found: Any, true: Any, expected: dict[str, float]
) -> None:
    assert scores(key, found, true) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("key", sorted({key for key, *_ in WORKED}))
def test_an_answer_equal_to_the_reference_has_no_error(key: str) -> None:
    record = examples()[key].records[0]
    for name, score in scores(key, record, record).items():
        best = 0.0 if name.endswith("error") or name in {"brier", "novel"} else 1.0
        told_otherwise = name in {"diversity", "probability", "precision_5", "brier", "auroc"}
        assert told_otherwise or math.isnan(score) or score == best, name


def test_numbers_in_another_unit_are_not_compared() -> None:
    found = scores("regression-value", {"value": 1, "unit": "g"}, {"value": 1, "unit": "mg"})
    assert math.isnan(found["absolute_error"])


def test_a_quote_is_found_across_lines_and_in_other_case() -> None:
    passages = Passages("Since Monday:\n  FEVER,\tcough.")
    assert passages.find("“fever, Cough”.") == (14, 26)
    assert passages.text[14:26] == "FEVER, cough"
    assert passages.find("fever and cough") is None
    assert passages.find(" … ") is None
