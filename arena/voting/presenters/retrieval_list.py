"""Retrieved items in order, each with its place on the other side."""

from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import place_there, told
from evaluation.kinds.base import Record


class RetrievalListPresenter(Presenter):
    key = "retrieval-list"
    template = "voting/kinds/retrieval-list.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        there = place_there(shown, _ids)
        return {
            "items": [
                {
                    "name": item["id"],
                    "title": item.get("title", ""),
                    "score": told(item["score"]) if "score" in item else "",
                    "html": markdown_html(item.get("text", "")),
                    "there": there(item["id"]),
                }
                for item in shown.record["items"]
            ]
        }


def _ids(record: Record) -> list[str]:
    return [item["id"] for item in record["items"]]


PRESENTER = RetrievalListPresenter()
