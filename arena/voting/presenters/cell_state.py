"""Cell types of both sides in one order, each with its share as a bar on a scale of 0 to 1."""

from typing import Any

from arena.voting.presenters.base import FIGURES, Presenter, Shown
from arena.voting.presenters.rows import joined, short


class CellStatePresenter(Presenter):
    key = "cell-state"
    template = "voting/kinds/cell-state.html"
    styles = FIGURES

    def data(self, shown: Shown) -> dict[str, Any]:
        found = joined(shown, lambda record: record["composition"])
        found.sort(key=lambda row: (-max(row.own or 0, row.other or 0), row.key))
        return {
            "rows": [
                {
                    "key": row.key,
                    "p": row.own,
                    "percent": "" if row.own is None else short(100 * row.own, 3),
                }
                for row in found
            ]
        }


PRESENTER = CellStatePresenter()
