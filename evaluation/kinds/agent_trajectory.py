"""What an agent did, step by step: thoughts, tool calls, what it looked at, what it said."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.kinds.views import view
from evaluation.scores.overlap import bag_overlap
from evaluation.scores.records import edit_similarity
from evaluation.scores.text import token_f1

TYPES = ("thought", "tool-call", "tool-result", "view", "message")
MOST_STEPS = 1000


class AgentTrajectory:
    """``{"steps": [{"type": str, "name": str, "input": any, "output": any, "t": number}, …]}``.

    ``name`` is that of the tool; ``input`` and ``output`` are text or JSON. A ``view`` says with
    its input what was looked at: ``{"x": 0, "y": 0, "width": 512, "height": 512, "zoom": 10}``, in
    pixels of the case's image at its full size.
    The last message is the answer. ``t`` is taken and not kept: how long steps take would tell
    raters which system they read.
    """

    key = "agent-trajectory"
    title = "Steps of an agent"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["steps"])
        steps = checks.each(record["steps"], "steps", partial(_step, case=case), most=MOST_STEPS)
        return checks.readable({"steps": steps})

    def is_empty(self, record: Record) -> bool:
        return not record["steps"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Tools chosen (in any order), steps taken (in their order), and the last message."""
        found, true = record["steps"], reference["steps"]
        return {
            "tool_f1": bag_overlap(_tools(found), _tools(true)).f1,
            "step_similarity": edit_similarity(_steps(found), _steps(true)),
            "token_f1": token_f1(_answer(found), _answer(true)),
        }


def _tools(steps: list[Record]) -> list[str]:
    return [step["name"] for step in steps if step["type"] == "tool-call" and "name" in step]


def _steps(steps: list[Record]) -> list[tuple[str, str]]:
    return [(step["type"], step.get("name", "")) for step in steps]


def _answer(steps: list[Record]) -> str:
    said = [step.get("output", step.get("input")) for step in steps if step["type"] == "message"]
    return str(said[-1]) if said else ""


def _step(item: Any, field: str, *, case: CaseFacts) -> Record:
    checks.fields(item, field, required=["type"], optional=["name", "input", "output", "t"])
    kind = checks.one_of(item["type"], f"{field}.type", TYPES)
    given = partial(view, case=case) if kind == "view" else checks.plain
    known = checks.given(item, field, name=_name, input=given, output=checks.plain, t=checks.number)
    known.pop("t", None)
    if not known:
        raise RecordError(field, "says nothing: give its name, input or output")
    return {"type": kind, **known}


def _name(value: Any, field: str) -> str:
    return checks.word(value, field, most=200)


KIND = AgentTrajectory()
