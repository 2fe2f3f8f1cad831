"""Which cells there are, or what one cell is."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.shares import top_match, total_variation

SLACK = 0.01
"""By how much shares may miss 1 in all, as rounded shares do."""


class CellState:
    """``{"composition": {name: share, …}}``; shares add up to 1. One cell is ``{"T cell": 1}``."""

    key = "cell-state"
    title = "Cell types and their shares"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["composition"])
        given = checks.mapping(record["composition"], "composition")
        shares = {
            name: checks.probability(share, f"composition.{name}") for name, share in given.items()
        }
        total = sum(shares.values())
        if shares and abs(total - 1) > SLACK:
            raise RecordError("composition", f"adds up to {total:.3f}; shares must add up to 1")
        return {"composition": shares}

    def is_empty(self, record: Record) -> bool:
        return not record["composition"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """The share under another name, and whether the most frequent cell is the same."""
        found, true = record["composition"], reference["composition"]
        return {
            "total_variation": total_variation(found, true),
            "top_match": top_match(found, true),
        }


KIND = CellState()
