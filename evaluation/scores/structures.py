"""Structures of molecules: base pairs of RNA, atoms in space."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaluation.scores.columns import paired
from evaluation.scores.overlap import Overlap, set_overlap

OPENED_BY = dict(zip(")]}>", "([{<", strict=True))
UNPAIRED = ".-_,:"


def base_pairs(structure: str) -> set[tuple[int, int]]:
    """Pairs of places, from 0, of a dot-bracket line; pseudoknots in `[]`, `{}`, `<>`, `Aa`…`Zz`.

    Raises `ValueError` naming the place of a bracket without its partner or of an unknown sign.
    Source: Hofacker et al. (1994), Monatsh Chem 125:167, and its extension in ViennaRNA.
    """
    waiting: dict[str, list[int]] = {}
    pairs = set()
    for place, sign in enumerate(structure):
        partner = OPENED_BY.get(sign, sign.upper() if sign.islower() else "")
        if sign in "([{<" or (sign.isascii() and sign.isupper()):
            waiting.setdefault(sign, []).append(place)
        elif partner and waiting.get(partner):
            pairs.add((waiting[partner].pop(), place))
        elif sign not in UNPAIRED:
            raise ValueError(f"{sign!r} at place {place + 1} has no partner before it")
    left = min((places[0] for places in waiting.values() if places), default=None)
    if left is not None:
        raise ValueError(f"{structure[left]!r} at place {left + 1} has no partner after it")
    return pairs


def base_pair_overlap(found: str, true: str) -> Overlap:
    """Precision, recall and F1 of base pairs, exact to the base.

    Two structures without pairs agree fully. Source: Mathews (2019), Methods 162:60, without its
    slip of one place. Raises `ValueError` for lines of unequal length, and as `base_pairs`.
    """
    if len(found) != len(true):
        raise ValueError(f"{len(found)} places against {len(true)}: the same sequence is needed")
    return set_overlap(base_pairs(found), base_pairs(true))


def superposed_deviation(found: ArrayLike, true: ArrayLike) -> float:
    """Root mean squared distance of atoms (n, 3), in their unit, once superposed as well as can be.

    Atom i answers to atom i; mirror images are not superposed. Source: Kabsch (1976), Acta Cryst
    A32:922. Raises `ValueError` for unequal shapes, no atom, and a number missing or infinite.
    """
    ours, theirs = paired(found, true)
    if ours.ndim != 2 or ours.shape[1] != 3 or not len(ours):
        raise ValueError(f"atoms are rows of three numbers, found {ours.shape}")
    ours, theirs = ours - ours.mean(0), theirs - theirs.mean(0)
    left, _, right = np.linalg.svd(ours.T @ theirs)
    upright = np.linalg.det(left) * np.linalg.det(right) > 0
    turn = (left * (1, 1, 1 if upright else -1)) @ right
    return float(np.sqrt(((ours @ turn - theirs) ** 2).sum(1).mean()))
