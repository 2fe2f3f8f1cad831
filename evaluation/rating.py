"""`rate`: from votes to ratings with honest intervals, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evaluation.bradley_terry import half_wins
from evaluation.comparisons import Comparisons
from evaluation.components import RatedComponent, Settings, rate_component
from evaluation.connectivity import strong_components, weak_components
from evaluation.identifiability import describe
from evaluation.inference import interval_for, interval_label, n_distinct
from evaluation.results import ORIGIN, RatingResult, SystemRating


def rate(
    comparisons: Comparisons,
    *,
    ties: str = "half",
    interval: str = "two-way",
    confidence: float = 0.95,
    seed: int = 0,
    penalty: str | float | None = None,
    covariates: Sequence[str] = (),
    side: bool = False,
) -> RatingResult:
    """Ratings of the systems in `comparisons`.

    `ties`: a key of `evaluation.ties.TIES`. `interval`: "two-way" (raters and cases; what may be
    published), "bootstrap" (the same by resampling), "rater", "case", "vote" (independent votes)
    or "fisher" (the model's own). Two-way falls back to what the data has, and says so. `penalty`:
    "firth" or a ridge penalty, for systems that only won or lost. `covariates`, `side`: effects of
    the vote to adjust for; a rating is then that of a system shown on neither side in particular.

    `se`, `lower` and `upper` are on the rating scale (400 points = tenfold strength), for the
    distance from the component's mean of 1000. Systems are rated per component of the votes; see
    `RatingResult.components` and `warnings`.

    Deterministic, and independent of the order of rows and of the names of raters and cases;
    `seed` serves the simultaneous rank ranges and the bootstrap. Raises `DataError`.
    """
    votes = comparisons.sorted_by_name()
    used, warnings = interval_for(votes, interval)
    settings = Settings(ties, used, confidence, penalty, covariates, side)
    wins = half_wins(votes.table)
    groups = strong_components(wins) if penalty is None else weak_components(wins)
    rng = np.random.default_rng(seed)
    parts = [
        rate_component(votes.among(group), settings, votes.n_systems - len(group), rng)
        for group in groups
        if len(group) > 1
    ]
    warnings += [text for part in parts for text in part.warnings]
    warnings += describe(votes, groups, [part.theta for part in parts], confidence)
    return RatingResult(
        method=f"{settings.label}; {interval_label(used)}",
        parameters={
            "ties": ties,
            "interval": used,
            "confidence": confidence,
            "seed": seed,
            "penalty": penalty,
            "covariates": [*covariates],
            "side": side,
            "points_per_tenfold_strength": 400,
            "mean_rating": ORIGIN,
        },
        n_votes=len(votes),
        n_raters=n_distinct(votes.rater),
        n_cases=n_distinct(votes.case),
        components=tuple(tuple(votes.names[i] for i in group) for group in groups),
        warnings=(*warnings, *_other_warnings(votes)),
        systems=_systems(votes, parts),
        effects=parts[0].effects if parts else {},
        fits=tuple(part.summary for part in parts),
    )


def _systems(votes: Comparisons, parts: Sequence[RatedComponent]) -> tuple[SystemRating, ...]:
    k = votes.n_systems
    counts = np.bincount(votes.model_a, minlength=k) + np.bincount(votes.model_b, minlength=k)
    rated = {system.name: system for part in parts for system in part.systems}
    systems = [
        replace(rated.get(name) or SystemRating(name, 0), votes=int(n))
        for name, n in zip(votes.names, counts, strict=True)
    ]
    return tuple(sorted(systems, key=_by_rating))


def _other_warnings(votes: Comparisons) -> list[str]:
    warnings = []
    if duplicates := votes.n_duplicates():
        warnings.append(
            f"{duplicates} votes repeat one by the same rater on the same case and pair"
        )
    if (criteria := n_distinct(votes.criterion)) and criteria > 1:
        warnings.append(f"votes on {criteria} criteria are pooled")
    return warnings


def _by_rating(system: SystemRating) -> tuple[bool, float, str]:
    return system.rating is None, -(system.rating or 0.0), system.name
