"""Coverage of nominal 95 % intervals when raters and cases both differ.

    python bench/coverage.py [--sets 500]

Each rater votes once on each case, on a random pair: logit = gap + taste of the rater (sd 0.4) +
effect of the case (sd 1.0), ties by Davidson's model tuned to the stated share. What is covered is
the limit of the half-win estimator over raters and cases. Target for two-way: 92-98 % with 6 × 100
raters × cases, 93-97 % with the others.
"""

from __future__ import annotations

import argparse

import numpy as np

from evaluation.bradley_terry import bradley_terry, half_wins, solve_strengths
from evaluation.comparisons import Comparisons
from evaluation.connectivity import strong_components
from evaluation.intervals import covariance

DESIGNS = ((6, 100), (12, 50), (30, 40), (60, 10))
KINDS = ("vote", "case", "rater", "two-way")
RATER_SD, CASE_SD = 0.4, 1.0
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(61)


def chances(d: np.ndarray, tie_weight: float) -> tuple[np.ndarray, np.ndarray]:
    """P(a wins) and P(tie) at difference `d` under Davidson's model."""
    won, lost = np.exp(d / 2), np.exp(-d / 2)
    total = won + lost + tie_weight
    return won / total, tie_weight / total


def marginal(theta: np.ndarray, tie_weight: float) -> tuple[np.ndarray, float]:
    """((K, K) expected half-win shares, expected share of ties) over raters and cases."""
    sd = np.hypot(RATER_SD, CASE_SD)
    d = (theta[:, None] - theta)[:, :, None] + sd * NODES
    won, tied = chances(d, tie_weight)
    weights = WEIGHTS / WEIGHTS.sum()
    shares, ties = (won + tied / 2) @ weights, tied @ weights
    apart = ~np.eye(len(theta), dtype=bool)
    return shares * apart, float(ties[apart].mean())


def tie_weight_for(theta: np.ndarray, share: float) -> float:
    """Davidson's ν that gives this share of ties."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if marginal(theta, middle)[1] < share else (low, middle)
    return low if share else 0.0


def votes(
    n_raters: int, n_cases: int, theta: np.ndarray, tie_weight: float, rng: np.random.Generator
) -> Comparisons:
    """One simulated study."""
    k = len(theta)
    taste = rng.normal(0, RATER_SD / np.sqrt(2), (n_raters, k))
    suits = rng.normal(0, CASE_SD / np.sqrt(2), (n_cases, k))
    rater, case = np.divmod(np.arange(n_raters * n_cases), n_cases)
    a = rng.integers(0, k, len(rater))
    b = (a + rng.integers(1, k, len(rater))) % k
    strength = theta + taste[rater] + suits[case]
    rows = np.arange(len(rater))
    won, tied = chances(strength[rows, a] - strength[rows, b], tie_weight)
    u = rng.random(len(rater))
    outcome = np.where(u < won, 0, np.where(u < won + tied, 1, 2))
    return Comparisons(tuple(map(str, range(k))), a, b, outcome, rater=rater, case=case)


def coverage(design: tuple[int, int], k: int, ties: float, sets: int) -> dict[str, float]:
    """Share of intervals that hold the truth, by kind."""
    theta = np.linspace(-0.6, 0.6, k) if k > 2 else np.array([0.2, -0.2])
    tie_weight = tie_weight_for(theta, ties)
    truth = solve_strengths(marginal(theta, tie_weight)[0])[0]
    contrasts = np.eye(k) - 1 / k
    rng = np.random.default_rng([*design, k, round(100 * ties)])
    hits: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
    for _ in range(sets):
        study = votes(*design, theta, tie_weight, rng)
        if len(strong_components(half_wins(study.table))) > 1:
            continue
        fit = bradley_terry(study.table)
        for kind in KINDS:
            cov = covariance(study, fit, kind)
            reach = cov.critical_value(contrasts, 0.95) * np.sqrt(cov.variance(contrasts))
            hits[kind].append(np.abs(fit.theta - truth) <= reach)
    return {kind: float(np.mean(found)) for kind, found in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=500, help="simulated studies per row")
    args = parser.parse_args()
    print("raters × cases  systems  ties   " + "  ".join(f"{kind:>7}" for kind in KINDS))
    for design in DESIGNS:
        low, high = (0.92, 0.98) if design == (6, 100) else (0.93, 0.97)
        for k in (2, 6, 20):
            for ties in (0.0, 0.2, 0.4):
                found = coverage(design, k, ties, args.sets)
                figures = "  ".join(f"{value:7.1%}" for value in found.values())
                slack = 2 * np.sqrt(0.05 * 0.95 / args.sets)
                met = "" if low - slack <= found["two-way"] <= high + slack else "  outside target"
                print(
                    f"{design[0]:6} × {design[1]:5}  {k:7}  {ties:4.0%}   {figures}{met}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
