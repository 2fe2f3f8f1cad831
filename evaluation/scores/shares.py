"""Shares of a whole against reference shares: compositions, mixtures, distributions over names."""

from __future__ import annotations

from collections.abc import Mapping


def total_variation(found: Mapping[str, float], true: Mapping[str, float]) -> float:
    """½ Σ |p − q|: the share that would have to change its name. 0…1, better is nearer 0.

    Source: Levin & Peres, *Markov Chains and Mixing Times* (2017), proposition 4.2.
    """
    names = {*found, *true}
    return sum(abs(found.get(name, 0.0) - true.get(name, 0.0)) for name in names) / 2


def top_match(found: Mapping[str, float], true: Mapping[str, float]) -> float:
    """1 if a name with the largest share of one side has the largest of the other, else 0."""
    tops = [
        {name for name, share in side.items() if share == max(side.values())}
        for side in (found, true)
    ]
    return float(bool(tops[0] & tops[1]))
