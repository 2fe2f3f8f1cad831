"""An answer with the passages it rests on; whether the case holds them word for word."""

from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.cited import sources


class CitationGroundedAnswerPresenter(Presenter):
    key = "citation-grounded-answer"
    template = "voting/kinds/citation-grounded-answer.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        text = shown.record["text"]
        return {"text": text, "html": markdown_html(text), "citations": sources(shown)}


PRESENTER = CitationGroundedAnswerPresenter()
