"""Covariance of fitted strengths: by the model, per vote, by rater, by case, and both at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

import numpy as np

from evaluation.bradley_terry import Fit
from evaluation.clustering import (
    Covariance,
    Scores,
    TableScores,
    VoteScores,
    clustered_covariance,
    on_grid,
)
from evaluation.comparisons import Comparisons, FloatArray, IntArray, cell_codes, count
from evaluation.newton import inverse_information, laplacian


def covariance(
    comparisons: Comparisons,
    fit: Fit,
    interval: str,
    *,
    table: FloatArray | None = None,
    category: Callable[[Comparisons], IntArray] = attrgetter("outcome"),
) -> Covariance:
    """(P, P) covariance of a fit on the counts of `comparisons`.

    `interval`: "fisher" trusts the model; "vote" is the sandwich for independent votes (White
    1982, doi:10.2307/1912526); "rater", "case" and "two-way" see `clustered_covariance`.
    `category` gives the (N,) outcomes the fit distinguishes and `table` their (K, K, Y) counts, if
    they are not the votes' own.
    """
    bread = inverse_information(fit.information, len(fit.theta))
    if interval == "fisher":
        return Covariance(bread)
    c, counts = comparisons, comparisons.table if table is None else table
    if c.weight is not None:
        counts = count(replace(c, weight=c.weight**2), category(c), fit.slope.shape[2])
    meat = table_meat(counts, fit)
    if interval == "vote":
        return Covariance(bread @ meat @ bread)
    return clustered_covariance(bread, vote_scores(c, fit, category(c)), interval, c, meat=meat)


def vote_scores(c: Comparisons, fit: Fit, category: IntArray) -> Scores:
    """Every vote's derivative of the log-likelihood."""
    code = cell_codes(c, category, fit.slope.shape[2])
    slope = on_grid(fit.slope, len(c)).ravel()
    extra = on_grid(fit.extra_slope, len(c)).reshape(fit.slope.size, len(fit.extra))
    if c.weight is None:
        return TableScores(c.model_a, c.model_b, code, slope, extra, c.n_systems)
    weighed = on_grid(slope[code] * c.weight, len(c))
    extra = on_grid(extra[code] * c.weight[:, None], len(c))
    return VoteScores(c.model_a, c.model_b, weighed, -weighed, extra, c.n_systems)


def table_meat(table: FloatArray, fit: Fit) -> FloatArray:
    """(P, P) sum over votes of score·scoreᵀ, from counts (of squared weights) alone."""
    slope, extra = fit.slope, fit.extra_slope
    pair = (table * slope**2).sum(2)
    strengths = laplacian(pair + pair.T)
    if not fit.extra.size:
        return strengths
    cross = np.einsum("abyv,aby->abv", extra, table * slope)
    cross = cross.sum(1) - cross.sum(0)
    square = np.einsum("aby,abyu,abyv->uv", table, extra, extra)
    return np.block([[strengths, cross], [cross.T, square]])
