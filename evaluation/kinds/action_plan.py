"""What to do, in order: a treatment, a work-up, a sequence of decisions."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.overlap import bag_overlap
from evaluation.scores.records import edit_similarity, order_accuracy

MOST_STEPS = 500


class ActionPlan:
    """``{"steps": [{"action": str, "when": str, "reason": str}, …], "cost": {"value", "unit"}}``.

    ``when``, ``reason`` (markdown) and ``cost`` may be left out; a bare string is an action.
    """

    key = "action-plan"
    title = "Plan of action"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["steps"], optional=["cost"])
        steps = checks.each(record["steps"], "steps", _step, most=MOST_STEPS)
        return checks.readable({"steps": steps, **checks.given(record, "", cost=_cost)})

    def is_empty(self, record: Record) -> bool:
        return not record["steps"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Actions are the same if their words are, apart from case; costs if their units are."""
        found, true = (
            [" ".join(step["action"].casefold().split()) for step in r["steps"]]
            for r in (record, reference)
        )
        scores = {
            "f1": bag_overlap(found, true).f1,
            "order_accuracy": order_accuracy(found, true),
            "edit_similarity": edit_similarity(found, true),
        }
        ours, theirs = record.get("cost"), reference.get("cost")
        if ours and theirs and ours["unit"] == theirs["unit"]:
            scores["cost_error"] = abs(ours["value"] - theirs["value"])
        return scores


def _step(item: Any, field: str) -> Record:
    if isinstance(item, str):
        return {"action": _action(item, field)}
    checks.fields(item, field, required=["action"], optional=["when", "reason"])
    action = _action(item["action"], f"{field}.action")
    return {"action": action, **checks.given(item, field, when=_when, reason=checks.prose)}


def _action(value: Any, field: str) -> str:
    return checks.prose(value, field, most=5000)


def _when(value: Any, field: str) -> str:
    return checks.word(value, field, most=200)


def _cost(value: Any, field: str) -> Record:
    checks.fields(value, field, required=["value", "unit"])
    number = checks.number(value["value"], f"{field}.value", least=0)
    return {"value": number, "unit": checks.word(value["unit"], f"{field}.unit", most=40)}


KIND = ActionPlan()
