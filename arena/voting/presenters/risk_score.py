"""A risk on a bar whose scale is that of both sides, in percent and in people of a thousand."""

from typing import Any

from arena.voting.presenters.base import FIGURES, Presenter, Shown
from arena.voting.presenters.plots import Axis, at, axis
from arena.voting.presenters.scales import both
from evaluation.kinds.base import Record

ENDS = ("lower", "upper")


class RiskScorePresenter(Presenter):
    key = "risk-score"
    template = "voting/kinds/risk-score.html"
    styles = FIGURES

    def data(self, shown: Shown) -> dict[str, Any]:
        record = shown.record
        scale = axis([r["upper"] if "upper" in r else r["p"] for r in both(shown)], least=0)

        people = 1000 if min(r["p"] for r in both(shown)) < 0.1 else 100
        affected = round(people * record["p"])
        return {
            "p": record["p"],
            "percent": percent(record["p"]),
            "at": at(scale.share(record["p"])),
            "interval": [percent(record[end]) for end in ENDS if end in record],
            "whisker": _whisker(record, scale),
            "ticks": [
                {"at": at(scale.share(tick)), "percent": percent(tick)} for tick in scale.ticks
            ],
            "horizon": record["horizon"],
            "outcome": record.get("outcome", ""),
            "people": people,
            "affected": affected,
            "spared": people - affected,
        }


def _whisker(record: Record, scale: Axis) -> list[str]:
    """Both ends of the interval and its width."""
    if "lower" not in record:
        return []
    low, high = (scale.share(record[end]) for end in ENDS)
    return [at(low), at(high), at(high - low)]


def percent(share: float) -> str:
    """With as many digits as a risk of that size deserves."""
    digits = 1 if 0.1 <= share <= 0.9 else 2
    return f"{100 * share:.{digits}f}".rstrip("0").rstrip(".")


PRESENTER = RiskScorePresenter()
