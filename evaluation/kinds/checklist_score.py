"""Answers to the items of a checklist, rating scale or index."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record

MOST_ENTRIES = 1000


class ChecklistScore:
    """``{"items": [{"id": str, "label": str, "score": number, "evidence": str}, …]}``.

    A score is a number, true, false, or null for what does not apply. ``label`` and ``evidence``
    (markdown) may be left out.
    """

    key = "checklist-score"
    title = "Checklist or scale"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["items"])
        items = checks.each(record["items"], "items", _item, most=MOST_ENTRIES)
        checks.once([item["id"] for item in items], "items", "id")
        return checks.readable({"items": items})

    def is_empty(self, record: Record) -> bool:
        return all(item["score"] is None for item in record["items"])

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Over the reference's items; ``total_error`` is that of the sums."""
        found = {item["id"]: item["score"] for item in record["items"]}
        true = {item["id"]: item["score"] for item in reference["items"]}
        equal = [name in found and found[name] == true[name] for name in true]
        both = [name for name in true if found.get(name) is not None and true[name] is not None]
        gaps = [abs(found[name] - true[name]) for name in both]
        return {
            "agreement": sum(equal) / len(equal) if equal else nan,
            "mean_absolute_error": float(sum(gaps)) / len(gaps) if gaps else nan,
            "total_error": float(abs(total(record) - total(reference))),
        }


def total(record: Record) -> float:
    """Sum over the items that apply, yes counting 1."""
    return float(sum(item["score"] for item in record["items"] if item["score"] is not None))


def _item(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["id", "score"], optional=["label", "evidence"])
    return {
        "id": checks.word(item["id"], f"{field}.id"),
        "score": _score(item["score"], f"{field}.score"),
        **checks.given(item, field, label=_label, evidence=checks.prose),
    }


def _score(value: Any, field: str) -> float | bool | None:
    return value if value is None or isinstance(value, bool) else checks.number(value, field)


def _label(value: Any, field: str) -> str:
    return checks.word(value, field, most=500)


KIND = ChecklistScore()
