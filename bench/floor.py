"""The least work that gives Bradley–Terry strengths from columnar arrays: our measure.

One counting pass and Newton's method, nothing else: no validation, no connectivity, no result that
remembers its making. Counting goes in chunks through one reused buffer, or sorts the codes where
the table would be larger than the votes; the fit reuses its Cholesky factor near the end, or runs
Newton with conjugate gradients on the sparse Laplacian where few pairs have met.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs
from scipy.sparse import csr_array

CHUNK = 1 << 18  # four-byte codes filling one megabyte
WON = np.array([1.0, 0.5, 0.0])  # by a, for outcomes a, tie, b
ENOUGH = 1e-8  # the last step; Newton's error is then its square
FEW_PAIRS = 0.25  # share of pairs that met, below which the Laplacian is worth keeping sparse


def floor_point(k: int, a: np.ndarray, b: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """(K,) log-strengths of mean 0, ties being half a win."""
    if 3 * k * k > 4 * len(a):
        return _newton_cg(k, *_sorted_pairs(k, a, b, outcome))
    return _newton(_table(k, a, b, outcome))


def _table(k: int, a: np.ndarray, b: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    size, total = 3 * k * k, np.zeros(3 * k * k, np.int64)
    chunk = max(CHUNK, size)
    buffer = np.empty(min(chunk, len(a)), np.int32)
    for start in range(0, len(a), chunk):
        rows = slice(start, start + chunk)
        code = buffer[: len(a[rows])]
        np.multiply(a[rows], k, out=code)
        np.add(code, b[rows], out=code)
        np.multiply(code, 3, out=code)
        np.add(code, outcome[rows], out=code)
        total += np.bincount(code, minlength=size)
    won, tied, lost = total.reshape(k, k, 3).transpose(2, 0, 1).astype(float)
    return won + lost.T + (tied + tied.T) / 2


def _sorted_pairs(k: int, a: np.ndarray, b: np.ndarray, outcome: np.ndarray) -> tuple:
    code = (a * k + b) * 3 + outcome
    code.sort()
    ends = np.flatnonzero(np.append(np.diff(code), 1))
    votes = np.diff(ends, prepend=-1).astype(float)
    pair, outcome = np.divmod(code[ends], 3)
    return *np.divmod(pair, k), votes, votes * WON[outcome]


def _newton(wins: np.ndarray) -> np.ndarray:
    k, n, won = len(wins), wins + wins.T, wins.sum(1)
    theta, factor, largest = np.log((won + 0.5) / (n.sum(1) - won + 0.5)), None, np.inf
    while largest > ENOUGH:
        e = np.exp(theta)
        p = e[:, None] / (e[:, None] + e)
        met = n * p
        if factor is None or largest > 0.1:
            weight = -met * p.T
            np.fill_diagonal(weight, 0.0)
            np.fill_diagonal(weight, -weight.sum(1))
            factor = dpotrf(weight + np.trace(weight) / k**2, overwrite_a=1)[0]
        step = dpotrs(factor, won - met.sum(1))[0]
        largest = float(np.abs(step).max())
        theta = theta + step / max(1.0, largest)
    return theta - theta.mean()


def _newton_cg(k: int, a: np.ndarray, b: np.ndarray, n: np.ndarray, won: np.ndarray) -> np.ndarray:
    wins = np.bincount(a, won, k) + np.bincount(b, n - won, k)
    met = np.bincount(a, n, k) + np.bincount(b, n, k)
    order = np.argsort(np.concatenate([a * k + b, b * k + a]), kind="stable") % len(a)
    starts = np.append(0, np.cumsum(np.bincount(a, minlength=k) + np.bincount(b, minlength=k)))
    columns = np.sort(np.concatenate([a * k + b, b * k + a])) % k
    theta, largest = np.log((wins + 0.5) / (met - wins + 0.5)), np.inf
    while largest > ENOUGH:
        e = np.exp(theta)
        p = e[a] / (e[a] + e[b])
        expected = n * p
        weight = expected * (1 - p)
        diagonal = np.bincount(a, weight, k) + np.bincount(b, weight, k)
        gradient = wins - np.bincount(a, expected, k) - np.bincount(b, n - expected, k)
        beside = csr_array((weight[order], columns, starts), (k, k))
        step = _conjugate_gradients(diagonal, beside, gradient, min(0.1, max(largest, 1e-3)))
        largest = float(np.abs(step).max())
        theta = theta + step / max(1.0, largest)
    return theta - theta.mean()


def _conjugate_gradients(
    diagonal: np.ndarray, beside: csr_array, right: np.ndarray, enough: float
) -> np.ndarray:
    x, residual = np.zeros_like(right), right
    z = residual / diagonal
    direction, size = z, residual @ z
    target = enough**2 * size
    while size > target:
        applied = diagonal * direction - beside @ direction
        length = size / (direction @ applied)
        x = x + length * direction
        residual = residual - length * applied
        z = residual / diagonal
        size, before = residual @ z, size
        direction = z + size / before * direction
    return x
