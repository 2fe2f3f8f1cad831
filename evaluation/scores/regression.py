"""Measured numbers against reference numbers; arrays of equal shape, NaN pairs refused."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Mean difference (found − true) and the limits between which 95 % of differences lie."""

    bias: float
    lower: float
    upper: float


def mean_absolute_error(found: ArrayLike, true: ArrayLike) -> float:
    """Mean |found − true|, in the unit of the numbers; NaN without numbers."""
    ours, theirs = _columns(found, true)
    return float(np.abs(ours - theirs).mean()) if ours.size else nan


def root_mean_squared_error(found: ArrayLike, true: ArrayLike) -> float:
    """√ mean (found − true)², in the unit of the numbers; NaN without numbers."""
    ours, theirs = _columns(found, true)
    return float(np.sqrt(((ours - theirs) ** 2).mean())) if ours.size else nan


def pearson(found: ArrayLike, true: ArrayLike) -> float:
    """Linear correlation; NaN if one side does not vary. Source: Pearson (1895), Proc R Soc 58."""
    ours, theirs = _columns(found, true)
    a, b = ours - ours.mean(), theirs - theirs.mean()
    scale = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / scale) if scale > 0 else nan


def spearman(found: ArrayLike, true: ArrayLike) -> float:
    """Correlation of ranks, ties sharing theirs. Source: Spearman (1904), Am J Psychol 15:72."""
    ours, theirs = _columns(found, true)
    return pearson(rankdata(ours), rankdata(theirs))


def r_squared(found: ArrayLike, true: ArrayLike) -> float:
    """1 − Σ (true − found)² / Σ (true − mean)²; below 0 if worse than the mean."""
    ours, theirs = _columns(found, true)
    spread = ((theirs - theirs.mean()) ** 2).sum()
    return float(1 - ((theirs - ours) ** 2).sum() / spread) if spread > 0 else nan


def concordance_correlation(found: ArrayLike, true: ArrayLike) -> float:
    """2·cov / (var + var + (mean − mean)²), with 1/n moments. Source: Lin (1989), Biometrics 45."""
    ours, theirs = _columns(found, true)
    cov = ((ours - ours.mean()) * (theirs - theirs.mean())).mean()
    scale = ours.var() + theirs.var() + (ours.mean() - theirs.mean()) ** 2
    return float(2 * cov / scale) if scale > 0 else nan


def limits_of_agreement(found: ArrayLike, true: ArrayLike) -> LimitsOfAgreement:
    """Bias ± 1.96 standard deviations of the differences; NaN with fewer than two pairs.

    Source: Bland & Altman (1986), Lancet 327:307.
    """
    ours, theirs = _columns(found, true)
    gap = ours - theirs
    if gap.size < 2:
        return LimitsOfAgreement(nan, nan, nan)
    bias, margin = float(gap.mean()), 1.96 * float(gap.std(ddof=1))
    return LimitsOfAgreement(bias, bias - margin, bias + margin)


def peak_signal_to_noise(found: ArrayLike, true: ArrayLike, peak: float) -> float:
    """10·log10(peak² / mean squared error) in dB for images with the largest value `peak`."""
    error = root_mean_squared_error(np.ravel(found), np.ravel(true))
    return float(20 * np.log10(peak / error)) if error > 0 else inf


def _columns(found: ArrayLike, true: ArrayLike) -> tuple[FloatArray, FloatArray]:
    ours, theirs = np.asarray(found, dtype=float), np.asarray(true, dtype=float)
    if ours.shape != theirs.shape:
        raise ValueError(f"{ours.size} numbers against {theirs.size}: one of each is needed")
    if np.isnan(ours).any() or np.isnan(theirs).any():
        raise ValueError("a number is missing (NaN)")
    return ours, theirs
