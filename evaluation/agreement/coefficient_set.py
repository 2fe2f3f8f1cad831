"""All coefficients of one set of ratings: which apply, their values, their intervals."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from evaluation.agreement import coefficients as formulas
from evaluation.agreement.coefficients import Formula, Statistic
from evaluation.agreement.intervals import (
    FloatArray,
    Interval,
    Plan,
    bootstrap,
    can_bootstrap,
    linearised,
)
from evaluation.agreement.over_raters import rater_intervals
from evaluation.agreement.ratings import Ratings
from evaluation.agreement.result import Coefficient
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
    groups = _groups(ratings, usable, level, matrix)
    points = {n: _point(s, g.times) for g in groups for n, s in g.statistics.items()}
    defined = [name for name in usable if isfinite(points[name][0])]
    intervals = _intervals(groups, defined, plan)
    if plan.over != "units" and plan.method != "none":
        pooled = _formulas(defined, level, matrix)
        intervals = rater_intervals(ratings, pooled, matrix, intervals, plan)
    return {
        name: Coefficient(None, reason=reasons[name])
        if reasons[name]
        else _coefficient(points[name], intervals.get(name), _undefined(name, ratings))
        for name in NAMES
        if name in wanted
    }


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
        pooled = _formulas(names, level, weights)
        if pooled:
            table, times = part.kinds
            groups.append(Group(times, {name: f.of(table) for name, f in pooled.items()}))
        named = [name for name in names if name in OF_RATERS]
        if named:
            rows, times = part.kinds_by_rater
            groups.append(Group(times, {name: formulas.conger(rows, weights) for name in named}))
    return groups


def _formulas(names: Collection[str], level: str, weights: Matrix) -> dict[str, Formula]:
    """The formulas of the coefficients that need not know who rated, by name."""
    return {name: _formula(name, level, weights) for name in names if name not in OF_RATERS}


def _formula(name: str, level: str, weights: Matrix) -> Formula:
    if name == "percent":
        return formulas.percent(len(weights))
    if name == "gwet_ac1":
        return formulas.gwet(np.eye(len(weights)))
    if name == "krippendorff_alpha" and level == "ordinal":
        return formulas.krippendorff_ordinal(len(weights))
    return {
        "scott": formulas.fleiss,
        "fleiss": formulas.fleiss,
        "brennan_prediger": formulas.brennan_prediger,
        "krippendorff_alpha": formulas.krippendorff,
        "gwet_ac2": formulas.gwet,
    }[name](weights)


def _intervals(
    groups: Collection[Group], defined: Collection[str], plan: Plan
) -> dict[str, Interval]:
    """Intervals over units of the coefficients that have a value."""
    if plan.method == "none":
        return dict.fromkeys(defined, Interval(None, None, None, None, "no interval was asked for"))
    found: dict[str, Interval] = {}
    for i, group in enumerate(groups):
        statistics = {n: s for n, s in group.statistics.items() if n in defined}
        drawn = plan.method == "bootstrap" and plan.over == "units"
        if drawn and can_bootstrap(group.times, plan.resamples):
            found |= bootstrap(statistics, group.times, plan, np.random.default_rng([plan.seed, i]))
        else:
            found |= {n: linearised(s, group.times, plan) for n, s in statistics.items()}
    return found


def _point(statistic: Statistic, times: FloatArray) -> tuple[float, float, float]:
    found = statistic.estimate((times @ statistic.terms)[None])
    return float(found.value[0]), float(found.observed[0]), float(found.expected[0])


def _coefficient(
    point: tuple[float, float, float], interval: Interval | None, undefined: str
) -> Coefficient:
    value, observed, expected = point
    if interval is None:
        return Coefficient(None, observed=_finite(observed), reason=undefined)
    return Coefficient(
        value,
        interval.se,
        interval.lower,
        interval.upper,
        _finite(observed),
        _finite(expected),
        interval.method,
        interval.reason,
    )


def _finite(number: float) -> float | None:
    return number if isfinite(number) else None


def _not_applicable(name: str, ratings: Ratings, level: str) -> str:
    n_raters = ratings.n_raters
    if name in TWO_RATERS and n_raters != 2:
        other = {"cohen": "Conger", "scott": "Fleiss"}[name]
        return f"is for exactly two raters, here are {n_raters}: read {other}"
    if not (ratings.kinds[0].sum(1) >= 2).any():
        return "no unit has two ratings"
    if (
        name == "krippendorff_alpha"
        and level == "ordinal"
        and len(ratings.categories) > MOST_ORDINAL
    ):
        return f"ordinal alpha takes {MOST_ORDINAL} categories at most: group them"
    return ""


def _undefined(name: str, ratings: Ratings) -> str:
    used = np.flatnonzero(ratings.kinds[0].sum(0))
    if name in OF_LISTED and len(ratings.categories) == 1:
        return "only one category is known: list every category that could have been chosen"
    if used.size == 1:
        category = ratings.categories[used[0]]
        return f"every rating is {category}: agreement by chance is complete, the value is 0/0"
    return "every compared rating falls into one category: the value is 0/0"


def _rated_twice(ratings: Ratings) -> Ratings:
    return ratings.select((ratings.counts.sum(1) >= 2)[ratings.unit])
