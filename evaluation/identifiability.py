"""Saying in words what the votes cannot say in numbers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from evaluation.bradley_terry import half_wins
from evaluation.comparisons import Comparisons, FloatArray
from evaluation.connectivity import weak_components
from evaluation.results import ORIGIN, SCALE


def describe(
    votes: Comparisons,
    groups: list[NDArray[np.intp]],
    thetas: list[FloatArray],
    confidence: float,
) -> list[str]:
    """Sentences on what the votes cannot say; none if all systems share one scale.

    `groups`: strong components; `thetas`: strengths of those of at least two systems, in order.
    """
    if len(groups) == 1:
        return []
    wins = half_wins(votes.table)
    islands = weak_components(wins)
    texts = [
        f"no common scale between {_set(votes, islands[0])} and {_set(votes, island)}: "
        "no votes connect them"
        for island in islands[1:]
        if wins[island].any()
    ]
    rated = dict(enumerate(thetas))  # groups are sorted by size, so those rated come first
    for i, group in enumerate(groups):
        if len(group) == 1:
            texts.append(_single(votes, wins, int(group[0]), groups, rated, confidence))
        else:
            texts += [
                f"no common scale between {_set(votes, group)} and {_set(votes, other)}: "
                f"{_set(votes, group if wins[np.ix_(group, other)].any() else other)} won every "
                "vote between them, so the distance has no upper limit"
                for other in groups[i + 1 :]
                if len(other) > 1 and (wins + wins.T)[np.ix_(group, other)].any()
            ]
    return texts


def _single(
    votes: Comparisons,
    wins: FloatArray,
    system: int,
    groups: list[NDArray[np.intp]],
    rated: dict[int, FloatArray],
    confidence: float,
) -> str:
    name, won, lost = votes.names[system], wins[system], wins[:, system]
    if not won.any() and not lost.any():
        return f"{name} has no votes, so it has no rating"
    if won.any() and lost.any():
        return (
            f"{name} won every vote against some systems and lost every vote against others, "
            "so it has no finite rating"
        )
    word, side, against = ("won", "above", won) if won.any() else ("lost", "below", lost)
    text = f"{name} {word} all of its votes, so its rating has no finite value"
    bound = _one_sided(against, won.any(), groups, rated, confidence)
    if bound is None:
        return text
    return f"{text}; if votes were independent it would lie {side} {bound:.0f} ({confidence:.0%})"


def _one_sided(
    against: FloatArray,
    above: bool,
    groups: list[NDArray[np.intp]],
    rated: dict[int, FloatArray],
    confidence: float,
) -> float | None:
    """Rating at which winning (or losing) all votes has probability 1 − confidence.

    The opponents are held at their ratings; None if they do not share one scale.
    """
    for i, theta in rated.items():
        group = groups[i]
        if against[group].sum() == against.sum():
            return ORIGIN + SCALE * _bound(against[group], theta, above, confidence)
    return None


def _bound(n: FloatArray, theta: FloatArray, above: bool, confidence: float) -> float:
    sign = 1.0 if above else -1.0

    def excess(x: float) -> float:
        return float(-n @ np.logaddexp(0.0, sign * (theta - x))) - math.log1p(-confidence)

    return float(brentq(excess, -500.0, 500.0))


def _set(votes: Comparisons, members: NDArray[np.intp]) -> str:
    return "{" + ", ".join(votes.names[i] for i in members) + "}"
