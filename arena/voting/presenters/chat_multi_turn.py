"""A dialogue, turn by turn."""

from typing import Any

from django.utils.translation import gettext_lazy

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from evaluation.kinds.base import Record
from evaluation.kinds.chat_multi_turn import ANSWERS

ROLES = {
    "assistant": gettext_lazy("Assistant"),
    "clinician": gettext_lazy("Clinician"),
    "user": gettext_lazy("User"),
    "patient": gettext_lazy("Patient"),
    "carer": gettext_lazy("Carer"),
    "examiner": gettext_lazy("Examiner"),
}


class ChatMultiTurnPresenter(Presenter):
    key = "chat-multi-turn"
    template = "voting/kinds/chat-multi-turn.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        return {"turns": [_turn(turn) for turn in shown.record["turns"]]}


def _turn(turn: Record) -> dict[str, Any]:
    parts = [
        {"title": part["title"], "html": markdown_html(part["text"])}
        for part in turn.get("parts", [])
    ]
    return {
        "role": str(ROLES[turn["role"]]),
        "answers": turn["role"] in ANSWERS,
        "text": turn["text"],
        "html": markdown_html(turn["text"]),
        "parts": parts,
    }


PRESENTER = ChatMultiTurnPresenter()
