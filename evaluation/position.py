"""The left/right effect: do raters prefer a side whatever stands there?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evaluation.bradley_terry import WON, half_wins
from evaluation.clustering import CLUSTERINGS, VoteScores, clustered_covariance, on_grid
from evaluation.comparisons import Comparisons
from evaluation.connectivity import strong_components
from evaluation.covariates import fit_covariates
from evaluation.inference import (
    interval_for,
    interval_label,
    n_distinct,
    refuse_interval,
    too_few,
)
from evaluation.results import SCALE, Estimate, round_figures


@dataclass(frozen=True)
class PositionEffect:
    """`left_share`: share of votes won by the left side, ties half. `log_odds`: the advantage of
    the left side in logits with the systems' strengths allowed for, None if the votes do not
    determine them; `rating_points` is the same on the rating scale."""

    method: str
    n_votes: int
    n_raters: int | None
    n_cases: int | None
    left_share: Estimate
    log_odds: Estimate | None
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `python -m evaluation position`."""
        points = None if self.log_odds is None else self.log_odds.value * SCALE
        result: dict[str, Any] = round_figures(
            {
                "method": self.method,
                "n_votes": self.n_votes,
                "n_raters": self.n_raters,
                "n_cases": self.n_cases,
                "left_share": asdict(self.left_share),
                "log_odds": None if self.log_odds is None else asdict(self.log_odds),
                "rating_points": points,
                "warnings": self.warnings,
            }
        )
        return result


def position_effect(
    comparisons: Comparisons, *, interval: str = "two-way", confidence: float = 0.95
) -> PositionEffect:
    """The effect of standing left, model_a being the left side. Raises `DataError`."""
    refuse_interval(interval, confidence, CLUSTERINGS)
    votes = comparisons.sorted_by_name()
    used, warnings = interval_for(votes, interval)
    if few := too_few(votes, used):
        warnings.append(few)
    share = _left_share(votes, used, confidence)
    log_odds = _log_odds(votes, used, confidence)
    if log_odds is None:
        warnings.append("the votes do not put two systems on one scale, so only the share is given")
    withheld = few is not None
    return PositionEffect(
        method=f"share won by the left side, and Bradley–Terry with a side; {interval_label(used)}",
        n_votes=len(votes),
        n_raters=n_distinct(votes.rater),
        n_cases=n_distinct(votes.case),
        left_share=Estimate(share.value) if withheld else share,
        log_odds=Estimate(log_odds.value) if withheld and log_odds else log_odds,
        warnings=tuple(warnings),
    )


def _left_share(votes: Comparisons, interval: str, confidence: float) -> Estimate:
    n = len(votes)
    weight = np.ones(n) if votes.weight is None else votes.weight
    won = WON[votes.outcome]
    share = float((weight * won).sum() / weight.sum())
    one = np.zeros(n, np.int64)
    residual = on_grid(weight * (won - share), n)
    scores = VoteScores(one, one, residual, np.zeros(n), np.empty((n, 0)), 1)
    bread = np.array([[1.0 / weight.sum()]])
    covariance = clustered_covariance(bread, scores, interval, votes)
    return Estimate.of(share, covariance, np.ones(1), confidence)


def _log_odds(votes: Comparisons, interval: str, confidence: float) -> Estimate | None:
    largest = strong_components(half_wins(votes.table))[0]
    if len(largest) < 2:
        return None
    fit = fit_covariates(votes.among(largest), [], interval=interval, side=True)
    if "side" not in fit.effects or not fit.converged:
        return None
    contrast = np.append(np.zeros(len(largest)), 1.0)
    return Estimate.of(fit.effects["side"], fit.covariance, contrast, confidence)
