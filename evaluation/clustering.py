"""Sums of scores within raters, cases and both, and the covariances they give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evaluation.comparisons import CHUNK, FloatArray, IntArray, combine_codes, compact

LARGE = 8  # votes of one rater on one case that are still handled pair by pair
BLOCKS, FEWEST_AT_ONCE = 6, 1 << 16  # raters are taken in so many blocks of at least so many votes
CLUSTERINGS = ("two-way", "rater", "case", "vote")
INTERVALS = (*CLUSTERINGS, "fisher", "bootstrap")


@dataclass(frozen=True)
class Covariance:
    """(P, P) covariance of estimated parameters and what its degrees of freedom need.

    `parts`: (covariance, degrees of freedom) of each one-way clustering that entered.
    """

    matrix: FloatArray
    parts: tuple[tuple[FloatArray, float], ...] = ()

    def variance(self, contrasts: FloatArray) -> FloatArray:
        """(C,) variances of the rows of `contrasts` (C, P)."""
        return np.maximum(_quadratic(self.matrix, contrasts), 0.0)

    def degrees_of_freedom(self, contrasts: FloatArray) -> FloatArray:
        """(C,) Satterthwaite degrees of freedom, never below those of the fewest clusters.

        Satterthwaite (1946), doi:10.2307/3002019, applied to the one-way parts.
        """
        if not self.parts:
            return np.full(len(contrasts), np.inf)
        variances = [_quadratic(matrix, contrasts) for matrix, _ in self.parts]
        total = np.maximum(self.variance(contrasts), np.max(variances, axis=0))
        spread = sum(v**2 / df for v, (_, df) in zip(variances, self.parts, strict=True))
        fewest = min(df for _, df in self.parts)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.fmax(total**2 / spread, fewest))

    def critical_value(self, contrasts: FloatArray, confidence: float) -> FloatArray:
        """(C,) two-sided t quantiles."""
        df = np.minimum(self.degrees_of_freedom(contrasts), 1e10)
        return np.asarray(stdtrit(df, 0.5 + confidence / 2))


@dataclass(frozen=True)
class Scores:
    """Every vote's contribution to the estimating equations of K systems and m further parameters.

    `on_a`, `on_b` (N,): contribution to the equation of the vote's system a and b; `extra` (N, m).
    Values are `on_grid`, so that a cluster's total does not depend on the order of rows.
    """

    model_a: IntArray
    model_b: IntArray
    on_a: FloatArray
    on_b: FloatArray
    extra: FloatArray
    n_systems: int

    @property
    def n_parameters(self) -> int:
        return self.n_systems + int(self.extra.shape[1])

    def sums(self, cluster: IntArray, n_clusters: int) -> FloatArray:
        """(G, P) totals within each cluster."""
        k, size = self.n_systems, n_clusters * self.n_systems
        total, chunk = np.zeros(size), max(CHUNK, size)
        for start in range(0, len(cluster), chunk):
            rows = slice(start, start + chunk)
            at = cluster[rows].astype(np.int64) * k
            total += np.bincount(at + self.model_a[rows], self.on_a[rows], size)
            total += np.bincount(at + self.model_b[rows], self.on_b[rows], size)
        extra = [np.bincount(cluster, column, n_clusters) for column in self.extra.T]
        return np.column_stack([total.reshape(n_clusters, k), *extra])

    def products(self, i: IntArray | slice, j: IntArray | slice) -> FloatArray:
        """(P, P) Σ s_i·s_jᵀ over pairs of votes, in sums that do not depend on their order."""
        p = self.n_parameters
        total = np.zeros(p * p)
        for row, u in self._columns(i):
            for column, v in self._columns(j):
                total += np.bincount(row * p + column, on_grid(u * v, len(u)), p * p)
        return total.reshape(p, p)

    def meat(self) -> FloatArray:
        """(P, P) Σ s·sᵀ with every vote its own cluster."""
        return self.products(slice(None), slice(None))

    def shared_meat(self, rows: IntArray, cell: IntArray) -> tuple[FloatArray, int]:
        """((P, P) what Σ s·sᵀ gains when the votes `rows` of one `cell` count as one, cells).

        Meant for cells far more numerous than systems, most of one vote: those that share a small
        cell add their products pair by pair; the few large cells are summed first.
        """
        if cell.max() > 4 * len(cell):
            cell = compact(cell)[0]
        size = np.bincount(cell)
        small = np.flatnonzero(((size > 1) & (size <= LARGE))[cell])
        meat = self._small_cells(rows[small], cell[small])
        if (size > LARGE).any():
            large = np.flatnonzero((size > LARGE)[cell])
            part = self.select(rows[large])
            meat += squares(part.sums(*compact(cell[large]))) - part.meat()
        return meat, int(np.count_nonzero(size))

    def _small_cells(self, rows: IntArray, cell: IntArray) -> FloatArray:
        order = np.argsort(cell)
        shared, ordered = self.select(rows[order]), cell[order]
        meat = np.zeros((self.n_parameters, self.n_parameters))
        for apart in range(1, LARGE):
            same = np.flatnonzero(ordered[apart:] == ordered[:-apart])
            if not len(same):
                break
            products = shared.products(same, same + apart)
            meat += products + products.T
        return meat

    def select(self, rows: IntArray) -> Scores:
        """The scores of some votes."""
        a, b = self.model_a[rows], self.model_b[rows]
        return Scores(a, b, self.on_a[rows], self.on_b[rows], self.extra[rows], self.n_systems)

    def _columns(self, rows: IntArray | slice) -> list[tuple[NDArray[np.int64], FloatArray]]:
        """(parameter, contribution) of the chosen votes, one entry per part of a score."""
        systems = ((self.model_a, self.on_a), (self.model_b, self.on_b))
        parts = [(index[rows].astype(np.int64), values[rows]) for index, values in systems]
        for i, column in enumerate(self.extra[rows].T):
            parts.append((np.full(len(column), self.n_systems + i), column))
        return parts


def clustered_covariance(
    bread: FloatArray,
    scores: Scores,
    interval: str,
    rater: IntArray | None,
    case: IntArray | None,
    *,
    vote_meat: FloatArray | None = None,
) -> Covariance:
    """Covariance bread·meat·bread for "vote", "rater", "case" or "two-way".

    One-way clusterings carry the factor G/(G − 1). Two-way is rater + case − intersection
    (Cameron, Gelbach & Miller 2011, doi:10.1198/jbes.2010.07136), made positive semidefinite.
    `vote_meat`: `scores.meat()` where the caller has it already. Raises `ValueError` if the
    clusters it needs are missing.
    """
    alone = scores.meat() if vote_meat is None else vote_meat
    if interval == "vote":
        return Covariance(bread @ alone @ bread)
    needed = {"rater": [rater], "case": [case], "two-way": [rater, case]}[interval]
    clusters = [codes for codes in needed if codes is not None]
    if len(clusters) < len(needed):
        raise ValueError(f"{interval} intervals need rater and case codes")
    parts = tuple(_one_way(bread, scores, codes) for codes in clusters)
    if len(parts) == 1:
        return Covariance(parts[0][0], parts)
    shared, n_cells = _cells(scores, *clusters)
    both = bread @ (alone + shared) @ bread * _correction(n_cells)
    return Covariance(_semidefinite(parts[0][0] + parts[1][0] - both), parts)


def _cells(scores: Scores, rater: IntArray, case: IntArray) -> tuple[FloatArray, int]:
    """`Scores.shared_meat` of the cells rater × case, some raters at a time: cells of different
    raters never meet, and the working memory stays a fraction of the votes'."""
    codes, _ = compact(rater)
    at_once = max(FEWEST_AT_ONCE, len(codes) // BLOCKS)
    block = (np.bincount(codes).cumsum() // at_once).astype(np.int32)[codes]
    meat, n_cells = np.zeros((scores.n_parameters, scores.n_parameters)), 0
    for number in np.flatnonzero(np.bincount(block)):
        rows = np.flatnonzero(block == number)
        of_rater = codes[rows]
        cell = combine_codes([of_rater - of_rater.min(), case[rows]])
        more, n = scores.shared_meat(rows, cell)
        meat, n_cells = meat + more, n_cells + n
    return meat, n_cells


def _one_way(bread: FloatArray, scores: Scores, cluster: IntArray) -> tuple[FloatArray, float]:
    codes, n = compact(cluster)
    meat = squares(scores.sums(codes, n))
    return np.asarray(bread @ meat @ bread * _correction(n)), n - 1.0


def squares(sums: FloatArray) -> FloatArray:
    """(P, P) Σ s·sᵀ of the rows of `sums` (G, P), added in an order that their content gives:
    the labels of raters and cases must not show in the last digit."""
    ordered = sums[np.argsort(sums @ np.sqrt(np.arange(2.0, sums.shape[1] + 2.0)), kind="stable")]
    return np.asarray(ordered.T @ ordered)


def on_grid(values: FloatArray, n: int) -> FloatArray:
    """`values` rounded so finely that it does not show and so coarsely that any sum of `n` of them
    is exact in double precision, hence the same in any order."""
    largest = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    grid = 2.0 ** (math.ceil(math.log2(largest * n)) - 52)
    return np.asarray(np.rint(values / grid) * grid)


def _correction(n_clusters: int) -> float:
    return n_clusters / max(n_clusters - 1, 1)


def _semidefinite(matrix: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _quadratic(matrix: FloatArray, contrasts: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("cp,cp->c", contrasts @ matrix, contrasts))
