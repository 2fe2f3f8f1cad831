"""One number with its unit."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError


class RegressionValue:
    """``{"value": number, "unit": str, "interval": [low, high], "confidence": p}``.

    ``unit`` is left out where there is none; ``interval`` may be, and ``confidence`` says how
    likely the value lies in it.
    """

    key = "regression-value"
    title = "Number with unit"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        optional = ["unit", "interval", "confidence"]
        checks.fields(record, "", required=["value"], optional=optional)
        known = checks.given(
            record, "", unit=_unit, interval=_interval, confidence=checks.probability
        )
        if "confidence" in known and "interval" not in known:
            raise RecordError("confidence", "says nothing without an interval")
        return {"value": checks.number(record["value"], "value"), **known}

    def is_empty(self, record: Record) -> bool:
        """Never: a number is an answer."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Errors in the reference's unit; undefined where the answer is in another."""
        same = record.get("unit") == reference.get("unit")
        error = abs(record["value"] - reference["value"]) if same else nan
        size = abs(reference["value"])
        scores = {"absolute_error": error, "relative_error": error / size if size else nan}
        if same and "interval" in record:
            low, high = record["interval"]
            scores["inside_interval"] = float(low <= reference["value"] <= high)
        return scores


def _unit(value: Any, field: str) -> str:
    return checks.word(value, field, most=40)


def _interval(value: Any, field: str) -> list[float]:
    bounds = checks.each(value, field, checks.number, most=2)
    if len(bounds) != 2:
        raise RecordError(field, "must be the lower and the upper bound")
    if bounds[0] > bounds[1]:
        raise RecordError(f"{field}[1]", f"is {bounds[1]:g}, below the lower bound {bounds[0]:g}")
    return bounds


KIND = RegressionValue()
