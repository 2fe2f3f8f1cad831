"""Which interval the data can carry, and what to say where it carries none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.clustering import INTERVALS
from evaluation.comparisons import Comparisons, DataError, compact

FEWEST_CLUSTERS = 5  # below this, the spread between clusters cannot be estimated
MOST_NAMES = 8  # as many as a sentence about them bears


def interval_for(votes: Comparisons, interval: str) -> tuple[str, list[str]]:
    """The interval the data can carry, and a warning if it is not the one asked for."""
    if interval == "two-way":
        if votes.rater is not None and votes.case is not None:
            return interval, []
        if votes.rater is not None:
            return "rater", ["no case column: intervals allow for raters only"]
        if votes.case is not None:
            return "case", ["no rater column: intervals allow for cases only"]
        text = "no rater and no case column: intervals take every vote as independent"
        return "vote", [f"{text} and are too narrow where one rater or one case gave several"]
    needed = {"rater": ["rater"], "case": ["case"], "bootstrap": ["rater", "case"]}
    for column in needed.get(interval, []):
        if getattr(votes, column) is None:
            raise DataError(f"a {interval} interval needs a {column} column")
    if interval == "bootstrap" and votes.cell is not None:
        raise DataError("counts do not say which rater judged which case: nothing to resample")
    if interval in ("vote", "fisher") and (votes.rater is not None or votes.case is not None):
        return interval, ["intervals take every vote as independent; not for publication"]
    return interval, []


def too_few(votes: Comparisons, interval: str) -> str | None:
    """Why intervals on `votes` are withheld, or None if there are clusters enough."""
    for column in ("rater", "case"):
        n = n_distinct(getattr(votes, column))
        if interval in ("two-way", "bootstrap", column) and n is not None and n < FEWEST_CLUSTERS:
            return (
                f"too few {column}s for inference: {n} of at least {FEWEST_CLUSTERS}, "
                f"so intervals and ranks of {braces(votes.names)} are withheld"
            )
    return None


def interval_label(interval: str) -> str:
    """What stands in a result's method."""
    return {
        "bootstrap": "intervals from resampling raters and cases (pigeonhole bootstrap)",
        "two-way": "intervals clustered by rater and by case",
        "rater": "intervals clustered by rater",
        "case": "intervals clustered by case",
        "vote": "sandwich intervals for independent votes",
        "fisher": "intervals from the Fisher information",
    }[interval]


def refuse_interval(interval: str, confidence: float, known: Sequence[str] = INTERVALS) -> None:
    """Raises `DataError` for options that mean nothing."""
    if interval not in known:
        raise DataError(f"unknown interval {interval!r}; use one of {', '.join(known)}")
    if not 0 < confidence < 1:
        raise DataError(f"confidence must lie between 0 and 1, not {confidence}")


def n_distinct(codes: NDArray[np.integer] | None) -> int | None:
    """How many raters or cases there are, if it is known."""
    return None if codes is None else compact(codes)[1]


def braces(names: tuple[str, ...]) -> str:
    """A set of names as it stands in a sentence, cut short where it would be the sentence."""
    if len(names) > MOST_NAMES:
        return "{" + ", ".join(names[: MOST_NAMES - 1]) + f", … {len(names)} in all" + "}"
    return "{" + ", ".join(names) + "}"
