"""Ranked lists against the relevant items, the best first.

A repeated item counts once, at its first place. Raises `ValueError` for k below 1.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from math import log2, nan


def recall_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """Share of the relevant items among the first k; NaN without relevant items."""
    wanted = set(relevant)
    return len(set(_first(ranked, k)) & wanted) / len(wanted) if wanted else nan


def precision_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """Share of k that is relevant among the first k; a shorter list fills up with misses."""
    return len(set(_first(ranked, k)) & set(relevant)) / k


def hit_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """1 if a relevant item is among the first k, else 0 (top-k accuracy)."""
    return float(bool(set(_first(ranked, k)) & set(relevant)))


def reciprocal_rank(ranked: Sequence[Hashable], relevant: Collection[Hashable]) -> float:
    """1 / place of the first relevant item, 0 if there is none; its mean over cases is the MRR.

    Source: Voorhees (1999), "TREC-8 question answering track report".
    """
    wanted = set(relevant)
    places = enumerate(dict.fromkeys(ranked), start=1)
    return next((1 / place for place, item in places if item in wanted), 0.0)


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

    Items without a gain count 0. Source: Järvelin & Kekäläinen (2002), ACM TOIS 20:422, with linear
    gains. Raises `ValueError` for a gain below 0.
    """
    if any(not gain >= 0 for gain in gains.values()):
        raise ValueError("a gain is below 0 or missing")
    unique = _first(ranked, len(ranked) + 1 if k is None else k)
    best = _discounted(sorted(gains.values(), reverse=True)[:k])
    return _discounted([gains.get(item, 0.0) for item in unique]) / best if best else nan


def _first(ranked: Sequence[Hashable], k: int) -> list[Hashable]:
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    return list(dict.fromkeys(ranked))[:k]


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, start=1))
