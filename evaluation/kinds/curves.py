"""Numbers over time, as records hold them: rising times, and lists as long as those."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import Record, RecordError

MOST_TIMES = 2_000


def line(value: Any, field: str) -> str:
    """A name or unit on one line; empty where there is none."""
    return "" if value in (None, "") else checks.word(value, field)


def times(value: Any, field: str, *, least: float = -checks.LARGEST) -> list[float]:
    """One time or more, each later than the one before."""
    given = checks.items(value, field, most=MOST_TIMES)
    found = [checks.number(time, f"{field}[{i}]", least=least) for i, time in enumerate(given)]
    if not found:
        raise RecordError(field, "is empty")
    for i, (before, after) in enumerate(itertools.pairwise(found), start=1):
        if after <= before:
            raise RecordError(f"{field}[{i}]", f"is {after:g}; it must come after {before:g}")
    return found


def values(
    value: Any,
    field: str,
    *,
    count: int,
    least: float = -checks.LARGEST,
    most: float = checks.LARGEST,
) -> list[float]:
    """A number for each time."""
    given = checks.items(value, field, most=MOST_TIMES)
    if len(given) != count:
        raise RecordError(field, f"has {len(given)} numbers for {count} times")
    return [
        checks.number(number, f"{field}[{i}]", least=least, most=most)
        for i, number in enumerate(given)
    ]


def interval(
    item: Mapping[str, Any],
    field: str,
    middle: Sequence[float],
    *,
    least: float = -checks.LARGEST,
    most: float = checks.LARGEST,
) -> Record:
    """``lower`` and ``upper`` around the values, both or neither."""
    if item.get("lower") is None and item.get("upper") is None:
        return {}
    found: Record = {}
    for key in ("lower", "upper"):
        if item.get(key) is None:
            raise RecordError(f"{field}{key}", "is missing: an interval has two ends")
        found[key] = values(item[key], f"{field}{key}", count=len(middle), least=least, most=most)
    ends = zip(found["lower"], middle, found["upper"], strict=True)
    for i, (low, value, high) in enumerate(ends):
        if low > value:
            raise RecordError(f"{field}lower[{i}]", f"is {low:g}, above the value {value:g}")
        if high < value:
            raise RecordError(f"{field}upper[{i}]", f"is {high:g}, below the value {value:g}")
    return found
