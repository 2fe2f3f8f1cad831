"""An answer in prose, with its numbered steps and its sources."""

from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.cited import sources


class TextAnswerPresenter(Presenter):
    key = "text-answer"
    template = "voting/kinds/text-answer.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``html`` and ``steps`` are safe to show as they are; ``text`` is as the system wrote."""
        steps = [markdown_html(step) for step in shown.record.get("steps", [])]
        text = shown.record["text"]
        return {
            "text": text,
            "html": markdown_html(text),
            "steps": steps,
            "citations": sources(shown),
        }


PRESENTER = TextAnswerPresenter()
