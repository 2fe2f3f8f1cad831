"""Labels with their probabilities, those that either side holds most likely first."""

from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import chance, joined


class LabelProbabilitiesPresenter(Presenter):
    key = "label-probabilities"
    template = "voting/kinds/label-probabilities.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        found = joined(shown, lambda record: record["labels"])
        found.sort(key=lambda row: (-max(row.own or 0, row.other or 0), row.key))
        return {
            "rows": [
                {
                    "key": row.key,
                    "p": row.own,
                    "shown": "" if row.own is None else chance(row.own),
                }
                for row in found
            ]
        }


PRESENTER = LabelProbabilitiesPresenter()
