"""A version in plain language, and which words of the case became which."""

from collections.abc import Mapping
from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import joined
from evaluation.kinds.base import Record


class SimplificationPresenter(Presenter):
    key = "simplification"
    template = "voting/kinds/simplification.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``rows``: words of the case, in its order, each with the plain words or ``None``."""
        text, case = shown.record["text"], shown.case.text
        pairs = joined(shown, _plain_words, order=lambda source: (case.find(source), source))
        return {
            "text": text,
            "html": markdown_html(text),
            "rows": [{"key": row.key, "plain": row.own} for row in pairs],
        }


def _plain_words(record: Record) -> Mapping[str, str]:
    return {pair["source"]: pair["plain"] for pair in record.get("alignment", [])}


PRESENTER = SimplificationPresenter()
