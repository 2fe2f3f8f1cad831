"""Declared regularisation: finite ratings for systems that only won or only lost."""

from __future__ import annotations

import numpy as np

from evaluation.bradley_terry import MAX_ITERATIONS, TOLERANCE, Fit, half_win_fit, half_wins
from evaluation.comparisons import FloatArray
from evaluation.newton import (
    grounded_factor,
    inverse_information,
    laplacian,
    solve_factored,
    win_probability,
)


def firth(table: FloatArray) -> Fit:
    """Half-win Bradley–Terry with Firth's (1993) correction of first-order bias.

    doi:10.1093/biomet/80.1.27. Each pair gains h/2 wins either way, h being its leverage, so two
    systems that met n times have log((won + ½) / (lost + ½)). Finite wherever the votes connect.
    """
    wins = half_wins(table)
    n = wins + wins.T
    theta, largest, iterations = np.zeros(len(wins)), np.inf, 0
    while largest >= TOLERANCE and iterations < MAX_ITERATIONS:
        iterations += 1
        p = win_probability(theta)
        information = laplacian(n * p * p.T)
        v = inverse_information(information, len(theta))
        spread = np.diag(v)[:, None] + np.diag(v) - 2 * v
        leverage = n * p * p.T * spread
        gradient = (wins + leverage / 2 - (n + leverage) * p).sum(1)
        step = solve_factored(grounded_factor(information), gradient)
        largest = float(np.abs(step).max())
        theta = theta + step / max(1.0, largest)
    return half_win_fit(wins, theta - theta.mean(), iterations, largest < TOLERANCE)


def ridge(table: FloatArray, penalty: float) -> Fit:
    """Half-win Bradley–Terry maximising the log-likelihood less penalty/2·Σθ².

    The same as a normal prior of variance 1/penalty on the log-strengths. Raises `ValueError` for
    a penalty that is not positive.
    """
    if not penalty > 0:
        raise ValueError(f"the ridge penalty must be positive, not {penalty}")
    wins = half_wins(table)
    n, won = wins + wins.T, wins.sum(1)
    unit = np.eye(len(wins))
    theta, largest, iterations = np.zeros(len(wins)), np.inf, 0
    while largest >= TOLERANCE and iterations < MAX_ITERATIONS:
        iterations += 1
        p = win_probability(theta)
        gradient = won - (n * p).sum(1) - penalty * theta
        step = np.linalg.solve(laplacian(n * p * p.T) + penalty * unit, gradient)
        largest = float(np.abs(step).max())
        theta = theta + step / max(1.0, largest)
    converged = largest < TOLERANCE
    return half_win_fit(wins, theta - theta.mean(), iterations, converged, ridge=penalty)
