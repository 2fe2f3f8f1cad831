"""What holds for every output kind, shown on the examples of docs/output-kinds.md."""

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from evaluation.kinds import RecordError, kind_for, kinds
from tests.kinds_examples import Example, examples, table

KINDS = sorted(kinds())
Path = tuple[str | int, ...]


@pytest.fixture(params=KINDS)
def example(request: pytest.FixtureRequest) -> Example:
    if request.param not in examples():
        pytest.fail(f"docs/output-kinds.md has no section “## {request.param}”")
    return examples()[request.param]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each text, number, truth value and null of a record, with its place."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def some(found: list[tuple[Path, Any]]) -> list[tuple[Path, Any]]:
    """One leaf of each place, whatever its number in a list: enough, and quick."""
    by_shape = {tuple("#" if isinstance(p, int) else p for p in path): (path, leaf)
                for path, leaf in reversed(found)}  # fmt: skip
    return list(by_shape.values())


def changed(record: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    new = copy.deepcopy(record)
    place: Any = new
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return new


def dotted(path: Path) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def test_the_page_has_a_row_and_a_section_for_every_kind_and_for_no_other() -> None:
    assert sorted(table()) == sorted(examples()) == KINDS


def test_the_examples_are_valid_differ_and_say_something(example: Example) -> None:
    kind = kind_for(example.kind)
    valid = [kind.validate(record, example.facts) for record in example.records]
    assert len(valid) >= 2
    assert valid[0] != valid[1]
    assert not any(kind.is_empty(record) for record in valid)


def test_a_canonical_record_is_its_own_canonical_form(example: Example) -> None:
    """Also after a database that keeps no order of keys."""
    kind = kind_for(example.kind)
    for record in example.records:
        valid = kind.validate(record, example.facts)
        stored = json.loads(json.dumps(valid, allow_nan=False, sort_keys=True))
        again = kind.validate(stored, example.facts)
        assert json.dumps(again) == json.dumps(valid)


def test_scores_are_numbers_of_the_names_the_page_gives(example: Example) -> None:
    kind = kind_for(example.kind)
    one, two = (kind.validate(record, example.facts) for record in example.records[:2])
    named = set(table()[example.kind].replace("`", "").split(", ")) - {"none"}
    for found, true in ((one, one), (one, two), (two, one)):
        scores = kind.scores(found, true, example.facts)
        assert all(isinstance(value, float) for value in scores.values())
        assert set(scores) <= named
    assert set(kind.scores(one, one, example.facts)) == named


@pytest.mark.parametrize("record", [None, [], "text", 3, True])
def test_what_is_no_object_is_refused(example: Example, record: Any) -> None:
    with pytest.raises(RecordError) as refused:
        kind_for(example.kind).validate(record, example.facts)
    assert refused.value.field == "record"


def test_a_field_nobody_knows_is_refused(example: Example) -> None:
    record = {**example.records[0], "made_by": "x"}
    with pytest.raises(RecordError) as refused:
        kind_for(example.kind).validate(record, example.facts)
    assert refused.value.field == "made_by"


def test_a_field_left_out_is_missed_by_name_or_was_not_needed(example: Example) -> None:
    for field in example.records[0]:
        record = {key: value for key, value in example.records[0].items() if key != field}
        try:
            kind_for(example.kind).validate(record, example.facts)
        except RecordError as error:
            assert error.field == field or not error.field.startswith(field), error


@pytest.mark.parametrize(
    "wrong", [math.nan, math.inf, -math.inf, 10**400], ids=["NaN", "inf", "-inf", "huge"]
)
def test_what_is_no_finite_number_is_refused_by_its_place(example: Example, wrong: Any) -> None:
    for record in example.records:
        for path, leaf in some(list(leaves(record))):
            if isinstance(leaf, int | float) and not isinstance(leaf, bool):
                with pytest.raises(RecordError) as refused:
                    kind_for(example.kind).validate(changed(record, path, wrong), example.facts)
                assert refused.value.field == dotted(path)


@pytest.mark.parametrize("wrong", [None, True, 7, math.nan, [], {}, [[]], {"": 1}], ids=repr)
def test_a_value_of_another_type_is_accepted_or_refused_near_its_place(
    example: Example, wrong: Any
) -> None:
    """Never anything but ``RecordError``, and always about the field that was changed."""
    for path, _ in some(list(leaves(example.records[0]))):
        faulty = changed(example.records[0], path, wrong)
        try:
            valid = kind_for(example.kind).validate(faulty, example.facts)
        except RecordError as error:
            top = str(path[0])
            assert error.field.startswith(top) or len(path) == 1, (path, error)
        else:
            json.dumps(valid, allow_nan=False)


def test_five_megabytes_in_any_text_are_refused_by_its_place(example: Example) -> None:
    for path, leaf in some(list(leaves(example.records[0]))):
        if isinstance(leaf, str):
            faulty = changed(example.records[0], path, "x" * 5_000_000)
            with pytest.raises(RecordError) as refused:
                kind_for(example.kind).validate(faulty, example.facts)
            assert refused.value.field == dotted(path)


def test_a_control_character_in_any_text_is_refused(example: Example) -> None:
    for path, leaf in some(list(leaves(example.records[0]))):
        if isinstance(leaf, str):
            with pytest.raises(RecordError):
                faulty = changed(example.records[0], path, leaf + "\x00")
                kind_for(example.kind).validate(faulty, example.facts)
