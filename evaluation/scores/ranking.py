"""Ranked lists against the relevant items: the best first, each item once."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from math import log2, nan


def recall_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """Share of the relevant items among the first k; NaN without relevant items."""
    wanted = set(relevant)
    return len(set(ranked[:k]) & wanted) / len(wanted) if wanted else nan


def precision_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """Share of k that is relevant among the first k; a shorter list fills up with misses."""
    return len(set(ranked[:k]) & set(relevant)) / k


def hit_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """1 if a relevant item is among the first k, else 0 (top-k accuracy)."""
    return float(bool(set(ranked[:k]) & set(relevant)))


def reciprocal_rank(ranked: Sequence[Hashable], relevant: Collection[Hashable]) -> float:
    """1 / place of the first relevant item, 0 if there is none; its mean over cases is the MRR.

    Source: Voorhees (1999), "TREC-8 question answering track report".
    """
    wanted = set(relevant)
    return next((1 / place for place, item in enumerate(ranked, 1) if item in wanted), 0.0)


def average_precision(ranked: Sequence[Hashable], relevant: Collection[Hashable]) -> float:
    """Mean over the relevant items of the precision at their places; NaN without any.

    Source: Manning, Raghavan & Schütze, *Introduction to Information Retrieval* (2008), § 8.4.
    """
    wanted = set(relevant)
    hits, total = 0, 0.0
    for place, item in enumerate(dict.fromkeys(ranked), start=1):
        if item in wanted:
            hits += 1
            total += hits / place
    return total / len(wanted) if wanted else nan


def ndcg(
    ranked: Sequence[Hashable], gains: Mapping[Hashable, float], k: int | None = None
) -> float:
    """Σ gain / log2(place + 1) of the first k over that of the best order; NaN without gains.

    Source: Järvelin & Kekäläinen (2002), ACM TOIS 20:422, with linear gains.
    """
    best = _discounted(sorted(gains.values(), reverse=True)[:k])
    unique = list(dict.fromkeys(ranked))[:k]
    return _discounted([gains.get(item, 0.0) for item in unique]) / best if best else nan


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, start=1))
