"""Maps of quantities, cells and folds: what is refused by which field, and how they score."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.kinds import CaseFacts, RecordError, kind_for
from evaluation.kinds.structure_3d import brackets, pairs_of, stems
from evaluation.scores.shares import top_match, total_variation

CASE = CaseFacts()
MAP = {"quantity": "T2", "unit": "ms", "values": [[1, 2], [3, None]]}
RNA = "GGGAAACCC"


@pytest.mark.parametrize(
    ("key", "record", "field"),
    [
        ("parameter-map", {**MAP, "values": [[1, 2], [3]]}, "values[1]"),
        ("parameter-map", {**MAP, "values": [["1"]]}, "values[0][0]"),
        ("parameter-map", {**MAP, "unit": ""}, "unit"),
        ("cell-state", {"composition": {"T cell": 0.5, "B cell": 0.3}}, "composition"),
        ("cell-state", {"composition": {"T cell": 1.5, "B cell": -0.5}}, "composition.B cell"),
        ("cell-state", {"composition": ["T cell"]}, "composition"),
        ("structure-3d", {"sequence": RNA}, "structure"),
        ("structure-3d", {"sequence": RNA, "structure": ".", "pairs": []}, "structure"),
        ("structure-3d", {"sequence": RNA, "structure": "((...))"}, "structure"),
        ("structure-3d", {"sequence": RNA, "structure": "(((...)).", "pairs": None}, "structure"),
        ("structure-3d", {"sequence": RNA, "structure": "((...)))."}, "structure"),
        ("structure-3d", {"sequence": RNA, "structure": "((..x..))"}, "structure"),
        ("structure-3d", {"sequence": RNA, "structure": "(......]."}, "structure"),
        ("structure-3d", {"sequence": "GG1", "pairs": []}, "sequence"),
        ("structure-3d", {"sequence": RNA, "pairs": [[1, 10]]}, "pairs[0][1]"),
        ("structure-3d", {"sequence": RNA, "pairs": [[0, 3]]}, "pairs[0][0]"),
        ("structure-3d", {"sequence": RNA, "pairs": [[3, 3]]}, "pairs[0]"),
        ("structure-3d", {"sequence": RNA, "pairs": [[3]]}, "pairs[0]"),
    ],
)
def test_a_faulty_record_is_refused_by_its_field(key: str, record: Any, field: str) -> None:
    with pytest.raises(RecordError) as refused:
        kind_for(key).validate(record, CASE)
    assert refused.value.field == field


def test_a_map_without_a_number_says_nothing_and_an_unfolded_sequence_does() -> None:
    kind = kind_for("parameter-map")
    assert kind.is_empty(kind.validate({**MAP, "values": [[None]]}, CASE))
    fold = kind_for("structure-3d")
    assert not fold.is_empty(fold.validate({"sequence": RNA, "pairs": []}, CASE))


def test_maps_are_scored_where_both_have_numbers_and_in_one_unit_only() -> None:
    kind = kind_for("parameter-map")
    record = kind.validate(MAP, CASE)
    reference = kind.validate({**MAP, "values": [[2, 2], [None, 9]]}, CASE)
    scores = kind.scores(record, reference, CASE)
    assert (scores["mae"], scores["bias"]) == (0.5, -0.5)
    seconds = kind.validate({**MAP, "unit": "s"}, CASE)
    assert all(math.isnan(score) for score in kind.scores(record, seconds, CASE).values())


def test_compositions_are_scored_by_what_would_have_to_change() -> None:
    assert total_variation({"a": 0.6, "b": 0.4}, {"a": 0.5, "c": 0.5}) == pytest.approx(0.5)
    assert top_match({"a": 0.6, "b": 0.4}, {"a": 0.5, "c": 0.5}) == 1
    assert top_match({"a": 0.6, "b": 0.4}, {"b": 1.0}) == 0


def test_brackets_and_pairs_say_the_same() -> None:
    kind = kind_for("structure-3d")
    drawn = kind.validate({"sequence": RNA, "structure": "(((...)))"}, CASE)
    listed = kind.validate({"sequence": RNA.lower(), "pairs": [[3, 7], [9, 1], [2, 8]]}, CASE)
    assert drawn == listed == {"sequence": RNA, "pairs": [[1, 9], [2, 8], [3, 7]]}
    assert stems(pairs_of(drawn)) == [(1, 9, 3)]


@given(st.text("().[]{}<>", max_size=24))
def test_any_notation_that_is_accepted_comes_back_with_the_same_pairs(structure: str) -> None:
    kind = kind_for("structure-3d")
    record = {"sequence": "A" * len(structure), "structure": structure}
    try:
        valid = kind.validate(record, CASE)
    except RecordError:
        return
    again = brackets(len(structure), pairs_of(valid))
    if again is not None:
        assert kind.validate({**record, "structure": again}, CASE) == valid
    assert sum(count for _, _, count in stems(pairs_of(valid))) == len(valid["pairs"])


def test_a_knot_gets_other_brackets_and_contacts_get_none() -> None:
    assert brackets(8, [(1, 5), (3, 7)]) == "(.[.).]."
    assert brackets(5, [(1, 3), (1, 5)]) is None


def test_folds_are_scored_by_their_pairs() -> None:
    kind = kind_for("structure-3d")
    true = kind.validate({"sequence": RNA, "structure": "(((...)))"}, CASE)
    found = kind.validate({"sequence": RNA, "pairs": [[1, 9], [4, 6]]}, CASE)
    scores = kind.scores(found, true, CASE)
    assert scores == {
        "pair_f1": pytest.approx(0.4),
        "precision": 0.5,
        "recall": pytest.approx(1 / 3),
    }
    other = kind.validate({"sequence": "AAA", "pairs": []}, CASE)
    assert math.isnan(kind.scores(other, true, CASE)["pair_f1"])
