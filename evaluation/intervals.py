"""Covariance of fitted strengths: by the model, per vote, by rater, by case, and both at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluation.bradley_terry import Fit, inverse_information, laplacian
from evaluation.clustering import Covariance, Scores, clustered_covariance, on_grid
from evaluation.comparisons import Comparisons, FloatArray, IntArray, cell_codes, count


def covariance(
    comparisons: Comparisons,
    fit: Fit,
    interval: str,
    *,
    category: IntArray | None = None,
) -> Covariance:
    """(P, P) covariance of a fit on the counts of `comparisons`.

    `interval`: "fisher" trusts the model; "vote" is the sandwich for independent votes (White
    1982, doi:10.2307/1912526); "rater", "case" and "two-way" see `clustered_covariance`.
    `category`: (N,) the outcomes the fit distinguishes, if not the votes' own.
    """
    bread = inverse_information(fit.information, len(fit.theta))
    if interval == "fisher":
        return Covariance(bread)
    codes = comparisons.outcome if category is None else category
    meat = vote_meat(comparisons, fit, codes)
    if interval == "vote":
        return Covariance(bread @ meat @ bread)
    return clustered_covariance(
        bread,
        vote_scores(comparisons, fit, codes),
        interval,
        comparisons.rater,
        comparisons.case,
        vote_meat=meat,
    )


def vote_scores(c: Comparisons, fit: Fit, category: IntArray) -> Scores:
    """Every vote's derivative of the log-likelihood."""
    cell = cell_codes(c, category, fit.slope.shape[2])
    slope = on_grid(fit.slope, len(c)).ravel()[cell]
    extra = on_grid(fit.extra_slope, len(c)).reshape(fit.slope.size, len(fit.extra))[cell]
    if c.weight is not None:
        slope = on_grid(slope * c.weight, len(c))
        extra = on_grid(extra * c.weight[:, None], len(c))
    return Scores(c.model_a, c.model_b, slope, -slope, extra, c.n_systems)


def vote_meat(c: Comparisons, fit: Fit, category: IntArray) -> FloatArray:
    """(P, P) sum over votes of score·scoreᵀ, from counts (of squared weights) alone."""
    slope, extra = fit.slope, fit.extra_slope
    if c.weight is None and category is c.outcome:
        table = c.table
    else:
        squared = c if c.weight is None else replace(c, weight=c.weight**2)
        table = count(squared, category, slope.shape[2])
    pair = (table * slope**2).sum(2)
    strengths = laplacian(pair + pair.T)
    if not fit.extra.size:
        return strengths
    cross = np.einsum("abyv,aby->abv", extra, table * slope)
    cross = cross.sum(1) - cross.sum(0)
    square = np.einsum("aby,abyu,abyv->uv", table, extra, extra)
    return np.block([[strengths, cross], [cross.T, square]])
