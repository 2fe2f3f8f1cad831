"""A plan, step by step, each with its place on the other side."""

from typing import Any

from arena.core.figures import written
from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import place_there, short
from evaluation.kinds.base import Record


class ActionPlanPresenter(Presenter):
    key = "action-plan"
    template = "voting/kinds/action-plan.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        there = place_there(shown, _actions)
        cost = shown.record.get("cost")
        return {
            "steps": [
                {
                    "action": step["action"],
                    "when": step.get("when", ""),
                    "html": markdown_html(step.get("reason", "")),
                    "there": there(action),
                }
                for step, action in zip(shown.record["steps"], _actions(shown.record), strict=True)
            ],
            "cost": f"{written(short(cost['value']))} {cost['unit']}" if cost else "",
        }


def _actions(record: Record) -> list[str]:
    return [" ".join(step["action"].casefold().split()) for step in record["steps"]]


PRESENTER = ActionPlanPresenter()
