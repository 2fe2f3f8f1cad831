"""Precision, recall and F1 from counts: the shape that sets, spans, relations and points share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Overlap:
    """How far found things are the right ones.

    `hits_found` of `n_found` things found are right, `hits_true` of `n_true` things to find were
    found; the two hit counts differ only where one thing may answer to several.
    """

    hits_found: float
    n_found: float
    hits_true: float
    n_true: float

    @property
    def precision(self) -> float:
        """Share of the found that is right; 1 if nothing was found and nothing was to find."""
        return _share(self.hits_found, self.n_found, empty=float(self.n_true == 0))

    @property
    def recall(self) -> float:
        """Share of the things to find that were found; 1 if there were none and none was found."""
        return _share(self.hits_true, self.n_true, empty=float(self.n_found == 0))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall (van Rijsbergen, *Information Retrieval*, 1979)."""
        return f_score(self.precision, self.recall)

    def __add__(self, other: Overlap) -> Overlap:
        """Counts of both together: the micro average."""
        return Overlap(
            self.hits_found + other.hits_found,
            self.n_found + other.n_found,
            self.hits_true + other.hits_true,
            self.n_true + other.n_true,
        )


def f_score(precision: float, recall: float, beta: float = 1.0) -> float:
    """F_β = (1+β²)PR / (β²P+R); 0 where both are 0. Source: van Rijsbergen (1979), chapter 7."""
    weighted = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / weighted if weighted else 0.0


def set_overlap(found: Collection[Hashable], true: Collection[Hashable]) -> Overlap:
    """Overlap of two collections read as sets (codes, relations, citations).

    Its precision, recall and F1 are those of Overlap; counts of several cases add up (micro).
    """
    common = len(set(found) & set(true))
    return Overlap(common, len(set(found)), common, len(set(true)))


def bag_overlap(found: Collection[Hashable], true: Collection[Hashable]) -> Overlap:
    """Overlap of two collections with repetition: each item counts as often as both have it."""
    common = (Counter(found) & Counter(true)).total()
    return Overlap(common, len(found), common, len(true))


def jaccard(found: Collection[Hashable], true: Collection[Hashable]) -> float:
    """|A∩B| / |A∪B|, 1 for two empty sets. Source: Jaccard (1912), New Phytol 11:37."""
    union = set(found) | set(true)
    return len(set(found) & set(true)) / len(union) if union else 1.0


def _share(part: float, whole: float, *, empty: float) -> float:
    return part / whole if whole else empty
