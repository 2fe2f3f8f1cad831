"""The items of a checklist that either side answers, in one order, and the sum."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import Row, joined, natural, told
from evaluation.kinds.base import Record
from evaluation.kinds.checklist_score import total


class ChecklistScorePresenter(Presenter):
    key = "checklist-score"
    template = "voting/kinds/checklist-score.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        found = joined(shown, _items, order=natural, value=lambda entry: entry["score"])
        return {"rows": [_row(row) for row in found], "total": told(total(shown.record))}


def _items(record: Record) -> Mapping[str, Record]:
    return {item["id"]: item for item in record["items"]}


def _row(row: Row) -> dict[str, Any]:
    own: Record = row.own or {}
    return {
        "key": row.key,
        "label": own.get("label") or (row.other or {}).get("label", ""),
        "score": _score(own["score"]) if own else "",
        "html": markdown_html(own.get("evidence", "")),
        "met": row.met,
    }


def _score(score: float | bool | None) -> str:
    return _("does not apply") if score is None else told(score)


PRESENTER = ChecklistScorePresenter()
