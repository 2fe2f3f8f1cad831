"""A summary in prose."""

from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown


class SummaryPresenter(Presenter):
    key = "summary"
    template = "voting/kinds/summary.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``html`` is safe to show as it is; ``text`` is as the system wrote it."""
        text = shown.record["text"]
        return {"text": text, "html": markdown_html(text), "words": len(text.split())}


PRESENTER = SummaryPresenter()
