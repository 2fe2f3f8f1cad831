"""Hypotheses in order: diagnoses, drugs, genes; the most likely first."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.ranking import hit_at, recall_at, reciprocal_rank

MOST_PLACES = 1000


class RankedList:
    """``{"items": [{"name": str, "code": str, "score": number, "reason": str}, …]}``, best first.

    All but ``name`` may be left out; ``reason`` is markdown. In a reference the items are those
    that are right, in any order.
    """

    key = "ranked-list"
    title = "Ranked list"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["items"])
        items = checks.each(record["items"], "items", _item, most=MOST_PLACES)
        checks.once([item["name"].casefold() for item in items], "items", "name")
        return checks.readable({"items": items})

    def is_empty(self, record: Record) -> bool:
        return not record["items"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Items are the same by their code if the reference's all have one, else by their name."""
        by_code = all("code" in item for item in reference["items"])
        ranked, right = (identities(r, by_code=by_code) for r in (record, reference))
        return {
            "hit_1": hit_at(ranked, right, 1),
            "hit_3": hit_at(ranked, right, 3),
            "recall_10": recall_at(ranked, right, 10),
            "reciprocal_rank": reciprocal_rank(ranked, right),
        }


def identities(record: Record, *, by_code: bool = False) -> list[str]:
    """What tells the items apart, in their order."""
    return [
        item.get("code", "").casefold() if by_code else item["name"].casefold()
        for item in record["items"]
    ]


def _item(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["name"], optional=["code", "score", "reason"])
    name = checks.word(item["name"], f"{field}.name", most=300)
    known = checks.given(item, field, code=checks.word, score=checks.number, reason=checks.prose)
    return {"name": name, **known}


KIND = RankedList()
