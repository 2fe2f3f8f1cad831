"""Measured numbers against reference numbers.

`found` and `true` are arrays of equal shape, in the same unit; errors are in that unit. Raises
`ValueError` for unequal shapes and for a number that is missing or infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from evaluation.scores.columns import paired


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Mean difference (found − true) and the limits between which 95 % of differences lie."""

    bias: float
    lower: float
    upper: float


def mean_absolute_error(found: ArrayLike, true: ArrayLike) -> float:
    """Mean |found − true|; NaN without numbers."""
    ours, theirs = paired(found, true)
    return float(np.abs(ours - theirs).mean()) if ours.size else nan


def root_mean_squared_error(found: ArrayLike, true: ArrayLike) -> float:
    """√ mean (found − true)²; NaN without numbers."""
    ours, theirs = paired(found, true)
    return float(np.sqrt(((ours - theirs) ** 2).mean())) if ours.size else nan


def pearson(found: ArrayLike, true: ArrayLike) -> float:
    """Linear correlation; NaN if one side does not vary. Source: Pearson (1895), Proc R Soc 58."""
    ours, theirs = paired(found, true)
    if not ours.size or not np.ptp(ours) or not np.ptp(theirs):
        return nan
    a, b = ours - ours.mean(), theirs - theirs.mean()
    scale = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / scale) if scale > 0 else nan  # 0 by underflow


def spearman(found: ArrayLike, true: ArrayLike) -> float:
    """Correlation of ranks, equal numbers sharing theirs; NaN if one side does not vary.

    Source: Spearman (1904), Am J Psychol 15:72.
    """
    ours, theirs = paired(found, true)
    return pearson(rankdata(ours), rankdata(theirs))


def r_squared(found: ArrayLike, true: ArrayLike) -> float:
    """1 − Σ (true − found)² / Σ (true − mean)², below 0 if worse than the mean of the true numbers.

    NaN if these do not vary. Source: Kvålseth (1985), Am Stat 39:279, his first form.
    """
    ours, theirs = paired(found, true)
    if not theirs.size or not np.ptp(theirs):
        return nan
    spread = ((theirs - theirs.mean()) ** 2).sum()
    return float(1 - ((theirs - ours) ** 2).sum() / spread) if spread > 0 else nan  # underflow


def concordance_correlation(found: ArrayLike, true: ArrayLike) -> float:
    """2·cov / (var + var + (mean − mean)²), with 1/n moments; NaN if all numbers are the same.

    Source: Lin (1989), Biometrics 45:255.
    """
    ours, theirs = paired(found, true)
    if not ours.size:
        return nan
    cov = ((ours - ours.mean()) * (theirs - theirs.mean())).mean()
    scale = ours.var() + theirs.var() + (ours.mean() - theirs.mean()) ** 2
    return float(2 * cov / scale) if scale > 0 else nan


def limits_of_agreement(found: ArrayLike, true: ArrayLike) -> LimitsOfAgreement:
    """Bias ± 1.96 standard deviations of the differences; NaN with fewer than two pairs.

    Source: Bland & Altman (1986), Lancet 327:307.
    """
    ours, theirs = paired(found, true)
    gap = ours - theirs
    if gap.size < 2:
        return LimitsOfAgreement(nan, nan, nan)
    bias, margin = float(gap.mean()), 1.96 * float(gap.std(ddof=1))
    return LimitsOfAgreement(bias, bias - margin, bias + margin)
