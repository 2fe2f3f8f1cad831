"""Rank ranges that hold for all systems at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from evaluation.clustering import Covariance
from evaluation.comparisons import FloatArray

DRAWS = 4000
CHUNK_CELLS = 1 << 22  # draws × pairs held in memory at a time


def rank_ranges(
    theta: FloatArray, covariance: Covariance, *, confidence: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(K,) best and worst rank of each system (1 is best), all true together with `confidence`.

    A system ranks below another only if their difference exceeds the simultaneous (max-t) limit
    over all pairs: Hothorn, Bretz & Westfall (2008), doi:10.1002/bimj.200810425; ranks from pair
    tests: Mogstad et al. (2024), doi:10.1093/restud/rdad006.
    """
    k = len(theta)
    first, second = np.triu_indices(k, 1)
    difference = theta[first] - theta[second]
    se, limit = pair_limits(first, second, covariance, k, confidence=confidence, rng=rng)
    apart = np.abs(difference) > limit * se
    apart &= se > 0
    better = np.where(difference > 0, first, second)[apart]
    worse = np.where(difference > 0, second, first)[apart]
    best = 1 + np.bincount(worse, minlength=k)
    return best, k - np.bincount(better, minlength=k)


def pair_limits(
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    covariance: Covariance,
    n_systems: int,
    *,
    confidence: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """(standard errors, simultaneous critical values) of the differences first − second.

    The level each pair must pass comes from the largest |z| over all pairs under the fitted
    covariance; it is then read off each pair's own t distribution, so few raters widen it.
    """
    contrasts = np.zeros((len(first), len(covariance.matrix)))
    contrasts[np.arange(len(first)), first] = 1.0
    contrasts[np.arange(len(first)), second] = -1.0
    v = covariance.matrix
    se = np.sqrt(np.maximum(v[first, first] + v[second, second] - 2 * v[first, second], 0.0))
    z = _largest_quantile(first, second, se, v[:n_systems, :n_systems], confidence, rng)
    df = np.minimum(covariance.degrees_of_freedom(contrasts), 1e10)
    return se, np.asarray(stdtrit(df, ndtr(z)))


def _largest_quantile(
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    se: FloatArray,
    matrix: FloatArray,
    confidence: float,
    rng: np.random.Generator,
) -> float:
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    inverse = np.divide(1.0, se, out=np.zeros_like(se), where=se > 0)
    largest = []
    chunk = max(1, CHUNK_CELLS // len(first))
    for start in range(0, DRAWS, chunk):
        z = rng.standard_normal((min(chunk, DRAWS - start), len(root))) @ root.T
        largest.append((np.abs(z[:, first] - z[:, second]) * inverse).max(1))
    return float(np.quantile(np.concatenate(largest), confidence))
