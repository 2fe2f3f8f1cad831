"""The chosen option among those that either side names, with their probabilities."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import chance, joined
from evaluation.kinds.base import Record


class MultipleChoicePresenter(Presenter):
    key = "multiple-choice"
    template = "voting/kinds/multiple-choice.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        choice = shown.record["choice"]
        probs = shown.record.get("probs")
        return {
            "choice": choice,
            "rows": [
                {
                    "key": row.key,
                    "p": row.own,
                    "shown": _shown(row.own),
                    "chosen": row.key == choice,
                }
                for row in joined(shown, _options)
            ],
            "probabilities": probs is not None,
            "html": markdown_html(shown.record.get("reason", "")),
        }


def _options(record: Record) -> Mapping[str, float | None]:
    return {record["choice"]: None, **record.get("probs", {})}


def _shown(p: float | None) -> str:
    return _("not given") if p is None else chance(p)


PRESENTER = MultipleChoicePresenter()
