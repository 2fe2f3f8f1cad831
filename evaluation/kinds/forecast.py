"""Values to come, one series or several, with or without their uncertainty."""

from collections.abc import Iterator, Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks, curves
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.forecast import coverage, symmetric_percentage_error
from evaluation.scores.regression import mean_absolute_error

MOST_SERIES = 8
INNER = ("value", "lower", "upper", "name", "unit")


class Forecast:
    """``{"t": [number, …], "time_unit": str, "series": [{"name", "unit", "value", …}, …]}``.

    A series has a ``value`` for each time, and may have ``lower`` and ``upper`` (of 95 %). One
    series may also stand in the record itself: ``{"t": …, "value": …, "lower": …, "upper": …}``.
    """

    key = "forecast"
    title = "Forecast"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        if isinstance(record, Mapping) and "series" not in record:
            checks.fields(record, "", required=["t", "value"], optional=["time_unit", *INNER])
            t = curves.times(record["t"], "t")
            found = [_series(record, "", len(t))]
        else:
            checks.fields(record, "", required=["t", "series"], optional=["time_unit"])
            t = curves.times(record["t"], "t")
            given = checks.items(record["series"], "series", most=MOST_SERIES)
            found = [_one_of_several(item, f"series[{i}]", len(t)) for i, item in enumerate(given)]
        checks.once([(one["name"], one["unit"]) for one in found], "series", "name")
        unit = curves.line(record.get("time_unit"), "time_unit")
        return {"t": t, "time_unit": unit, "series": found}

    def is_empty(self, record: Record) -> bool:
        return not record["series"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Absolute and relative error at times both have, averaged over the series of both.

        ``coverage`` is the share of values inside their intervals.
        """
        pairs = list(_pairs(record, reference))
        errors = [mean_absolute_error(found["value"], true) for found, true in pairs]
        shares = [symmetric_percentage_error(found["value"], true) for found, true in pairs]
        inside = [coverage(f["lower"], f["upper"], true) for f, true in pairs if "lower" in f]
        covered = {"coverage": _mean(inside)} if inside else {}
        return {"mae": _mean(errors), "smape": _mean(shares), **covered}


def _one_of_several(item: Any, field: str, count: int) -> Record:
    checks.fields(item, field, required=["name", "value"], optional=["unit", "lower", "upper"])
    return _series(item, f"{field}.", count)


def _series(item: Mapping[str, Any], field: str, count: int) -> Record:
    value = curves.values(item["value"], f"{field}value", count=count)
    return {
        "name": curves.line(item.get("name"), f"{field}name"),
        "unit": curves.line(item.get("unit"), f"{field}unit"),
        "value": value,
        **curves.interval(item, field, value),
    }


def _pairs(record: Record, reference: Record) -> Iterator[tuple[Record, list[float]]]:
    """Each series of both, cut to the times of both, with the reference's values."""
    common = sorted(set(record["t"]) & set(reference["t"]))
    if not common:
        return
    true = {(one["name"], one["unit"]): one["value"] for one in reference["series"]}
    at, there = ([side["t"].index(time) for time in common] for side in (record, reference))
    for one in record["series"]:
        if (one["name"], one["unit"]) in true:
            lists = {
                key: [one[key][i] for i in at] for key in ("value", "lower", "upper") if key in one
            }
            yield lists, [true[one["name"], one["unit"]][i] for i in there]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else nan


KIND = Forecast()
