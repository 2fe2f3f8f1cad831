"""Chosen labels against true labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import nan, sqrt
from statistics import NormalDist, fmean

from evaluation.scores.overlap import Overlap


def accuracy(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Share of answers that are right; NaN without answers."""
    right = sum(a == b for a, b in zip(found, true, strict=True))
    return right / len(true) if true else nan


def wilson_interval(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share of n, never outside 0…1. Source: Wilson (1927), JASA 22:209."""
    if not n:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = hits / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / scale
    margin = z / scale * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(centre - margin, 0.0), min(centre + margin, 1.0)


def label_overlap(found: Sequence[Hashable], true: Sequence[Hashable], label: Hashable) -> Overlap:
    """One label against the rest: its recall is sensitivity, its precision predictive value."""
    hits = sum(a == label == b for a, b in zip(found, true, strict=True))
    return Overlap(hits, list(found).count(label), hits, list(true).count(label))


def macro_f1(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Mean of the F1 of every label that occurs; NaN without answers."""
    labels = dict.fromkeys([*found, *true])
    return fmean(label_overlap(found, true, label).f1 for label in labels) if labels else nan


def balanced_accuracy(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Mean of the recalls of the true labels. Source: Brodersen et al. (2010), ICPR."""
    labels = dict.fromkeys(true)
    return fmean(label_overlap(found, true, label).recall for label in labels) if labels else nan
