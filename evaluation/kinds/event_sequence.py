"""Events in order of time: what is expected to happen, or what a text says has happened."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.overlap import bag_overlap
from evaluation.scores.ranking import precision_at
from evaluation.scores.records import order_accuracy

UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")
MOST_EVENTS = 1000


class EventSequence:
    """``{"events": [{"code": str, "term": str, "t": number}, …], "unit": str}``, in order of ``t``.

    ``t`` counts from the case's present in ``unit``, which is days unless it is given. Without
    times the events stand in their own order; some with and some without is refused.
    """

    key = "event-sequence"
    title = "Events in order"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["events"], optional=["unit"])
        events = checks.each(record["events"], "events", _event, most=MOST_EVENTS)
        timed = ["t" in event for event in events]
        if any(timed) and not all(timed):
            raise RecordError(f"events[{timed.index(False)}].t", "is missing; others have one")
        checks.once(
            [(event.get("t", i), event["code"]) for i, event in enumerate(events)], "events"
        )
        unit = checks.one_of(record.get("unit") or "days", "unit", UNITS)
        return {"events": sorted(events, key=lambda event: event.get("t", 0)), "unit": unit}

    def is_empty(self, record: Record) -> bool:
        return not record["events"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """By code; order over the events that both have."""
        found, true = ([event["code"] for event in r["events"]] for r in (record, reference))
        return {
            "precision_5": precision_at(found, true, 5),
            "f1": bag_overlap(found, true).f1,
            "order_accuracy": order_accuracy(found, true),
        }


def _event(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["code"], optional=["term", "t"])
    code = checks.word(item["code"], f"{field}.code", most=200)
    return {"code": code, **checks.given(item, field, term=_term, t=checks.number)}


def _term(value: Any, field: str) -> str:
    return checks.word(value, field, most=300)


KIND = EventSequence()
