"""One of several options."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError

ROUNDING = 0.02
"""How far probabilities may sum above 1: a system rounds what it prints."""
MOST_OPTIONS = 50


class MultipleChoice:
    """``{"choice": str, "probs": {option: p, …}, "reason": str}``.

    ``probs`` and ``reason`` (markdown) may be left out. Options exclude each other, so their
    probabilities sum to 1 at most.
    """

    key = "multiple-choice"
    title = "One of several options"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["choice"], optional=["probs", "reason"])
        choice = checks.word(record["choice"], "choice", most=200)
        return {"choice": choice, **checks.given(record, "", probs=_probs, reason=checks.prose)}

    def is_empty(self, record: Record) -> bool:
        """Never: an option is an answer."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """``probability``: that given to the right option, where any were given."""
        right = reference["choice"]
        scores = {"accuracy": float(record["choice"].casefold() == right.casefold())}
        if "probs" in record:
            by_name = {name.casefold(): p for name, p in record["probs"].items()}
            scores["probability"] = by_name.get(right.casefold(), 0.0)
        return scores


def _probs(value: Any, field: str) -> dict[str, float]:
    given = checks.mapping(value, field, most=MOST_OPTIONS)
    probs = {name: checks.probability(given[name], f"{field}.{name}") for name in given}
    if sum(probs.values()) > 1 + ROUNDING:
        raise RecordError(field, f"sum to {sum(probs.values()):.4g}; options exclude each other")
    return probs


KIND = MultipleChoice()
