"""How likely an outcome is, up to a horizon."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError


class RiskScore:
    """``{"p": number, "horizon": str, "outcome": str, "lower": number, "upper": number}``.

    ``horizon`` is in words, such as “30 days”. ``outcome`` may be left out where the study's
    question names it, and so may the interval; a reference has the probability 0 or 1.
    """

    key = "risk-score"
    title = "Risk of an outcome"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        optional = ["outcome", "lower", "upper"]
        checks.fields(record, "", required=["p", "horizon"], optional=optional)
        found: Record = {
            "p": checks.probability(record["p"], "p"),
            "horizon": checks.word(record["horizon"], "horizon"),
        }
        if record.get("outcome") is not None:
            found["outcome"] = checks.word(record["outcome"], "outcome", most=200)
        return {**found, **_interval(record, found["p"])}

    def is_empty(self, record: Record) -> bool:
        """Never: a risk of 0 is an answer."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Squared and absolute distance from the outcome; not a number for another horizon."""
        same = record["horizon"].casefold() == reference["horizon"].casefold()
        off = record["p"] - reference["p"] if same else nan
        return {"brier": off**2, "absolute_error": abs(off)}


def _interval(record: Mapping[str, Any], p: float) -> Record:
    room = {"lower": (0.0, p), "upper": (p, 1.0)}
    found = {
        key: checks.number(record[key], key, least=least, most=most)
        for key, (least, most) in room.items()
        if record.get(key) is not None
    }
    for key in room:
        if found and key not in found:
            raise RecordError(key, "is missing: an interval has two ends")
    return found


KIND = RiskScore()
