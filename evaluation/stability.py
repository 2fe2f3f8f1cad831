"""How firm a ranking is: differences of pairs, votes to separate or overturn them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

from evaluation.bradley_terry import bradley_terry, half_wins, solve_strengths
from evaluation.comparisons import Comparisons, FloatArray, IntArray
from evaluation.components import Settings, estimate
from evaluation.connectivity import strong_components
from evaluation.inference import interval_for, too_few
from evaluation.newton import inverse_information
from evaluation.results import SCALE, Estimate


@dataclass(frozen=True)
class Difference:
    """`rating`: first − second in rating points. `win_share`: the share of votes between them that
    `first` is expected to win, ties half; under another model than half-win, σ(difference).
    `votes_to_separate`: votes in all that a study of the same design needs to tell a difference of
    this size from zero; None where it cannot be said.
    """

    first: str
    second: str
    rating: Estimate
    win_share: Estimate
    votes_to_separate: int | None


def differences(
    comparisons: Comparisons,
    *,
    ties: str = "half",
    interval: str = "two-way",
    confidence: float = 0.95,
    power: float = 0.8,
    seed: int = 0,
) -> list[Difference]:
    """Every pair of systems of the largest component, the higher rated first.

    Intervals are for one pair at a time; `evaluation.ranks` has those that hold together. The
    votes to separate follow from the standard error shrinking with the root of the votes.
    """
    votes = comparisons.sorted_by_name()
    used, _ = interval_for(votes, interval)
    group = strong_components(half_wins(votes.table))[0]
    if len(group) < 2:
        return []
    part = votes.among(group)
    settings = Settings(ties, used, confidence)
    found = estimate(part, settings, np.random.default_rng(seed))
    withheld = too_few(part, used) is not None
    order = np.argsort(-found.theta, kind="stable")
    first, second = (order[index] for index in np.triu_indices(len(order), 1))
    gaps = found.theta[first] - found.theta[second]
    if withheld:
        return [
            Difference(part.names[i], part.names[j], _bare(SCALE * gap), _bare(expit(gap)), None)
            for i, j, gap in zip(first, second, gaps, strict=True)
        ]
    cov = found.covariance()
    contrasts = np.zeros((len(first), len(cov.matrix)))
    contrasts[np.arange(len(first)), first] = 1.0
    contrasts[np.arange(len(first)), second] = -1.0
    se = np.sqrt(cov.variance(contrasts))
    reach = se * cov.critical_value(contrasts, confidence)
    needed = ndtri(0.5 + confidence / 2) + ndtri(power)
    return [
        Difference(
            part.names[i],
            part.names[j],
            _scaled(gap, s, r),
            _share(gap, s, r),
            math.ceil(len(part) * (needed * s / gap) ** 2) if gap > 1e-9 and s > 0 else None,
        )
        for i, j, gap, s, r in zip(first, second, gaps, se, reach, strict=True)
    ]


def _scaled(gap: float, se: float, reach: float) -> Estimate:
    ends = (gap, se, gap - reach, gap + reach)
    return Estimate(*(float(SCALE * value) for value in ends))


def _bare(value: float) -> Estimate:
    return Estimate(float(value))


def _share(gap: float, se: float, reach: float) -> Estimate:
    p, lower, upper = (float(expit(x)) for x in (gap, gap - reach, gap + reach))
    return Estimate(p, p * (1 - p) * float(se), lower, upper)


@dataclass(frozen=True)
class Flip:
    """Removing `votes` chosen votes (`share` of all) puts `challenger` level with or above
    `leader`."""

    leader: str
    challenger: str
    votes: int
    share: float


def votes_to_flip(comparisons: Comparisons) -> Flip | None:
    """The fewest votes found whose removal changes who is first, or None if none does.

    First-order influence on the leader's margin orders the votes (Broderick, Giordano & Meager,
    arXiv 2011.14999); refits without the first n of them then find the smallest n, so the number is
    an upper bound that is really attained. Half-win Bradley–Terry on the largest component.
    """
    votes = comparisons.sorted_by_name()
    group = strong_components(half_wins(votes.table))[0]
    if len(group) < 2:
        return None
    part = votes.among(group)
    fit = bradley_terry(part.table)
    v = inverse_information(fit.information, len(group))
    leader, *others = np.argsort(-fit.theta, kind="stable")
    best: tuple[int, int] | None = None
    for challenger in others:
        contrast = v[leader] - v[challenger]
        gain = fit.slope * (contrast[:, None] - contrast)[:, :, None]
        most = len(part) if best is None else best[0] - 1
        n = _Removal.of(part.table, gain, fit.theta).smallest(leader, challenger, most)
        best = best if n is None else (n, int(challenger))
    if best is None:
        return None
    return Flip(part.names[leader], part.names[best[1]], best[0], best[0] / len(part))


@dataclass(frozen=True)
class _Removal:
    """Votes of a (K, K, Y) table in the order in which they are taken away.

    `order`: cells, those that help the leader most first; `reach`: votes taken once a cell is used
    up; `start`: strengths with all votes.
    """

    table: FloatArray
    order: IntArray
    reach: FloatArray
    start: FloatArray

    @classmethod
    def of(cls, table: FloatArray, gain: FloatArray, start: FloatArray) -> _Removal:
        helpful = np.flatnonzero((gain.ravel() > 0) & (table.ravel() > 0))
        order = helpful[np.argsort(-gain.ravel()[helpful], kind="stable")]
        return cls(table, order, np.cumsum(table.ravel()[order]), start)

    def flips(self, n: int, leader: int, challenger: int) -> bool:
        counts = self.table.ravel().copy()
        before = self.reach - counts[self.order]
        counts[self.order] -= np.clip(n - before, 0.0, counts[self.order])
        wins = half_wins(counts.reshape(self.table.shape))
        if len(strong_components(wins)) > 1:
            return False
        theta = solve_strengths(wins, start=self.start)[0]
        return bool(theta[leader] <= theta[challenger] + 1e-9)

    def smallest(self, leader: int, challenger: int, most: int) -> int | None:
        """Smallest n ≤ `most` that flips, doubling and then halving the step."""
        limit = min(most, int(self.reach[-1]) if len(self.reach) else 0)
        high = 1
        while high < limit and not self.flips(high, leader, challenger):
            high = min(2 * high, limit)
        if high > limit or not self.flips(high, leader, challenger):
            return None
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            flips = self.flips(middle, leader, challenger)
            low, high = (low, middle) if flips else (middle, high)
        return high
