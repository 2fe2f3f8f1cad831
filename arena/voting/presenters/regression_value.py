"""A number with its unit, on a line that is the same on both sides."""

from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import short
from arena.voting.presenters.scales import both, nice_ticks
from evaluation.kinds.base import Record

DIGITS = 6


class RegressionValuePresenter(Presenter):
    key = "regression-value"
    template = "voting/kinds/regression-value.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        record = shown.record
        interval = [short(bound, DIGITS) for bound in record.get("interval", [])]
        confidence = record.get("confidence")
        return {
            "value": short(record["value"], DIGITS),
            "unit": record.get("unit", ""),
            "interval": interval,
            "confidence": "" if confidence is None else short(100 * confidence),
            "line": _line(shown),
        }


def _line(shown: Shown) -> dict[str, Any] | None:
    """Places from 0 to 100 on the line of both sides; ``None`` where their units differ."""
    if len({record.get("unit") for record in both(shown)}) > 1:
        return None
    numbers = [number for record in both(shown) for number in _numbers(record)]
    ticks = nice_ticks(min(numbers), max(numbers))
    low, high = ticks[0], ticks[-1]
    at = [round(100 * (number - low) / (high - low), 2) for number in _numbers(shown.record)]
    return {"low": short(low), "high": short(high), "value": at[0], "interval": at[1:]}


def _numbers(record: Record) -> list[float]:
    return [record["value"], *record.get("interval", [])]


PRESENTER = RegressionValuePresenter()
