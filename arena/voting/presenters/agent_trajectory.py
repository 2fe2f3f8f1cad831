"""What an agent did: prose as prose, what went to tools and came from them as it was.

Places that it looked at in the case's image are outlined there, each with its number.
"""

import json
from dataclasses import replace
from itertools import count
from typing import Any

from django.utils.translation import gettext_lazy

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import VIEWED, Presenter, Shown
from arena.voting.presenters.boxes import box_shape, overlaps
from arena.voting.presenters.overlays import has_picture, image_of, shapes
from arena.voting.presenters.rows import short
from evaluation.kinds.base import Record
from evaluation.kinds.views import PLACE, is_of_case, place_of

TITLES = {
    "thought": gettext_lazy("Thought"),
    "tool-call": gettext_lazy("Tool call"),
    "tool-result": gettext_lazy("Tool result"),
    "view": gettext_lazy("View"),
    "message": gettext_lazy("Message"),
}
PROSE = ("thought", "message")
FOLDED_FROM = 400
"""Characters; what a tool says beyond them is folded away."""
NUMBERS = (*PLACE, "level", "zoom")


class AgentTrajectoryPresenter(Presenter):
    key = "agent-trajectory"
    template = "voting/kinds/agent-trajectory.html"
    styles = VIEWED

    def data(self, shown: Shown) -> dict[str, Any]:
        """With the case's image in both panes as soon as one side looked at a place in it."""
        steps = [_step(step) for step in shown.record["steps"]]
        other = _looks(shown.other) if shown.other else None
        looks = _looks(shown.record)
        if not has_picture(shown.case) or not (looks["views"] or (other and other["views"])):
            return {"steps": steps}
        seen = replace(shown, record=looks, other=other)
        outlined = shapes(seen, "views", overlaps, box_shape(seen))
        for shape in outlined:
            shape["text"], shape["colour"] = str(shape["number"]), 1
        _number(steps, shown.record["steps"])
        return {"steps": steps, **image_of(shown), "shapes": outlined}


def _looks(record: Record) -> Record:
    """The places in the case's image, in order; nothing is said of them but where they are."""
    places = [place for step in record["steps"] if (place := place_of(step))]
    return {"views": [{**place, "label": ""} for place in places]}


def _number(told: list[dict[str, Any]], steps: list[Record]) -> None:
    numbers = count(1)
    for step, shown in zip(steps, told, strict=True):
        if place_of(step):
            shown["number"] = next(numbers)


def _step(step: Record) -> dict[str, Any]:
    given = dict(step)
    view = _view(given) if step["type"] == "view" else {}
    return {
        "type": step["type"],
        "title": str(TITLES[step["type"]]),
        "name": step.get("name", ""),
        **({"view": view} if view else {}),
        "parts": [
            _part(name, given[name], prose=step["type"] in PROSE)
            for name in ("input", "output")
            if name in given
        ],
    }


def _view(step: Record) -> dict[str, str]:
    """What is told of a view in words, taken out of the step; the rest stays its input."""
    if not isinstance(step.get("input"), dict):
        return {}
    said = step.pop("input")
    others = {key: said[key] for key in said if key not in {*NUMBERS, "image"}}
    if others:
        step["input"] = others
    told = {key: short(said[key]) for key in NUMBERS if key in said}
    return told if is_of_case(said) else {"image": said["image"], **told}


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
