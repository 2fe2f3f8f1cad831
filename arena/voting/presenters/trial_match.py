"""Decisions on the criteria of a trial, row by row, and the ranking of trials."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import Row, joined, natural, place_there, told
from evaluation.kinds.base import Record
from evaluation.kinds.citations import Passages

DECISIONS = {
    "met": gettext_lazy("met"),
    "not_met": gettext_lazy("not met"),
    "not_enough_information": gettext_lazy("not enough information"),
    "not_applicable": gettext_lazy("not applicable"),
}
TYPES = {"inclusion": gettext_lazy("inclusion"), "exclusion": gettext_lazy("exclusion")}


class TrialMatchPresenter(Presenter):
    key = "trial-match"
    template = "voting/kinds/trial-match.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        passages = Passages(shown.case.text)
        there = place_there(shown, _trials)
        found = joined(shown, _criteria, order=natural, value=lambda entry: entry["decision"])
        return {
            "rows": [_row(row, passages) for row in found],
            "rank": [
                {
                    "name": trial["id"],
                    "score": told(trial["score"]) if "score" in trial else "",
                    "there": there(trial["id"]),
                }
                for trial in shown.record["rank"]
            ],
        }


def _criteria(record: Record) -> Mapping[str, Record]:
    return {criterion["id"]: criterion for criterion in record["criteria"]}


def _trials(record: Record) -> list[str]:
    return [trial["id"] for trial in record["rank"]]


def _row(row: Row, passages: Passages) -> dict[str, Any]:
    own: Record = row.own or {}
    quote = own.get("quote", "")
    return {
        "key": row.key,
        "type": str(TYPES.get(own.get("type") or (row.other or {}).get("type", ""), "")),
        "text": own.get("text") or (row.other or {}).get("text", ""),
        "decision": str(DECISIONS.get(own.get("decision", ""), "")),
        "quote": quote,
        "in_case": bool(quote) and passages.find(quote) is not None,
        "met": row.met,
    }


PRESENTER = TrialMatchPresenter()
