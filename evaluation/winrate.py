"""Win rates: what happened, without a model of strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.bradley_terry import WON, half_wins
from evaluation.clustering import CLUSTERINGS, Covariance, VoteScores, clustered_covariance, on_grid
from evaluation.comparisons import Comparisons, FloatArray, Outcome
from evaluation.inference import (
    interval_for,
    interval_label,
    n_distinct,
    refuse_interval,
    too_few,
)
from evaluation.results import Estimate, round_figures


@dataclass(frozen=True)
class WinRates:
    """`overall` (K,): share of a system's votes it won, a tie being half. `mean` (K,): its win rate
    against each opponent it met, averaged over opponents, so that no opponent counts more for being
    met more often (a Borda-type mean). `pairs` (K, K): win rate of row over column, NaN where they
    never met. `covariance` of `overall`.
    """

    overall: FloatArray
    mean: FloatArray
    pairs: FloatArray
    covariance: Covariance


def win_rates(comparisons: Comparisons, interval: str) -> WinRates:
    """Win rates with a covariance clustered as `interval` says ("vote", "rater", …).

    The variance of a win rate is that of a ratio, by linearisation: each vote contributes
    (outcome − rate) / votes. Systems without votes have NaN.
    """
    c = comparisons
    wins = half_wins(c.table)
    n = wins + wins.T
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = wins / n
        overall = wins.sum(1) / n.sum(1)
        mean = np.nansum(pairs, axis=1) / (n > 0).sum(1)
    met = np.where(n.sum(1) > 0, n.sum(1), np.inf)
    covariance = clustered_covariance(
        np.diag(1 / met), _scores(c, np.nan_to_num(overall)), interval, c
    )
    return WinRates(overall, mean, pairs, covariance)


def _scores(c: Comparisons, rate: FloatArray) -> VoteScores:
    share = WON[c.outcome]
    weight = 1.0 if c.weight is None else c.weight
    on_a = on_grid(weight * (share - rate[c.model_a]), len(c))
    on_b = on_grid(weight * (1 - share - rate[c.model_b]), len(c))
    return VoteScores(c.model_a, c.model_b, on_a, on_b, np.empty((len(c), 0)), c.n_systems)


def outcome_counts(comparisons: Comparisons) -> dict[str, FloatArray]:
    """(K,) summed weight of each system's wins, ties, losses and votes of both being bad."""
    table = comparisons.table
    as_a, as_b = table.sum(1), table.sum(0)
    return {
        "wins": as_a[:, Outcome.MODEL_A] + as_b[:, Outcome.MODEL_B],
        "ties": as_a[:, Outcome.TIE] + as_b[:, Outcome.TIE],
        "losses": as_a[:, Outcome.MODEL_B] + as_b[:, Outcome.MODEL_A],
        "both_bad": as_a[:, Outcome.BOTH_BAD] + as_b[:, Outcome.BOTH_BAD],
    }


def win_rate_report(
    comparisons: Comparisons, *, interval: str = "two-way", confidence: float = 0.95
) -> dict[str, Any]:
    """The JSON of `python -m evaluation winrate`: per system counts, `win_rate` with its interval
    and `mean_win_rate`; per pair that met, the win rate of `first` over `second`."""
    refuse_interval(interval, confidence, CLUSTERINGS)
    votes = comparisons.sorted_by_name()
    used, warnings = interval_for(votes, interval)
    few = too_few(votes, used)
    rates = win_rates(votes, used)
    counts = outcome_counts(votes)
    shown = np.bincount(np.concatenate([votes.model_a, votes.model_b]), minlength=len(votes.names))
    systems = []
    for i in np.lexsort((np.arange(len(votes.names)), -np.nan_to_num(rates.overall))):
        value = float(rates.overall[i])
        unit = np.eye(len(votes.names))[i]
        estimate = (
            Estimate(value) if few else Estimate.of(value, rates.covariance, unit, confidence)
        )
        systems.append(
            {
                "name": votes.names[i],
                "votes": int(shown[i]),
                **{name: float(values[i]) for name, values in counts.items()},
                "win_rate": estimate.value,
                "se": estimate.se,
                "lower": estimate.lower,
                "upper": estimate.upper,
                "mean_win_rate": float(rates.mean[i]),
            }
        )
    report: dict[str, Any] = round_figures(
        {
            "method": f"share of votes won, a tie being half; {interval_label(used)}",
            "n_votes": len(votes),
            "n_raters": n_distinct(votes.rater),
            "n_cases": n_distinct(votes.case),
            "warnings": [*warnings, *([few] if few else [])],
            "systems": systems,
            "pairs": _pairs(votes, rates),
        }
    )
    return report


def _pairs(votes: Comparisons, rates: WinRates) -> list[dict[str, Any]]:
    wins = half_wins(votes.table)
    return [
        {
            "first": votes.names[i],
            "second": votes.names[j],
            "votes": float(wins[i, j] + wins[j, i]),
            "win_rate": float(rates.pairs[i, j]),
        }
        for i, j in zip(*np.nonzero(np.triu(wins + wins.T)), strict=True)
    ]
