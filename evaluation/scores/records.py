"""Extracted records, tables and sequences of steps."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from math import isclose, isnan
from typing import Any


def field_accuracy(found: Mapping[str, Any], true: Mapping[str, Any]) -> float:
    """Share of the reference's fields that have the same value; 1 if it has none.

    Text is compared without case and outer spaces, numbers up to rounding (1e-9), two NaN are the
    same missing value; a field too much costs nothing here.
    """
    right = sum(name in found and _same(found[name], value) for name, value in true.items())
    return right / len(true) if true else 1.0


def execution_accuracy(
    found: Sequence[Sequence[Any]], true: Sequence[Sequence[Any]], *, ordered: bool = False
) -> float:
    """1 if two query results hold the same rows (in the same order if `ordered`), else 0.

    Rows count as often as they occur; numbers are compared to nine digits, NaN is an empty cell,
    all else is compared as it stands. Two results without rows are the same. Source: Yu et al.
    (2018), "Spider", EMNLP (execution accuracy).
    """
    ours, theirs = ([tuple(map(_cell, row)) for row in rows] for rows in (found, true))
    return float(ours == theirs if ordered else Counter(ours) == Counter(theirs))


def order_accuracy(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """Share of pairs of events common to both that come in the same order; 1 without a pair.

    (1 + Kendall's tau) / 2 over the common events; the first occurrence of an event counts. What
    is missing or too much does not count: read it with an overlap. Source: Kendall (1938),
    Biometrika 30:81; Lapata (2006), Comput Linguist 32:471, for its use with orders of events.
    """
    place = {event: i for i, event in reversed(list(enumerate(found)))}
    common = [place[event] for event in dict.fromkeys(true) if event in place]
    n_pairs = len(common) * (len(common) - 1) // 2
    return 1 - _inversions(common) / n_pairs if n_pairs else 1.0


def edit_similarity(found: Sequence[Hashable], true: Sequence[Hashable]) -> float:
    """1 − Levenshtein distance / longer length; 1 for two empty sequences.

    Source: Levenshtein (1966), Sov Phys Dokl 10:707.
    """
    row = list(range(len(true) + 1))
    for i, step in enumerate(found, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(true, start=1):
            replaced = diagonal + (step != other)
            diagonal, row[j] = row[j], min(replaced, row[j] + 1, row[j - 1] + 1)
    longest = max(len(found), len(true))
    return 1 - row[-1] / longest if longest else 1.0


def _same(a: Any, b: Any) -> bool:
    if a != a and b != b:
        return True
    if isinstance(a, int | float) and isinstance(b, int | float):
        return isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(a, str) and isinstance(b, str):
        return a.strip().casefold() == b.strip().casefold()
    return bool(a == b)


def _cell(value: Any) -> Hashable:
    if isinstance(value, float):
        if isnan(value):
            return None
        return int(value) if value.is_integer() else float(f"{value:.9g}")
    return value if isinstance(value, Hashable) else repr(value)


def _inversions(places: list[int]) -> int:
    """Pairs in falling order, counted while inserting from the left."""
    seen: list[int] = []
    falling = 0
    for place in places:
        at = bisect_right(seen, place)
        falling += len(seen) - at
        seen.insert(at, place)
    return falling
