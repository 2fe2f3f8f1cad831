"""Bradley–Terry strengths by Newton's method on the table of wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluation.comparisons import FloatArray, Outcome
from evaluation.newton import laplacian, newton_steps, win_probability

MAX_ITERATIONS = 200
WON = np.array([1.0, 0.5, 0.0, 0.5])  # by model_a, for each `Outcome` code
TOLERANCE = 1e-10  # largest last step, in natural-log strength


@dataclass(frozen=True)
class Fit:
    """A fitted model on K systems with m further parameters (P = K + m).

    `theta` (K,): natural-log strengths, mean 0. `extra` (m,): tie or threshold parameters.
    `curvature` makes `log_likelihood` and `information`, `derivatives` makes `slope` and
    `extra_slope`: only intervals and reports need them. `limit`: ±∞ where a tie parameter has no
    finite estimate (no vote, or every vote, is a tie), else 0.
    """

    theta: FloatArray
    extra: FloatArray
    curvature: Callable[[], tuple[float, FloatArray]]
    derivatives: Callable[[], tuple[FloatArray, FloatArray]]
    iterations: int
    converged: bool
    limit: float = 0.0

    @property
    def log_likelihood(self) -> float:
        return self._curvature[0]

    @property
    def information(self) -> FloatArray:
        """(P, P) observed information, singular along adding a constant to `theta`."""
        return self._curvature[1]

    @property
    def slope(self) -> FloatArray:
        """(K, K, Y) derivative of one vote's log-likelihood by θ_a − θ_b, per (a, b, outcome)."""
        return self._derivatives[0]

    @property
    def extra_slope(self) -> FloatArray:
        """(K, K, Y, m) derivative of one vote's log-likelihood by `extra`."""
        return self._derivatives[1]

    @cached_property
    def _curvature(self) -> tuple[float, FloatArray]:
        return self.curvature()

    @cached_property
    def _derivatives(self) -> tuple[FloatArray, FloatArray]:
        return self.derivatives()


def half_wins(table: FloatArray) -> FloatArray:
    """(K, K) wins of row over column from a (K, K, 4) table, a tie counting half for each side."""
    won = table[:, :, Outcome.MODEL_A]
    lost = table[:, :, Outcome.MODEL_B]
    tied = table[:, :, Outcome.TIE] + table[:, :, Outcome.BOTH_BAD]
    return np.asarray(won + lost.T + 0.5 * (tied + tied.T))


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

    def curvature() -> tuple[float, FloatArray]:
        p = win_probability(theta)
        information = laplacian((wins + wins.T) * p * p.T)
        np.fill_diagonal(information, np.diag(information) + ridge)
        with np.errstate(divide="ignore"):
            log_p = np.where(wins > 0, np.log(p), 0.0)
        return float((wins * log_p).sum()), information

    def derivatives() -> tuple[FloatArray, FloatArray]:
        p = win_probability(theta)
        return WON - p[:, :, None], np.empty((*p.shape, len(WON), 0))

    return Fit(theta, np.empty(0), curvature, derivatives, iterations, converged)


def solve_strengths(
    wins: FloatArray, *, start: FloatArray | None = None
) -> tuple[FloatArray, int, bool]:
    """(theta of mean 0, iterations, converged) maximising Σ wins_ij log p_ij.

    Newton steps of at most 1, within which the second derivative stays within a factor e² of its
    value, so the concave likelihood cannot be overshot.
    """
    n, won = wins + wins.T, wins.sum(1)
    theta = np.log((won + 0.5) / (n.sum(1) - won + 0.5)) if start is None else start.astype(float)
    newton, largest, iterations = newton_steps(n, won), np.inf, 0
    while largest >= TOLERANCE and iterations < MAX_ITERATIONS:
        iterations += 1
        step = newton.step(theta, largest)
        largest = float(np.abs(step).max())
        theta = theta + step / max(1.0, largest)
    return theta - theta.mean(), iterations, largest < TOLERANCE
