"""Events of a patient up to a cut-off: what was not known by then never leaves this module.

An event counts as known when all its times have passed: that of the event, and those at which it
was written down or reported. What is said of an event's end is kept only if it ended by then. Times
become days before the cut-off, so that no date is kept.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arena.studies.readers.moments import days_between, moment, moment_span

LONGEST = {"lane": 40, "text": 2000, "code": 80, "value": 2000}
FIELDS = ("time", "lane", "text", "code", "value", "unit", "until", "known")


@dataclass(frozen=True)
class RawEvent:
    """An event as it was brought, with its times as they were written."""

    time: str
    lane: str
    text: str
    code: str = ""
    value: str = ""
    until: str = ""
    known: tuple[str, ...] = ()
    """Further times that must have passed: recorded, issued."""


def events_until(events: Iterable[RawEvent], cutoff: str) -> list[dict[str, Any]]:
    """The events known at the cut-off, oldest first; raises ``ValueError`` for a faulty time."""
    end = moment(cutoff)
    found = [_event(event, end) for event in events if _known(event, end)]
    return sorted(found, key=lambda event: (event["days"], event["lane"], event["text"]))


def age_at(birth: str, cutoff: str) -> int:
    """Whole years; 90 stands for all above 89, as the law on identifiers has it."""
    born, end = moment(birth), moment(cutoff)
    years = end.year - born.year - ((end.month, end.day) < (born.month, born.day))
    return min(90, max(0, years))


def raw_event(row: Mapping[str, Any]) -> RawEvent:
    """An event from the columns of a table; raises ``ValueError`` naming the faulty one."""
    for name in row:
        if name not in FIELDS:
            raise ValueError(f"{name!r} is not a field of an event; there are {', '.join(FIELDS)}")
    values = {name: _text(row.get(name), name) for name in FIELDS}
    for name in ("time", "lane", "text"):
        if not values[name]:
            raise ValueError(f"{name!r} is missing")
    unit = f" {values['unit']}" if values["value"] and values["unit"] else ""
    known = (values["known"],) if values["known"] else ()
    return RawEvent(
        time=values["time"],
        lane=values["lane"],
        text=values["text"],
        code=values["code"],
        value=values["value"] + unit,
        until=values["until"],
        known=known,
    )


def number_text(value: float) -> str:
    return f"{value:.6g}"


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{name!r} is {type(value).__name__}, not text")
    if isinstance(value, float):
        return number_text(value) if math.isfinite(value) else ""
    return str(value).strip()


def _known(event: RawEvent, end: datetime) -> bool:
    return all(moment_span(time)[1] <= end for time in (event.time, *event.known))


def _event(event: RawEvent, end: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {
        "days": days_between(end, moment(event.time)),
        "lane": event.lane[: LONGEST["lane"]],
        "text": event.text[: LONGEST["text"]],
    }
    for name in ("code", "value"):
        if getattr(event, name):
            found[name] = getattr(event, name)[: LONGEST[name]]
    if event.until and moment_span(event.until)[1] <= end:
        found["until"] = days_between(end, moment(event.until))
    return found
