"""How many are still without the event, over time."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.kinds import checks, curves
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.curves import curve_at, restricted_mean

MOST_CURVES = 6


class SurvivalCurve:
    """``{"time_unit": str, "curves": [{"name", "t", "S", "lower", "upper"}, …]}``.

    ``S`` falls from 1 and stays the same until the next time; ``lower`` and ``upper`` may be left
    out. One curve may also stand in the record itself: ``{"t": …, "S": …}``. Of a patient whose
    event is known, the reference is 1 until then and 0 after.
    """

    key = "survival-curve"
    title = "Survival curve"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        if isinstance(record, Mapping) and "curves" not in record:
            inner = ["lower", "upper", "name", "time_unit"]
            checks.fields(record, "", required=["t", "S"], optional=inner)
            found = [_curve(record, "")]
        else:
            checks.fields(record, "", required=["curves"], optional=["time_unit"])
            given = checks.items(record["curves"], "curves", most=MOST_CURVES)
            found = [_one_of_several(item, f"curves[{i}]") for i, item in enumerate(given)]
        checks.once([curve["name"] for curve in found], "curves", "name")
        unit = curves.line(record.get("time_unit"), "time_unit")
        return {"time_unit": unit, "curves": found}

    def is_empty(self, record: Record) -> bool:
        return not record["curves"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Mean squared distance over the time both cover, and distance of the mean times within it.

        Against the known event of one patient the first is the integrated Brier score.
        """
        true = {curve["name"]: curve for curve in reference["curves"]}
        both = [(c, true[c["name"]]) for c in record["curves"] if c["name"] in true]
        squares = [_squared_distance(*pair) for pair in both]
        means = [_difference_of_means(*pair) for pair in both]
        nothing = float("nan")
        return {
            "integrated_brier": float(np.mean(squares)) if squares else nothing,
            "rmst_error": float(np.mean(means)) if means else nothing,
        }


def _one_of_several(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["name", "t", "S"], optional=["lower", "upper"])
    return _curve(item, f"{field}.")


def _curve(item: Mapping[str, Any], field: str) -> Record:
    t = curves.times(item["t"], f"{field}t", least=0)
    survival = curves.values(item["S"], f"{field}S", count=len(t), least=0, most=1)
    for i, (before, after) in enumerate(itertools.pairwise(survival), start=1):
        if after > before:
            raise RecordError(f"{field}S[{i}]", f"is {after:g}, above {before:g}: it cannot rise")
    return {
        "name": curves.line(item.get("name"), f"{field}name"),
        "t": t,
        "S": survival,
        **curves.interval(item, field, survival, least=0, most=1),
    }


def _grid(found: Record, true: Record) -> np.ndarray:
    """All times at which either curve changes, from 0 to the last that both have."""
    end = min(found["t"][-1], true["t"][-1])
    return np.array(sorted({0.0, end, *(t for t in (*found["t"], *true["t"]) if 0 < t < end)}))


def _squared_distance(found: Record, true: Record) -> float:
    at = _grid(found, true)
    if len(at) < 2:
        return float("nan")
    gaps = curve_at(found["t"], found["S"], at[:-1]) - curve_at(true["t"], true["S"], at[:-1])
    return float((gaps**2 * np.diff(at)).sum() / at[-1])


def _difference_of_means(found: Record, true: Record) -> float:
    end = min(found["t"][-1], true["t"][-1])
    means = [restricted_mean(curve["t"], curve["S"], end) for curve in (found, true)]
    return abs(means[0] - means[1])


KIND = SurvivalCurve()
