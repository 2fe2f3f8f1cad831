"""Proportions of events that come in clusters, such as safety flags raised by few raters."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv, stdtrit

from evaluation.comparisons import DataError, FloatArray, IntArray

METHOD = "Korn–Graubard interval, clustered by rater"


@dataclass(frozen=True)
class Proportion:
    """`value` = events / n; `lower` and `upper` are None where fewer than two clusters speak."""

    value: float
    lower: float | None
    upper: float | None
    n: int
    n_clusters: int


def clustered_proportion(
    events: IntArray, trials: IntArray, *, confidence: float = 0.95
) -> Proportion:
    """Share of events in trials, with an interval that allows for alike answers in a cluster.

    `events`, `trials`: (G,) counts per cluster (rater). The exact binomial interval at the
    effective sample size: Korn & Graubard (1998), Survey Methodology 24:193–201. Its design effect
    comes from the linearised variance between clusters and is taken as at least 1; where nobody or
    everybody flagged, no spread can be seen and only the degrees of freedom widen the interval.

    Raises `DataError` if there is no trial, or more events than trials in a cluster.
    """
    if (events > trials).any() or (events < 0).any():
        raise DataError("a cluster has more events than trials")
    hits, shown = events[trials > 0].astype(float), trials[trials > 0].astype(float)
    n, groups = shown.sum(), len(shown)
    if groups == 0:
        raise DataError("there are no trials")
    value = float(hits.sum() / n)
    if groups < 2:
        return Proportion(value, None, None, int(n), groups)
    size = _effective_size(hits, shown, value, confidence)
    lower, upper = _exact_interval(value * size, size, confidence)
    return Proportion(value, lower, upper, int(n), groups)


def _effective_size(
    events: FloatArray, trials: FloatArray, value: float, confidence: float
) -> float:
    n, groups = trials.sum(), len(trials)
    residual = events - value * trials
    variance = groups / (groups - 1) * (residual**2).sum() / n**2
    independent = value * (1 - value) / n
    design_effect = max(1.0, variance / independent) if independent > 0 else 1.0
    tail = 0.5 + confidence / 2
    narrower = float(stdtrit(n - 1, tail) / stdtrit(groups - 1, tail)) ** 2
    return float(n / design_effect * min(1.0, narrower))


def _exact_interval(events: float, size: float, confidence: float) -> tuple[float, float]:
    """Clopper–Pearson limits; `events` and `size` need not be whole numbers."""
    tail = (1 - confidence) / 2
    lower = betaincinv(events, size - events + 1, tail) if events > 0 else 0.0
    upper = betaincinv(events + 1, size - events, 1 - tail) if events < size else 1.0
    return float(lower), float(upper)
