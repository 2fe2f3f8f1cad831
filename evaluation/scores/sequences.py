"""Proteins, DNA and RNA, as letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import nan

import numpy as np


def identity(one: str, other: str) -> float:
    """Share of places with the same letter, over the longer of the two; 1 for two empty ones.

    Place by place, without an alignment: for designs on one backbone.
    """
    longer, shorter = max(len(one), len(other)), min(len(one), len(other))
    if not longer:
        return 1.0
    ours, theirs = (np.frombuffer(s[:shorter].encode("ascii"), np.uint8) for s in (one, other))
    return float((ours == theirs).sum() / longer)


def recovery(found: Mapping[str, str], true: Mapping[str, str]) -> float:
    """Mean identity to the true sequences, by name; one that is missing counts 0.

    Source: Dauparas et al. (2022), Science 378:49 (sequence recovery). NaN without true ones.
    """
    if not true:
        return nan
    return sum(identity(found[n], true[n]) if n in found else 0.0 for n in true) / len(true)


def diversity(sequences: Sequence[str]) -> float:
    """Mean of 1 − identity over all pairs; NaN for fewer than two sequences.

    Source: Nei & Li (1979), PNAS 76:5269 (nucleotide diversity), over designs.
    """
    pairs = list(combinations(sequences, 2))
    return sum(1 - identity(a, b) for a, b in pairs) / len(pairs) if pairs else nan
