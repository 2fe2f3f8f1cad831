"""Results that carry everything that made them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from evaluation.clustering import Covariance
from evaluation.comparisons import FloatArray

SCALE = 400 / math.log(10)  # rating points per natural-log unit of strength
ORIGIN = 1000.0
DIGITS = 12


@dataclass(frozen=True)
class Estimate:
    """A figure with its standard error and interval; None where they are withheld."""

    value: float
    se: float | None = None
    lower: float | None = None
    upper: float | None = None

    @classmethod
    def of(
        cls, value: float, covariance: Covariance, contrast: FloatArray, confidence: float
    ) -> Estimate:
        """The interval of a linear combination `contrast` (P,) of the parameters."""
        row = contrast[None]
        se = float(np.sqrt(covariance.variance(row)[0]))
        if se < 1e-12:
            return cls(value)
        reach = se * float(covariance.critical_value(row, confidence)[0])
        return cls(value, se, value - reach, value + reach)


@dataclass(frozen=True)
class SystemRating:
    """One system. None means the votes do not carry the number; a warning then says why.

    `log_strength`: natural log, mean 0 over the systems of its component. `share`: strengths sum
    to 1 over the component. `rating`: 1000 + 400·log10 of the strength. `se`, `lower`, `upper`: on
    the rating scale, for the rating relative to the component's mean of 1000. `rank_low`,
    `rank_high`: best and worst rank that the votes allow, all systems together.
    """

    name: str
    votes: int
    log_strength: float | None = None
    share: float | None = None
    rating: float | None = None
    se: float | None = None
    lower: float | None = None
    upper: float | None = None
    rank_low: int | None = None
    rank_high: int | None = None


@dataclass(frozen=True)
class ComponentFit:
    """How the fit of one component ended."""

    systems: tuple[str, ...]
    log_likelihood: float
    iterations: int
    converged: bool
    extra: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RatingResult:
    """Ratings with the method, counts, convergence and warnings behind them.

    `components`: sets of systems on one common scale, largest first. Systems are ordered by
    rating, best first, those without one last. `effects`: log-odds per unit of each covariate,
    towards the side it is counted for, of the largest component.
    """

    method: str
    parameters: Mapping[str, Any]
    n_votes: int
    n_raters: int | None
    n_cases: int | None
    components: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...]
    systems: tuple[SystemRating, ...]
    fits: tuple[ComponentFit, ...]
    effects: Mapping[str, Estimate] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `python -m evaluation rate`; figures rounded to 12 significant digits, past
        which they depend on the processor rather than on the votes."""
        result: dict[str, Any] = {
            "method": self.method,
            "parameters": dict(self.parameters),
            "n_votes": self.n_votes,
            "n_raters": self.n_raters,
            "n_cases": self.n_cases,
            "components": [list(names) for names in self.components],
            "warnings": list(self.warnings),
            "systems": [asdict(system) for system in self.systems],
            "convergence": [
                {
                    "systems": list(fit.systems),
                    "log_likelihood": fit.log_likelihood,
                    "iterations": fit.iterations,
                    "converged": fit.converged,
                }
                for fit in self.fits
            ],
        }
        if self.fits:
            result |= self.fits[0].extra
        if self.effects:
            result["effects"] = {name: asdict(effect) for name, effect in self.effects.items()}
        rounded = round_figures(result)
        assert isinstance(rounded, dict)  # noqa: S101
        return rounded


def round_figures(value: Any) -> Any:
    """`value` with every float at `DIGITS` significant digits and NaN or infinity as None."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: round_figures(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [round_figures(item) for item in value]
    return value
