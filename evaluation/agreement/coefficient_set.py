"""All coefficients of one set of ratings: which apply, their values, their intervals."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from evaluation.agreement import coefficients as formulas
from evaluation.agreement.coefficients import Array, Statistic
from evaluation.agreement.intervals import (
    FloatArray,
    Interval,
    bootstrap,
    can_bootstrap,
    linearised,
)
from evaluation.agreement.ratings import Ratings
from evaluation.agreement.result import Coefficient
from evaluation.agreement.tables import distinct_rows, rater_rows
from evaluation.agreement.weights import Matrix, agreement_weights

NAMES = (
    "percent",
    "cohen",
    "scott",
    "fleiss",
    "conger",
    "brennan_prediger",
    "krippendorff_alpha",
    "gwet_ac1",
    "gwet_ac2",
)
TWO_RATERS = ("cohen", "scott")
OF_RATERS = ("cohen", "conger")  # they need to know who rated, not only how often
OF_LISTED = ("brennan_prediger", "gwet_ac1", "gwet_ac2")  # chance depends on what could be chosen
MOST_ORDINAL = 64


@dataclass(frozen=True)
class Plan:
    """How intervals are made: `method` is "bootstrap" or "linearised"."""

    method: str
    confidence: float
    resamples: int
    seed: int


@dataclass(frozen=True)
class Group:
    """Statistics over the same distinct units, which occur `times` often."""

    times: FloatArray
    statistics: Mapping[str, Statistic]


def evaluate(
    ratings: Ratings, wanted: Collection[str], *, level: str, weights: str, plan: Plan
) -> dict[str, Coefficient]:
    """Every wanted coefficient by name, in the order of `NAMES`."""
    matrix = agreement_weights(weights, ratings.categories)
    reasons = {name: _not_applicable(name, ratings, level) for name in wanted}
    usable = [name for name in wanted if not reasons[name]]
    found = {name: Coefficient(None, reason=reason) for name, reason in reasons.items() if reason}
    for i, group in enumerate(_groups(ratings, usable, level, matrix)):
        found |= _estimates(group, ratings, plan, np.random.default_rng([plan.seed, i]))
    return {name: found[name] for name in NAMES if name in found}


def point_values(
    ratings: Ratings, wanted: Collection[str], *, level: str, weights: str
) -> dict[str, float]:
    """The coefficients alone, NaN where undefined; for ratings to which all of them apply."""
    matrix = agreement_weights(weights, ratings.categories)
    groups = _groups(ratings, list(wanted), level, matrix)
    return {n: _point(s, group.times)[0] for group in groups for n, s in group.statistics.items()}


def _groups(ratings: Ratings, usable: list[str], level: str, weights: Matrix) -> list[Group]:
    """Four tables at most: all units or those two raters share, with or without who rated."""
    groups = []
    for of_pairs in (False, True):
        names = [name for name in usable if (name in TWO_RATERS) == of_pairs]
        if not names:
            continue
        part = _rated_twice(ratings) if of_pairs else ratings
        pooled = [name for name in names if name not in OF_RATERS]
        if pooled:
            rows = part.counts
            table, times = distinct_rows(rows[rows.any(1)])
            groups.append(Group(times, {n: _pooled(n, table, level, weights) for n in pooled}))
        named = [name for name in names if name in OF_RATERS]
        if named:
            table, times = rater_rows(part)
            groups.append(Group(times, {n: formulas.conger(table, weights) for n in named}))
    return groups


def _pooled(name: str, counts: Array, level: str, weights: Matrix) -> Statistic:
    if name == "percent":
        return formulas.percent(counts)
    if name == "gwet_ac1":
        return formulas.gwet(counts, np.eye(counts.shape[1]))
    if name == "krippendorff_alpha" and level == "ordinal":
        return formulas.krippendorff_ordinal(counts)
    formula = {
        "scott": formulas.fleiss,
        "fleiss": formulas.fleiss,
        "brennan_prediger": formulas.brennan_prediger,
        "krippendorff_alpha": formulas.krippendorff,
        "gwet_ac2": formulas.gwet,
    }[name]
    return formula(counts, weights)


def _estimates(
    group: Group, ratings: Ratings, plan: Plan, rng: np.random.Generator
) -> dict[str, Coefficient]:
    points = {n: _point(s, group.times) for n, s in group.statistics.items()}
    defined = {n: s for n, s in group.statistics.items() if isfinite(points[n][0])}
    intervals = _intervals(defined, group.times, plan, rng)
    return {
        name: _coefficient(points[name], intervals[name])
        if name in intervals
        else Coefficient(None, observed=_finite(points[name][1]), reason=_undefined(name, ratings))
        for name in points
    }


def _intervals(
    statistics: Mapping[str, Statistic], times: FloatArray, plan: Plan, rng: np.random.Generator
) -> dict[str, Interval]:
    if plan.method == "linearised" or not can_bootstrap(times, plan.resamples):
        return {n: linearised(s, times, plan.confidence) for n, s in statistics.items()}
    return bootstrap(
        statistics, times, confidence=plan.confidence, resamples=plan.resamples, rng=rng
    )


def _point(statistic: Statistic, times: FloatArray) -> tuple[float, float, float]:
    found = statistic.estimate((times @ statistic.terms)[None])
    return float(found.value[0]), float(found.observed[0]), float(found.expected[0])


def _coefficient(point: tuple[float, float, float], interval: Interval) -> Coefficient:
    value, observed, expected = point
    reason = interval.reason
    if interval.undefined and not reason:
        reason = f"undefined in {interval.undefined} resamples, which are left out"
    return Coefficient(
        value,
        interval.se,
        interval.lower,
        interval.upper,
        _finite(observed),
        _finite(expected),
        interval.method,
        reason,
    )


def _finite(number: float) -> float | None:
    return number if isfinite(number) else None


def _not_applicable(name: str, ratings: Ratings, level: str) -> str:
    n_raters = ratings.n_raters
    if name in TWO_RATERS and n_raters != 2:
        other = {"cohen": "Conger", "scott": "Fleiss"}[name]
        return f"is for exactly two raters, here are {n_raters}: read {other}"
    if not _is_rated_twice(ratings).any():
        return "no unit has two ratings"
    if (
        name == "krippendorff_alpha"
        and level == "ordinal"
        and len(ratings.categories) > MOST_ORDINAL
    ):
        return f"ordinal alpha takes {MOST_ORDINAL} categories at most: group them"
    return ""


def _undefined(name: str, ratings: Ratings) -> str:
    used = np.flatnonzero(ratings.counts.sum(0))
    if name in OF_LISTED and len(ratings.categories) == 1:
        return "only one category is known: list every category that could have been chosen"
    if used.size == 1:
        category = ratings.categories[used[0]]
        return f"every rating is {category}: agreement by chance is complete, the value is 0/0"
    return "every compared rating falls into one category: the value is 0/0"


def _is_rated_twice(ratings: Ratings) -> NDArray[np.bool_]:
    return np.asarray(ratings.counts.sum(1) >= 2)


def _rated_twice(ratings: Ratings) -> Ratings:
    return ratings.select(_is_rated_twice(ratings)[ratings.unit])
