"""Events on the rows of both sides' times, so that equal times stand at equal height."""

from collections.abc import Callable, Mapping
from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import joined, short
from arena.voting.presenters.scales import both
from evaluation.kinds.base import Record


class EventSequencePresenter(Presenter):
    key = "event-sequence"
    template = "voting/kinds/event-sequence.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """Where times are missing, or in two units, rows are places in the sequence."""
        records = both(shown)
        timed = all("t" in event for record in records for event in record["events"])
        timed = timed and len({record["unit"] for record in records}) == 1
        codes = {event["code"] for event in shown.other["events"]} if shown.other else None
        return {
            "unit": shown.record["unit"],
            "timed": timed,
            "rows": [
                {"key": row.key, "events": [_event(event, codes) for event in row.own or []]}
                for row in joined(shown, _by_time if timed else _by_place, order=_number)
            ],
        }


def _by_time(record: Record) -> Mapping[str, list[Record]]:
    return _grouped(record, lambda place, event: event["t"])


def _by_place(record: Record) -> Mapping[str, list[Record]]:
    return _grouped(record, lambda place, event: place)


def _grouped(record: Record, key: Callable[[int, Record], float]) -> Mapping[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for place, event in enumerate(record["events"], start=1):
        groups.setdefault(short(key(place, event), 6), []).append(event)
    return groups


def _event(event: Record, codes: set[str] | None) -> dict[str, Any]:
    met = "" if codes is None else "same" if event["code"] in codes else "here"
    when = short(event["t"], 6) if "t" in event else ""
    return {"code": event["code"], "term": event.get("term", ""), "t": when, "met": met}


def _number(key: str) -> float:
    return float(key)


PRESENTER = EventSequencePresenter()
