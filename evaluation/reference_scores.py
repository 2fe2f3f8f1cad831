"""Automatic scores of many outputs: means over cases, and whether raters prefer what scores higher.

A score compares one output with the reference of its case; the scores themselves are in
`evaluation.scores` and are chosen by the output kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from evaluation.comparisons import DataError, FloatArray, IntArray
from evaluation.proportions import Proportion, clustered_proportion

METHOD = "mean over cases with Student's t interval, cases as the unit"


@dataclass(frozen=True)
class MeanScore:
    """`lower` and `upper` are None where fewer than two cases were scored."""

    value: float
    lower: float | None
    upper: float | None
    n_cases: int


def mean_over_cases(
    values: FloatArray, cases: Sequence[object], *, confidence: float = 0.95
) -> MeanScore:
    """Mean of (N,) scores; repeats of a case are averaged first, so that each case weighs the same.

    Student's t interval with the case as the unit: another draw of cases is what the reader wants
    to be told about. Raises `DataError` if there is no score, or one is not a finite number.
    """
    if len(values) == 0:
        raise DataError("there is no score")
    if not np.isfinite(values).all():
        raise DataError("a score is not a finite number")
    _, place = np.unique(np.asarray(cases, dtype=str), return_inverse=True)
    means = np.bincount(place, weights=values) / np.bincount(place)
    n, value = len(means), float(means.mean())
    if n < 2:
        return MeanScore(value, None, None, n)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2) * means.std(ddof=1) / np.sqrt(n))
    return MeanScore(value, value - half, value + half, n)


def preferred_is_higher(
    preferred: FloatArray, other: FloatArray, rater: IntArray, *, confidence: float = 0.95
) -> Proportion:
    """How often the output that a rater preferred has the higher score; (N,) arrays, one per vote.

    Equal scores say nothing and are left out. The interval is clustered by rater. Half means that
    the score knows nothing of what raters prefer; far below half, that low values are liked.
    Raises `DataError` if no vote is between outputs of different score.
    """
    telling = preferred != other
    _, place = np.unique(rater[telling], return_inverse=True)
    higher = (preferred > other)[telling]
    trials = np.bincount(place)
    events = np.bincount(place, weights=higher).astype(np.int64)
    return clustered_proportion(events, trials, confidence=confidence)
