"""Fields extracted into a schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.records import field_accuracy


class ExtractionRecord:
    """``{"fields": {name: value, …}}``; a value is text, number, truth value, null, list or object.

    null says: looked for and not there. By name, as objects have no order of their own.
    """

    key = "extraction-record"
    title = "Extracted fields"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["fields"])
        fields = checks.mapping(record["fields"], "fields")
        plain = {name: checks.plain(fields[name], f"fields.{name}") for name in fields}
        return checks.readable({"fields": plain})

    def is_empty(self, record: Record) -> bool:
        return all(value in (None, "") for value in flat(record["fields"]).values())

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """``schema``: the share of the reference's fields that are there and of the same type."""
        found, true = record["fields"], reference["fields"]
        kept = [name in found and _type(found[name]) == _type(true[name]) for name in true]
        return {
            "field_accuracy": field_accuracy(flat(found), flat(true)),
            "schema": sum(kept) / len(kept) if kept else 1.0,
        }


def flat(value: Any) -> dict[str, Any]:
    """Every single value by its place: ``drugs[0].dose``."""
    return {place_told(place): single for place, single in singles(value)}


Place = tuple[str | int, ...]
"""Names, and in lists numbers from 0, on the way to a value."""


def place_told(place: Place) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".")


def singles(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every single value with its place; an empty list or object is ``None``."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from singles(inner, (*place, key))
    elif isinstance(value, list) and value:
        for i, inner in enumerate(value):
            yield from singles(inner, (*place, i))
    elif place:
        yield place, None if isinstance(value, dict | list) else value


def _type(value: Any) -> str:
    return "number" if isinstance(value, int | float) else type(value).__name__


KIND = ExtractionRecord()
