"""Typed stretches of the case's text."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.spans import Span, relaxed_overlap, strict_overlap


class Spans:
    """``{"spans": [{"start": int, "end": int, "type": str}, …]}``.

    Offsets count characters of the case's text, ``end`` exclusive. Spans may overlap or nest;
    the canonical form is in order of place and names each span once.
    """

    key = "spans"
    title = "Marked spans"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["spans"])
        spans = checks.items(record["spans"], "spans")
        found = {_span(span, f"spans[{i}]", len(case.text)) for i, span in enumerate(spans)}
        return {"spans": [{"start": s, "end": e, "type": t} for s, e, t in sorted(found)]}

    def is_empty(self, record: Record) -> bool:
        return not record["spans"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """F1 of equal spans, and of spans that share a character with one of equal type."""
        found, true = places(record), places(reference)
        return {
            "strict_f1": strict_overlap(found, true).f1,
            "relaxed_f1": relaxed_overlap(found, true).f1,
        }


def places(record: Record) -> list[Span]:
    return [Span(span["start"], span["end"], span["type"]) for span in record["spans"]]


def _span(span: Any, field: str, length: int) -> Span:
    checks.fields(span, field, required=["start", "end", "type"])
    start = checks.whole(span["start"], f"{field}.start")
    end = checks.whole(span["end"], f"{field}.end")
    if end <= start:
        raise RecordError(f"{field}.end", f"is {end}; it must lie after start {start}")
    if end > length:
        raise RecordError(f"{field}.end", f"is {end}, but the text has {length} characters")
    return Span(start, end, checks.word(span["type"], f"{field}.type"))


KIND = Spans()
