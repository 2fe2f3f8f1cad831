"""Sums of scores within raters, cases and both, and the covariances they give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evaluation.comparisons import (
    CHUNK,
    Comparisons,
    FloatArray,
    IntArray,
    combine_codes,
    compact,
)

Rows = IntArray | NDArray[np.bool_] | slice

LARGE = 8  # votes of one rater on one case that are still handled pair by pair
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


class Scores(Protocol):
    """N votes' contributions to the estimating equations of K systems and m further parameters.

    Values are `on_grid`, so that a cluster's total does not depend on the order of rows.
    """

    @property
    def n_parameters(self) -> int:
        """P = K + m."""

    def sums(self, cluster: IntArray, n_clusters: int) -> FloatArray:
        """(G, P) totals within each cluster."""

    def products(self, i: Rows, j: Rows) -> FloatArray:
        """(P, P) Σ s_i·s_jᵀ over pairs of votes, in sums that do not depend on their order."""

    def select(self, rows: Rows) -> Scores:
        """The scores of some votes."""

    def sharing(self, parts: Sequence[IntArray]) -> tuple[Scores, IntArray, int]:
        """(scores of the votes that are not alone in their cell, their cells, how many cells there
        are in all), sorted by cell; votes are of one cell where all `parts` agree."""


@dataclass(frozen=True)
class VoteScores:
    """Scores of any votes, as weights and covariates make them.

    `on_a`, `on_b` (N,): contribution to the equation of the vote's system a and b; `extra` (N, m).
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
        k, size = self.n_systems, n_clusters * self.n_systems
        total, chunk = np.zeros(size), max(CHUNK, size)
        for start in range(0, len(cluster), chunk):
            rows = slice(start, start + chunk)
            at = cluster[rows].astype(np.int64) * k
            total += np.bincount(at + self.model_a[rows], self.on_a[rows], size)
            total += np.bincount(at + self.model_b[rows], self.on_b[rows], size)
        extra = [np.bincount(cluster, column, n_clusters) for column in self.extra.T]
        return np.column_stack([total.reshape(n_clusters, k), *extra])

    def products(self, i: Rows, j: Rows) -> FloatArray:
        p, columns = self.n_parameters, self._columns(j)
        total = np.zeros(p * p)
        for row, u in self._columns(i):
            for column, v in columns:
                total += np.bincount(row * p + column, on_grid(u * v, len(u)), p * p)
        return total.reshape(p, p)

    def select(self, rows: Rows) -> VoteScores:
        a, b = self.model_a[rows], self.model_b[rows]
        return VoteScores(a, b, self.on_a[rows], self.on_b[rows], self.extra[rows], self.n_systems)

    def sharing(self, parts: Sequence[IntArray]) -> tuple[VoteScores, IntArray, int]:
        cell = combine_codes(parts)
        order = np.argsort(cell)
        shared, n_cells = shared_rows(cell[order])
        return self.select(order[shared]), cell[order[shared]], n_cells

    def _columns(self, rows: Rows) -> list[tuple[NDArray[np.int64], FloatArray]]:
        """(parameter, contribution) of the chosen votes, one entry per part of a score."""
        systems = ((self.model_a, self.on_a), (self.model_b, self.on_b))
        parts = [(index[rows].astype(np.int64), values[rows]) for index, values in systems]
        for i, column in enumerate(self.extra[rows].T):
            parts.append((np.full(len(column), self.n_systems + i), column))
        return parts


@dataclass(frozen=True)
class TableScores:
    """Scores that follow from a vote's systems and outcome alone.

    `code` (N,): the vote's place in a flat (K, K, Y) table. `slope` (K·K·Y,): contribution to the
    equation of system a, taken from that of system b; `extra` (K·K·Y, m).
    """

    model_a: IntArray
    model_b: IntArray
    code: IntArray
    slope: FloatArray
    extra: FloatArray
    n_systems: int

    @property
    def n_parameters(self) -> int:
        return self.n_systems + int(self.extra.shape[1])

    def sums(self, cluster: IntArray, n_clusters: int) -> FloatArray:
        k, size = self.n_systems, n_clusters * self.n_systems
        total, extra = np.zeros(size), np.zeros((self.extra.shape[1], n_clusters))
        chunk = max(CHUNK, size)
        at = np.empty(min(chunk, len(cluster)), np.int64)
        for start in range(0, len(cluster), chunk):
            rows = slice(start, start + chunk)
            code, of = self.code[rows], cluster[rows]
            slope = self.slope[code]
            np.multiply(of, k, out=at[: len(of)])
            place = np.add(at[: len(of)], self.model_a[rows])
            total += np.bincount(place, slope, size)
            np.add(at[: len(of)], self.model_b[rows], out=place)
            total -= np.bincount(place, slope, size)
            for row, column in zip(extra, self.extra.T, strict=True):
                row += np.bincount(of, column[code], n_clusters)
        return np.column_stack([total.reshape(n_clusters, k), *extra])

    def products(self, i: Rows, j: Rows) -> FloatArray:
        k, p, one, other = self.n_systems, self.n_parameters, self.select(i), self.select(j)
        u, v = one.slope[one.code], other.slope[other.code]
        total = np.zeros((p, p))
        total[:k, :k] = one.onto_pairs(other, on_grid(u * v, len(u)))
        above, beside = one.extra[one.code].T, other.extra[other.code].T
        for x, row in enumerate(above):
            total[k + x, :k] = other.onto_systems(on_grid(row * v, len(v)))
            for y, column in enumerate(beside):
                total[k + x, k + y] = on_grid(row * column, len(v)).sum()
        for y, column in enumerate(beside):
            total[:k, k + y] = one.onto_systems(on_grid(u * column, len(u)))
        return total

    def select(self, rows: Rows) -> TableScores:
        a, b, code = self.model_a[rows], self.model_b[rows], self.code[rows]
        return TableScores(a, b, code, self.slope, self.extra, self.n_systems)

    def sharing(self, parts: Sequence[IntArray]) -> tuple[TableScores, IntArray, int]:
        """Cell and code are sorted as one number, several times faster than votes by an index."""
        k, size = self.n_systems, int(self.code.max()) + 1
        key = combine_codes([*parts, self.code])
        key.sort()
        shared, n_cells = shared_rows(key, size)
        cell = key[shared] // size
        code = (key[shared] - cell * size).astype(np.int32)
        pair = code // (len(self.slope) // k**2)
        a = pair // k
        return TableScores(a, pair - a * k, code, self.slope, self.extra, k), cell, n_cells

    def onto_systems(self, values: FloatArray) -> FloatArray:
        """(K,): (N,) values added to each vote's system a, taken from its system b."""
        k = self.n_systems
        a, b = np.bincount(self.model_a, values, k), np.bincount(self.model_b, values, k)
        return np.asarray(a - b)

    def onto_pairs(self, other: TableScores, values: FloatArray) -> FloatArray:
        """(K, K): (N,) values times (e_a − e_b) of these votes and of the `other` ones."""
        k, total = self.n_systems, np.zeros(self.n_systems**2)
        for row, sign in ((self.model_a, 1.0), (self.model_b, -1.0)):
            at = row * np.int64(k)
            total += sign * np.bincount(at + other.model_a, values, k * k)
            total -= sign * np.bincount(at + other.model_b, values, k * k)
        return total.reshape(k, k)


def shared_rows(key: IntArray, size: int = 1) -> tuple[IntArray, int]:
    """(rows of sorted `key` that are not alone in their cell, `key` // `size`; number of cells)."""
    shared, n_cells = np.zeros(len(key), bool), len(key)
    for start in range(0, len(key), CHUNK):
        cell = key[start : start + CHUNK + 1] // size
        same = cell[1:] == cell[:-1]
        shared[start : start + len(same)] |= same
        shared[start + 1 : start + 1 + len(same)] |= same
        n_cells -= int(np.count_nonzero(same))
    return np.flatnonzero(shared), n_cells


def vote_meat(scores: Scores) -> FloatArray:
    """(P, P) Σ s·sᵀ with every vote its own cluster."""
    return scores.products(slice(None), slice(None))


def shared_meat(scores: Scores, cell: IntArray) -> FloatArray:
    """(P, P) what Σ s·sᵀ gains where votes, sorted by `cell`, count as one within it.

    Meant for many cells of few votes: those of a small cell add their products pair by pair; the
    few large cells are summed first.
    """
    meat = np.zeros((scores.n_parameters, scores.n_parameters))
    if (cell[LARGE:] == cell[:-LARGE]).any():
        codes, _ = compact(cell)
        large = np.bincount(codes)[codes] > LARGE
        part = scores.select(large)
        meat += squares(part.sums(*compact(codes[large]))) - vote_meat(part)
        scores, cell = scores.select(~large), cell[~large]
    for apart in range(1, LARGE):
        same = np.flatnonzero(cell[apart:] == cell[:-apart])
        if not len(same):
            break
        products = scores.products(same, same + apart)
        meat += products + products.T
    return meat


def clustered_covariance(
    bread: FloatArray,
    scores: Scores,
    interval: str,
    votes: Comparisons,
    *,
    meat: FloatArray | None = None,
) -> Covariance:
    """Covariance bread·meat·bread for "vote", "rater", "case" or "two-way".

    One-way clusterings carry the factor G/(G − 1). Two-way is rater + case − intersection
    (Cameron, Gelbach & Miller 2011, doi:10.1198/jbes.2010.07136), made positive semidefinite.
    `meat`: `vote_meat(scores)` where the caller has it already. Raises `ValueError` if the
    clusters it needs are missing.
    """
    alone = vote_meat(scores) if meat is None else meat
    if interval == "vote":
        return Covariance(bread @ alone @ bread)
    needed = {"rater": [votes.rater], "case": [votes.case], "two-way": [votes.rater, votes.case]}
    clusters = [compact(codes) for codes in needed[interval] if codes is not None]
    if len(clusters) < len(needed[interval]):
        raise ValueError(f"{interval} intervals need rater and case codes")
    parts = tuple(_one_way(bread, scores, *cluster) for cluster in clusters)
    if len(parts) == 1:
        return Covariance(parts[0][0], parts)
    crossed = [codes for codes, _ in clusters] if votes.cell is None else [compact(votes.cell)[0]]
    together, cell, n_cells = scores.sharing(crossed)
    both = bread @ (alone + shared_meat(together, cell)) @ bread * _correction(n_cells)
    return Covariance(_semidefinite(parts[0][0] + parts[1][0] - both), parts)


def _one_way(
    bread: FloatArray, scores: Scores, cluster: IntArray, n: int
) -> tuple[FloatArray, float]:
    meat = squares(scores.sums(cluster, n))
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
