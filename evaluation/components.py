"""Rating the systems of one component: those that share a scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evaluation.bootstrap import bootstrap_covariance
from evaluation.clustering import Covariance
from evaluation.comparisons import Comparisons, DataError, FloatArray
from evaluation.covariates import fit_covariates
from evaluation.inference import braces, refuse_interval, too_few
from evaluation.intervals import covariance
from evaluation.penalised import firth, ridge
from evaluation.ranks import rank_ranges
from evaluation.results import ORIGIN, SCALE, ComponentFit, Estimate, SystemRating
from evaluation.ties import TIES


@dataclass(frozen=True)
class Settings:
    """How to rate. `penalty`: None, "firth", or the ridge penalty as a number. `covariates`: names
    of columns to adjust for; `side`: adjust for standing left. Raises `DataError` for options that
    mean nothing or do not go together."""

    ties: str = "half"
    interval: str = "two-way"
    confidence: float = 0.95
    penalty: str | float | None = None
    covariates: Sequence[str] = ()
    side: bool = False

    def __post_init__(self) -> None:
        if self.ties not in TIES:
            raise DataError(f"unknown tie model {self.ties!r}; use one of {', '.join(TIES)}")
        refuse_interval(self.interval, self.confidence)
        if isinstance(self.penalty, str) and self.penalty != "firth":
            raise DataError(f"unknown penalty {self.penalty!r}; use firth or a positive number")
        if isinstance(self.penalty, int | float) and not self.penalty > 0:
            raise DataError(f"the ridge penalty must be positive, not {self.penalty}")
        special = [self.penalty is not None, self.adjusted, self.interval == "bootstrap"]
        if sum([*special, self.ties != "half"]) > 1:
            raise DataError("penalty, covariates, bootstrap and models with ties do not combine")

    @property
    def adjusted(self) -> bool:
        return bool(self.covariates) or self.side

    @property
    def label(self) -> str:
        """What stands in a result's method."""
        label = TIES[self.ties].label
        if self.penalty == "firth":
            return f"{label}, bias-reduced (Firth)"
        if self.penalty is not None:
            return f"{label}, ridge penalty {self.penalty:g}/2·Σθ²"
        names = [*(["side"] if self.side else []), *self.covariates]
        return f"{label}, adjusted for {', '.join(names)}" if names else label


@dataclass(frozen=True)
class Estimated:
    """Strengths (K,), how the fit ended, and their covariance when it is asked for."""

    theta: FloatArray
    summary: ComponentFit
    covariance: Callable[[], Covariance]
    effects: Mapping[str, float] = field(default_factory=dict)
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class RatedComponent:
    """What one component adds to a result."""

    theta: FloatArray
    summary: ComponentFit
    systems: list[SystemRating]
    effects: dict[str, Estimate]
    warnings: list[str]


def rate_component(
    part: Comparisons, settings: Settings, outside: int, rng: np.random.Generator
) -> RatedComponent:
    """Ratings on the votes of one component; `outside` counts the systems off its scale."""
    estimated = estimate(part, settings, rng)
    systems, warnings = _points(part, estimated.theta), [*estimated.warnings]
    effects = {name: Estimate(value) for name, value in estimated.effects.items()}
    if not estimated.summary.converged:
        names = braces(part.names)
        systems = [SystemRating(name, 0) for name in part.names]
        effects = {}
        warnings.append(f"the votes on {names} determine no finite ratings under this model")
    elif few := too_few(part, settings.interval):
        warnings.append(few)
    else:
        cov = estimated.covariance()
        systems = _with_intervals(systems, estimated.theta, cov, settings, rng, outside)
        effects = _effects(estimated, cov, settings.confidence)
        if flat := [system.name for system in systems if system.se is None]:
            names = ", ".join(flat)
            warnings.append(f"the votes on {names} show no variation, so no interval is given")
    return RatedComponent(estimated.theta, estimated.summary, systems, effects, warnings)


def estimate(part: Comparisons, settings: Settings, rng: np.random.Generator) -> Estimated:
    """The fit that `settings` ask for, on votes whose systems share a scale."""
    if settings.adjusted:
        return _adjusted(part, settings)
    model = TIES[settings.ties]
    table = model.table(part)
    if settings.penalty is None:
        fit = model.fit(table)
    elif isinstance(settings.penalty, str):
        fit = firth(part.table)
    else:
        fit = ridge(part.table, settings.penalty)

    def covariance_of_fit() -> Covariance:
        if settings.interval == "bootstrap":
            return bootstrap_covariance(part, rng)
        return covariance(part, fit, settings.interval, table=table, category=model.category)

    named = model.named(fit) if fit.converged else {}
    ended = (fit.log_likelihood, fit.iterations, fit.converged)
    return Estimated(fit.theta, ComponentFit(part.names, *ended, named), covariance_of_fit)


def _adjusted(part: Comparisons, settings: Settings) -> Estimated:
    missing = [name for name in settings.covariates if name not in part.covariates]
    if missing:
        raise DataError("is not a covariate of these votes", column=missing[0])
    fit = fit_covariates(part, settings.covariates, interval=settings.interval, side=settings.side)
    warnings = [
        f"the effect of {name} cannot be told from systems or other covariates, so it is left out"
        for name in fit.dropped
    ]
    summary = ComponentFit(part.names, fit.log_likelihood, fit.iterations, fit.converged)
    return Estimated(fit.theta, summary, lambda: fit.covariance, fit.effects, warnings)


def _points(part: Comparisons, theta: FloatArray) -> list[SystemRating]:
    strength = np.exp(theta)
    return [
        SystemRating(name, 0, float(t), float(share), ORIGIN + SCALE * float(t))
        for name, t, share in zip(part.names, theta, strength / strength.sum(), strict=True)
    ]


def _with_intervals(
    systems: list[SystemRating],
    theta: FloatArray,
    cov: Covariance,
    settings: Settings,
    rng: np.random.Generator,
    outside: int,
) -> list[SystemRating]:
    """Adds se, interval and ranks; systems outside the component may stand anywhere."""
    k = len(theta)
    contrasts = np.eye(k, len(cov.matrix))
    contrasts[:, :k] -= 1.0 / k
    se = SCALE * np.sqrt(cov.variance(contrasts))
    reach = se * cov.critical_value(contrasts, settings.confidence)
    rating = ORIGIN + SCALE * theta
    low, high = rank_ranges(theta, cov, confidence=settings.confidence, rng=rng)
    return [
        replace(
            system,
            se=float(se[i]),
            lower=float(rating[i] - reach[i]),
            upper=float(rating[i] + reach[i]),
            rank_low=int(low[i]),
            rank_high=int(high[i]) + outside,
        )
        if se[i] > 1e-9
        else system
        for i, system in enumerate(systems)
    ]


def _effects(estimated: Estimated, cov: Covariance, confidence: float) -> dict[str, Estimate]:
    k = len(estimated.theta)
    unit = np.eye(len(cov.matrix))
    return {
        name: Estimate.of(value, cov, unit[k + i], confidence)
        for i, (name, value) in enumerate(estimated.effects.items())
    }
