"""Retrieved items in order: articles, passages, images, patients; the most fitting first."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.ranking import average_precision, ndcg, recall_at, reciprocal_rank

MOST_PLACES = 1000


class RetrievalList:
    """``{"items": [{"id": str, "title": str, "text": str, "score": number}, …]}``, best first.

    All but ``id`` may be left out; ``text`` is a passage in markdown. In a reference the items
    are the relevant ones, and ``score`` is how relevant each is (1 where it is left out).
    """

    key = "retrieval-list"
    title = "Retrieved items"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["items"])
        items = checks.each(record["items"], "items", _item, most=MOST_PLACES)
        checks.once([item["id"] for item in items], "items", "id")
        return checks.readable({"items": items})

    def is_empty(self, record: Record) -> bool:
        return not record["items"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        ranked = [item["id"] for item in record["items"]]
        gains = {item["id"]: item.get("score", 1.0) for item in reference["items"]}
        return {
            "recall_10": recall_at(ranked, gains, 10),
            "reciprocal_rank": reciprocal_rank(ranked, gains),
            "average_precision": average_precision(ranked, gains),
            "ndcg_10": ndcg(ranked, gains, 10),
        }


def _item(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["id"], optional=["title", "text", "score"])
    name = checks.word(item["id"], f"{field}.id", most=200)
    known = checks.given(item, field, title=_title, text=checks.prose, score=checks.number)
    return {"id": name, **known}


def _title(value: Any, field: str) -> str:
    return checks.word(value, field, most=500)


KIND = RetrievalList()
