"""What an agent did: prose as prose, what went to tools and came from them as it was."""

import json
from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from evaluation.kinds.base import Record

TITLES = {
    "thought": "Thought",
    "tool-call": "Tool call",
    "tool-result": "Tool result",
    "view": "View",
    "message": "Message",
}
PROSE = ("thought", "message")
FOLDED_FROM = 400
"""Characters; what a tool says beyond them is folded away."""


class AgentTrajectoryPresenter(Presenter):
    key = "agent-trajectory"
    template = "voting/kinds/agent-trajectory.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        return {"steps": [_step(step) for step in shown.record["steps"]]}


def _step(step: Record) -> dict[str, Any]:
    return {
        "type": step["type"],
        "title": TITLES[step["type"]],
        "name": step.get("name", ""),
        "parts": [
            _part(name, step[name], prose=step["type"] in PROSE)
            for name in ("input", "output")
            if name in step
        ],
    }


def _part(name: str, value: Any, *, prose: bool) -> dict[str, Any]:
    """``html`` for words, ``text`` for what goes between programs."""
    if prose and isinstance(value, str):
        return {"name": name, "html": markdown_html(value), "text": "", "long": False}
    text = value if isinstance(value, str) else _written(value)
    return {"name": name, "html": "", "text": text, "long": len(text) > FOLDED_FROM}


def _written(value: Any) -> str:
    """JSON; on one line where it is short."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= 80 else json.dumps(value, ensure_ascii=False, indent=2)


PRESENTER = AgentTrajectoryPresenter()
