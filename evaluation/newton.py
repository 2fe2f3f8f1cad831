"""Newton steps for half-win Bradley–Terry strengths, dense or sparse."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.sparse import csr_array

from evaluation.comparisons import FloatArray

DENSE = 200  # systems up to which the full matrix is the faster one, however few pairs have met
FEW_PAIRS = 0.2  # share of pairs that met, below which the Laplacian is kept sparse
REUSED = 0.05  # a step this small hardly changes the information, so its factor serves again


class Steps(Protocol):
    """Where the likelihood leads from some strengths."""

    def step(self, theta: FloatArray, largest: float) -> FloatArray:
        """(K,) Newton step at `theta`; `largest` is the size of the step before."""


def newton_steps(n: FloatArray, won: FloatArray) -> Steps:
    """The faster kind for (K, K) votes `n` between systems and (K,) half-wins `won`."""
    few = len(n) > DENSE and np.count_nonzero(n) < FEW_PAIRS * n.size
    return SparseSteps(n, won) if few else DenseSteps(n, won)


class DenseSteps:
    """Steps by Cholesky; the factor is kept once steps are small."""

    def __init__(self, n: FloatArray, won: FloatArray) -> None:
        self.n, self.won = n, won
        self._factor: FloatArray | None = None

    def step(self, theta: FloatArray, largest: float) -> FloatArray:
        p = win_probability(theta)
        expected = self.n * p
        if self._factor is None or largest > REUSED:
            self._factor = grounded_factor(laplacian(expected * p.T))
        return solve_factored(self._factor, self.won - expected.sum(1))


class SparseSteps:
    """Steps by conjugate gradients with Jacobi's preconditioner, over the pairs that have met.

    Accurate to a thousandth of themselves near the end, which adds no step. Where the gradients
    do not get there (long chains of systems), the dense step is taken.
    """

    def __init__(self, n: FloatArray, won: FloatArray) -> None:
        met = np.flatnonzero(n != 0)
        self.first, self.second = np.divmod(met, len(n))
        self.votes, self.won = n.ravel()[met], won
        self._starts = np.append(0, np.bincount(self.first, minlength=len(n)).cumsum())
        self._dense = DenseSteps(n, won)

    def step(self, theta: FloatArray, largest: float) -> FloatArray:
        k, e = len(theta), np.exp(theta - theta.max())
        p = e[self.first] / (e[self.first] + e[self.second])
        expected = self.votes * p
        weight = expected * (1 - p)
        step = conjugate_gradients(
            np.asarray(np.bincount(self.first, weight, k)),
            csr_array((weight, self.second, self._starts), (k, k)),
            self.won - np.bincount(self.first, expected, k),
            min(0.1, max(largest, 1e-3)),
        )
        return self._dense.step(theta, np.inf) if step is None else step


def conjugate_gradients(
    diagonal: FloatArray, beside: csr_array, right: FloatArray, share: float
) -> FloatArray | None:
    """x with (diag(`diagonal`) − `beside`)·x = `right`, the residual reduced to `share` of its
    size; None if that takes more steps than there are unknowns.

    Hestenes & Stiefel (1952), doi:10.6028/jres.049.044.
    """
    x, residual = np.zeros_like(right), right - right.mean()  # what rounding put outside the range
    direction = scaled = residual / diagonal
    size = residual @ scaled
    enough = share**2 * size
    for _ in range(len(right)):
        if size <= enough:
            return x
        applied = diagonal * direction - beside @ direction
        length = size / (direction @ applied)
        x, residual = x + length * direction, residual - length * applied
        scaled = residual / diagonal
        size, before = residual @ scaled, size
        direction = scaled + size / before * direction
    return None


def win_probability(theta: FloatArray) -> FloatArray:
    """(K, K) probability that row beats column; needs K exponentials, not K²."""
    e = np.exp(theta - theta.max())
    return np.asarray(e[:, None] / (e[:, None] + e[None, :]))


def laplacian(weight: FloatArray) -> FloatArray:
    """Graph Laplacian of a symmetric (K, K) weight matrix."""
    matrix = -weight
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(1))
    return matrix


def grounded_factor(information: FloatArray, n_systems: int | None = None) -> FloatArray:
    """Cholesky factor of the information made regular by adding c·11ᵀ on the strengths.

    Exact, unlike a ridge: 1 is the null direction, so results of mean 0 do not feel c. Raises
    `ArithmeticError` if the votes do not connect the systems.
    """
    k = n_systems or len(information)
    grounded = information.copy()
    grounded[:k, :k] += np.trace(information[:k, :k]) / (k * k)
    factor, info = dpotrf(grounded)
    if info != 0:
        raise ArithmeticError("the votes do not determine the strengths")
    return np.asarray(factor)


def solve_factored(factor: FloatArray, right: FloatArray) -> FloatArray:
    """Solution x of A·x = `right` from the `grounded_factor` of A."""
    return np.asarray(dpotrs(factor, right)[0])


def inverse_information(information: FloatArray, n_systems: int) -> FloatArray:
    """(P, P) pseudo-inverse of the information: the Fisher covariance, strengths summing to 0."""
    k = n_systems
    factor = grounded_factor(information, k)
    upper = dpotri(factor)[0]
    inverse = np.triu(upper) + np.triu(upper, 1).T
    c = np.trace(information[:k, :k]) / (k * k)
    inverse[:k, :k] -= 1.0 / (c * k * k)
    return np.asarray(inverse)
