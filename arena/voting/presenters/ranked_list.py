"""Hypotheses in order, each with its place on the other side."""

from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import place_there, told
from evaluation.kinds.ranked_list import identities


class RankedListPresenter(Presenter):
    key = "ranked-list"
    template = "voting/kinds/ranked-list.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        there = place_there(shown, identities)
        return {
            "items": [
                {
                    "name": item["name"],
                    "code": item.get("code", ""),
                    "score": told(item["score"]) if "score" in item else "",
                    "html": markdown_html(item.get("reason", "")),
                    "there": there(item["name"].casefold()),
                }
                for item in shown.record["items"]
            ]
        }


PRESENTER = RankedListPresenter()
