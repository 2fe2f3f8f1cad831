"""What an agreement analysis says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Coefficient:
    """One coefficient with its interval; None where there is no number, with a `reason`.

    `observed` and `expected` are the agreement seen and the agreement by chance it was corrected
    for; `method` is how the interval was made: "bootstrap", "linearised", "jackknife" or
    "linearised and jackknife".
    """

    value: float | None
    se: float | None = None
    lower: float | None = None
    upper: float | None = None
    observed: float | None = None
    expected: float | None = None
    method: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Category:
    """How often a category was chosen: `count` ratings, a `share` of all."""

    category: Any
    count: int
    share: float


@dataclass(frozen=True)
class AgreementResult:
    """Agreement of raters on units, with everything needed to repeat the calculation.

    `over` says what the intervals allow for: other "units", other "raters", or "both".
    """

    level: str
    weights: str
    over: str
    confidence: float
    resamples: int
    seed: int
    n_units: int
    n_units_compared: int
    n_raters: int
    n_ratings: int
    n_missing: int
    prevalence: tuple[Category, ...]
    coefficients: Mapping[str, Coefficient]
    warnings: tuple[str, ...]

    def __getitem__(self, name: str) -> Coefficient:
        return self.coefficients[name]

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe: the coefficients stand at the top level under their names, None for NaN."""
        facts = asdict(self)
        coefficients = facts.pop("coefficients")
        return {**facts, **coefficients}
