"""Weights or quantities per place against a reference; places without a number are left out."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.scores.regression import pearson

FloatArray = NDArray[np.float64]


def correlation(found: ArrayLike, true: ArrayLike) -> float:
    """Linear correlation of the places of two maps (CC). Source: Bylinskii et al. (2019), IEEE
    TPAMI 41:740."""
    ours, theirs = _known(found, true)
    return pearson(ours, theirs) if ours.size else nan


def similarity(found: ArrayLike, true: ArrayLike) -> float:
    """Σ min of two maps of weights, each scaled to sum 1 (SIM); 0 if one has no weight.

    Source: Judd et al. (2012), MIT-CSAIL-TR-2012-001; Bylinskii et al. (2019), IEEE TPAMI 41:740.
    """
    ours, theirs = _known(found, true)
    if not ours.sum() or not theirs.sum():
        return float(ours.sum() == theirs.sum())
    return float(np.minimum(ours / ours.sum(), theirs / theirs.sum()).sum())


def pointing_hit(found: ArrayLike, true: ArrayLike) -> float:
    """1 if the greatest weight lies where the reference has any. Source: Zhang et al. (2018), IJCV
    126:1084 ("the pointing game")."""
    ours, theirs = _known(found, true)
    return float(theirs[ours.argmax()] > 0) if ours.size else nan


def mean_error(found: ArrayLike, true: ArrayLike) -> tuple[float, float]:
    """Mean absolute error and bias (found − true), over places that both maps have."""
    ours, theirs = _known(found, true)
    gap = ours - theirs
    return (float(np.abs(gap).mean()), float(gap.mean())) if gap.size else (nan, nan)


def resampled(values: ArrayLike, shape: tuple[int, int]) -> FloatArray:
    """The value of the nearest place, at the centres of a grid of another shape."""
    grid = np.asarray(values, dtype=float)
    rows, columns = (
        np.minimum(((np.arange(n) + 0.5) * have / n).astype(int), have - 1)
        for n, have in zip(shape, grid.shape, strict=True)
    )
    return np.asarray(grid[np.ix_(rows, columns)])


def _known(found: ArrayLike, true: ArrayLike) -> tuple[FloatArray, FloatArray]:
    theirs = np.asarray(true, dtype=float)
    ours = np.asarray(found, dtype=float)
    if ours.shape != theirs.shape:
        ours = resampled(ours, (theirs.shape[0], theirs.shape[1]))
    known = np.isfinite(ours) & np.isfinite(theirs)
    return ours[known], theirs[known]
