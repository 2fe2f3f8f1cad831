"""A judge's decision between two answers that the case shows as A and B."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record

WINNERS = ("a", "b", "tie", "both_bad")


class PreferenceVote:
    """``{"winner": "a" | "b" | "tie" | "both_bad", "reason": str}``; the reason is markdown."""

    key = "preference-vote"
    title = "Judge's preference"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["winner"], optional=["reason"])
        winner = checks.one_of(record["winner"], "winner", WINNERS)
        return {"winner": winner, **checks.given(record, "", reason=checks.prose)}

    def is_empty(self, record: Record) -> bool:
        """Never: each of the four is a decision."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        return {"agreement": float(record["winner"] == reference["winner"])}


KIND = PreferenceVote()
