"""Bradley–Terry strengths by Newton's method on the table of wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from evaluation.comparisons import FloatArray, Outcome

MAX_ITERATIONS = 200
WON = np.array([1.0, 0.5, 0.0, 0.5])  # by model_a, for each `Outcome` code
TOLERANCE = 1e-10  # largest last step, in natural-log strength


@dataclass(frozen=True)
class Fit:
    """A fitted model on K systems with m further parameters (P = K + m).

    `theta` (K,): natural-log strengths, mean 0. `extra` (m,): tie or threshold parameters.
    `information` (P, P): observed information, singular along adding a constant to `theta`.
    `derivatives`: makes `slope` and `extra_slope`, which only intervals need. `limit`: ±∞ where a
    tie parameter has no finite estimate (no vote, or every vote, is a tie), else 0.
    """

    theta: FloatArray
    information: FloatArray
    extra: FloatArray
    derivatives: Callable[[], tuple[FloatArray, FloatArray]]
    log_likelihood: float
    iterations: int
    converged: bool
    limit: float = 0.0

    @property
    def slope(self) -> FloatArray:
        """(K, K, Y) derivative of one vote's log-likelihood by θ_a − θ_b, per (a, b, outcome)."""
        return self._derivatives[0]

    @property
    def extra_slope(self) -> FloatArray:
        """(K, K, Y, m) derivative of one vote's log-likelihood by `extra`."""
        return self._derivatives[1]

    @cached_property
    def _derivatives(self) -> tuple[FloatArray, FloatArray]:
        return self.derivatives()


def half_wins(table: FloatArray) -> FloatArray:
    """(K, K) wins of row over column from a (K, K, 4) table, a tie counting half for each side."""
    won = table[:, :, Outcome.MODEL_A]
    lost = table[:, :, Outcome.MODEL_B]
    tied = table[:, :, Outcome.TIE] + table[:, :, Outcome.BOTH_BAD]
    return np.asarray(won + lost.T + 0.5 * (tied + tied.T))


def win_probability(theta: FloatArray) -> FloatArray:
    """(K, K) probability that row beats column; needs K exponentials, not K²."""
    e = np.exp(theta - theta.max())
    return np.asarray(e[:, None] / (e[:, None] + e[None, :]))


def bradley_terry(table: FloatArray, *, start: FloatArray | None = None) -> Fit:
    """Maximum-likelihood Bradley–Terry fit of a (K, K, 4) table; ties are half a win each.

    The estimand with ties is the strength whose expected half-win share matches, on a scale
    shorter than a ties model's. The systems must be strongly connected. Bradley & Terry (1952),
    doi:10.1093/biomet/39.3-4.324.
    """
    wins = half_wins(table)
    return half_win_fit(wins, *solve_strengths(wins, start=start))


def half_win_fit(
    wins: FloatArray, theta: FloatArray, iterations: int, converged: bool, *, ridge: float = 0.0
) -> Fit:
    """The fit of (K, K) half-wins at `theta`; `ridge` is what a penalty adds to the information."""
    p = win_probability(theta)
    information = laplacian((wins + wins.T) * p * p.T)
    np.fill_diagonal(information, np.diag(information) + ridge)
    with np.errstate(divide="ignore"):
        log_p = np.where(wins > 0, np.log(p), 0.0)
    return Fit(
        theta=theta,
        information=information,
        extra=np.empty(0),
        derivatives=lambda: (WON - p[:, :, None], np.empty((*p.shape, len(WON), 0))),
        log_likelihood=float((wins * log_p).sum()),
        iterations=iterations,
        converged=converged,
    )


def solve_strengths(
    wins: FloatArray, *, start: FloatArray | None = None
) -> tuple[FloatArray, int, bool]:
    """(theta of mean 0, iterations, converged) maximising Σ wins_ij log p_ij.

    Newton steps of at most 1, within which the second derivative stays within a factor e² of its
    value, so the concave likelihood cannot be overshot; the factorised information is kept once a
    step is small, as it hardly changes any more.
    """
    n, won = wins + wins.T, wins.sum(1)
    theta = np.log((won + 0.5) / (n.sum(1) - won + 0.5)) if start is None else start.astype(float)
    factor, largest, iterations = None, np.inf, 0
    while largest >= TOLERANCE and iterations < MAX_ITERATIONS:
        iterations += 1
        p = win_probability(theta)
        n_p = n * p
        if factor is None or largest > 0.05:
            factor = grounded_factor(laplacian(n_p * p.T))
        step = solve_factored(factor, won - n_p.sum(1))
        largest = float(np.abs(step).max())
        theta = theta + step / max(1.0, largest)
    return theta - theta.mean(), iterations, largest < TOLERANCE


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
