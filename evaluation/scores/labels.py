"""Chosen labels against true labels, one of each per case.

Raises `ValueError` for sequences of unequal length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import nan, sqrt
from statistics import NormalDist, fmean

from evaluation.scores.columns import a_share, same_length
from evaluation.scores.overlap import Overlap


def accuracy(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Share of answers that are right; NaN without answers."""
    same_length(found, true, "labels")
    right = sum(a == b for a, b in zip(found, true, strict=True))
    return right / len(true) if true else nan


def wilson_interval(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share of n, never outside 0…1, and all of it without cases.

    Source: Wilson (1927), JASA 22:209. Raises `ValueError` for more hits than cases.
    """
    a_share(confidence, "the confidence")
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n} cases")
    if not n:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = hits / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / scale
    margin = z / scale * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(centre - margin, 0.0), min(centre + margin, 1.0)


def label_overlap(found: Sequence[Hashable], true: Sequence[Hashable], label: Hashable) -> Overlap:
    """One label against the rest: its recall is sensitivity, its precision predictive value."""
    same_length(found, true, "labels")
    hits = sum(a == label == b for a, b in zip(found, true, strict=True))
    return Overlap(hits, list(found).count(label), hits, list(true).count(label))


def macro_f1(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Mean of the F1 of every label that occurs on either side; NaN without answers.

    Source: Opitz & Burst (2019), arXiv:1911.03347, the mean of F1 (not the F1 of means).
    """
    same_length(found, true, "labels")
    parts = _overlaps(found, true)
    return fmean(part.f1 for part in parts) if parts else nan


def balanced_accuracy(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Mean of the recalls of the labels that occur in truth; NaN without answers.

    Source: Brodersen et al. (2010), ICPR.
    """
    same_length(found, true, "labels")
    parts = [part for part in _overlaps(found, true) if part.n_true]
    return fmean(part.recall for part in parts) if parts else nan


def _overlaps(found: Sequence[Hashable], true: Sequence[Hashable]) -> list[Overlap]:
    """One for every label that occurs."""
    ours, theirs = Counter(found), Counter(true)
    hits = Counter(a for a, b in zip(found, true, strict=True) if a == b)
    labels = dict.fromkeys([*true, *found])
    return [Overlap(hits[label], ours[label], hits[label], theirs[label]) for label in labels]
