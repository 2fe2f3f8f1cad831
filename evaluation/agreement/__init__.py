"""Agreement of raters: chance-corrected coefficients with missing ratings and intervals."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any

from evaluation.agreement.coefficient_set import NAMES, evaluate
from evaluation.agreement.intervals import Plan, refuse_plan
from evaluation.agreement.ratings import Ratings
from evaluation.agreement.result import AgreementResult, Category, Coefficient
from evaluation.agreement.tables import Counts
from evaluation.agreement.weights import LEVELS, WEIGHTS_OF_LEVEL
from evaluation.comparisons import DataError

__all__ = [
    "LEVELS",
    "METHODS",
    "NAMES",
    "OVER",
    "AgreementResult",
    "Category",
    "Coefficient",
    "Ratings",
    "agree",
]

METHODS = ("bootstrap", "linearised", "none")
OVER = ("units", "raters", "both")
ONE_SIDED = 0.9  # share of one category beyond which kappa-like coefficients mislead


def agree(
    units: Iterable[Hashable],
    raters: Iterable[Hashable],
    values: Iterable[Any],
    *,
    level: str = "nominal",
    categories: Sequence[Any] | None = None,
    weights: str | None = None,
    coefficients: Collection[str] | None = None,
    interval: str = "bootstrap",
    over: str = "units",
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> AgreementResult:
    """Agreement of raters on units from long rows; ratings may be missing.

    `level` decides the distance in Krippendorff's alpha and, unless `weights` names others, the
    weights of the rest: nominal identity, ordinal Gwet's ordinal, interval quadratic, ratio ratio.
    Percent and AC1 always ask for the same category; AC2 (present unless the weights are identity)
    is the weighted AC1. `categories` lists what could have been chosen, in order; words at the
    ordinal level need it.

    Intervals speak of other units like these, of other raters, or of both, as `over` says: a
    percentile bootstrap, or the analytic variance ("linearised" over units, a jackknife over
    raters; taken for coefficients whose bootstrap would take more than a second or two; each says
    which it has), or "none" for values alone. Same input, same numbers.

    Raises `DataError` for data or settings that cannot be used.
    """
    ratings = Ratings.from_rows(units, raters, values, categories=categories)
    plan = Plan(interval, over, confidence, resamples, seed)
    _refuse_settings(level, plan)
    _refuse_words(ratings, level, ordered=categories is not None)
    chosen = weights or WEIGHTS_OF_LEVEL[level]
    found = evaluate(ratings, _wanted(coefficients, chosen), level=level, weights=chosen, plan=plan)
    counts, times = ratings.kinds
    rated = counts.sum(1)
    prevalence = _prevalence(ratings)
    return AgreementResult(
        level=level,
        weights=chosen,
        over=over,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        n_units=int(times.sum()),
        n_units_compared=int(times[rated > 1].sum()),
        n_raters=ratings.n_raters,
        n_ratings=int(ratings.value.size),
        n_missing=ratings.missing,
        prevalence=prevalence,
        coefficients=found,
        warnings=_warnings(rated, times, ratings.missing, prevalence),
    )


def _wanted(coefficients: Collection[str] | None, weights: str) -> list[str]:
    unknown = set(coefficients or ()) - set(NAMES)
    if unknown:
        raise DataError(f"unknown coefficient {min(unknown)!r}; there are {', '.join(NAMES)}")
    return [
        name
        for name in NAMES
        if name in (coefficients or NAMES) and (name != "gwet_ac2" or weights != "identity")
    ]


def _prevalence(ratings: Ratings) -> tuple[Category, ...]:
    kinds, times = ratings.kinds
    counts = times @ kinds
    total = max(int(counts.sum()), 1)
    return tuple(
        Category(category, int(count), float(count / total))
        for category, count in zip(ratings.categories, counts, strict=True)
    )


def _warnings(
    rated: Counts, times: Counts, missing: int, prevalence: tuple[Category, ...]
) -> tuple[str, ...]:
    found = []
    if missing:
        found.append(f"{missing} rows without a value are left out")
    alone = int(times[rated == 1].sum())
    if alone:
        found.append(f"{alone} units have one rating only and cannot show agreement")
    compared = int(times[rated > 1].sum())
    if compared < 10:
        found.append(f"only {compared} units have two ratings or more: intervals are rough")
    top = max(prevalence, key=lambda c: c.share, default=None)
    if top and top.share > ONE_SIDED:
        found.append(
            f"{top.share:.0%} of the ratings are {top.category}: kappa and alpha are low by "
            "construction, read percent and AC1 beside them"
        )
    return tuple(found)


def _refuse_settings(level: str, plan: Plan) -> None:
    for name, value, known in (
        ("level", level, LEVELS),
        ("interval", plan.method, METHODS),
        ("over", plan.over, OVER),
    ):
        if value not in known:
            raise DataError(f"unknown {name} {value!r}; there are {', '.join(known)}")
    refuse_plan(plan)


def _refuse_words(ratings: Ratings, level: str, *, ordered: bool) -> None:
    if ratings.numeric or level == "nominal" or not ratings.categories:
        return
    if level == "ordinal" and ordered:
        return
    words = ", ".join(map(str, ratings.categories[:5]))
    need = "numbers" if level != "ordinal" else "the order of the categories"
    raise DataError(f"the {level} level needs {need}; the values are words: {words}")
