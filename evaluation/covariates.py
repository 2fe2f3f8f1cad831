"""Bradley–Terry with covariates of the vote: side, length, formatting, "named its maker"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from evaluation.bradley_terry import MAX_ITERATIONS, TOLERANCE, WON, bradley_terry
from evaluation.clustering import Covariance, VoteScores, clustered_covariance, on_grid
from evaluation.comparisons import Comparisons, FloatArray
from evaluation.newton import grounded_factor, inverse_information, laplacian, solve_factored

COLLINEAR = 1e-9  # share of a covariate's information that systems and earlier ones leave over
RUNAWAY = 30.0  # effect of one standard deviation, in logits, that no data can support


@dataclass(frozen=True)
class CovariateFit:
    """`theta` (K,) log-strengths of mean 0; `effects` name → log-odds per unit, oriented towards
    model_a; `dropped`: covariates that the systems or other covariates already explain;
    `covariance` of (theta, effects)."""

    theta: FloatArray
    effects: Mapping[str, float]
    dropped: tuple[str, ...]
    covariance: Covariance
    log_likelihood: float
    iterations: int
    converged: bool


def fit_covariates(
    comparisons: Comparisons, names: Sequence[str], *, interval: str, side: bool = False
) -> CovariateFit:
    """Fit of logit P(a beats b) = θ_a − θ_b + Σ β·x, ties being half a win; no penalty.

    `names`: covariates of `comparisons`; `side` adds the constant 1, the advantage of standing
    left. The systems must be strongly connected. Covariates are scaled for the computation only.
    """
    columns = {name: np.asarray(comparisons.covariates[name], float) for name in names}
    if side:
        columns = {"side": np.ones(len(comparisons)), **columns}
    scale = {name: _size(x) for name, x in columns.items()}
    scaled = {name: x / scale[name] for name, x in columns.items()}
    kept = _independent(comparisons, scaled)
    problem = _Problem.of(comparisons, [scaled[name] for name in kept])
    theta, beta, iterations, converged = _solve(problem)
    covariance = problem.covariance(theta, beta, interval, comparisons)
    unit = np.concatenate([np.ones(len(theta)), [1 / scale[name] for name in kept]])
    return CovariateFit(
        theta=theta - theta.mean(),
        effects=dict(zip(kept, (beta / [scale[name] for name in kept]).tolist(), strict=True)),
        dropped=tuple(name for name in columns if name not in kept),
        covariance=_rescaled(covariance, unit),
        log_likelihood=problem.log_likelihood(theta, beta),
        iterations=iterations,
        converged=converged,
    )


def _size(x: FloatArray) -> float:
    """Root mean square, or 1 for a column of zeros."""
    return float(np.sqrt(on_grid(x**2, len(x)).sum() / len(x))) or 1.0


def _rescaled(covariance: Covariance, unit: FloatArray) -> Covariance:
    outer = np.outer(unit, unit)
    parts = tuple((matrix * outer, df) for matrix, df in covariance.parts)
    return Covariance(covariance.matrix * outer, parts)


@dataclass(frozen=True)
class _Problem:
    """Votes with `x` (N, q), `share` (N,) won by a, `weight` (N,) and `pair` codes a·K + b."""

    comparisons: Comparisons
    pair: np.ndarray[tuple[int], np.dtype[np.int64]]
    share: FloatArray
    weight: FloatArray
    x: FloatArray

    @classmethod
    def of(cls, c: Comparisons, columns: Sequence[FloatArray]) -> _Problem:
        pair = c.model_a.astype(np.int64) * c.n_systems + c.model_b
        share = WON[c.outcome]
        weight = np.ones(len(c)) if c.weight is None else c.weight
        x = np.column_stack([*columns]) if columns else np.empty((len(c), 0))
        return cls(c, pair, share, weight, x)

    def probability(self, theta: FloatArray, beta: FloatArray) -> FloatArray:
        c = self.comparisons
        return np.asarray(expit(theta[c.model_a] - theta[c.model_b] + self.x @ beta))

    def log_likelihood(self, theta: FloatArray, beta: FloatArray) -> float:
        c = self.comparisons
        d = theta[c.model_a] - theta[c.model_b] + self.x @ beta
        each = self.share * log_expit(d) + (1 - self.share) * log_expit(-d)
        return float(on_grid(self.weight * each, len(c)).sum())

    def information(self, weight: FloatArray) -> FloatArray:
        """(P, P) Σ weight·z·zᵀ over votes, z being the vote's row of the design."""
        strengths = self._by_pair(weight)
        cross = np.array([self._onto_systems(weight * column) for column in self.x.T])
        cross = cross.reshape(-1, self.comparisons.n_systems)
        square = np.array([self._totals(weight * column) for column in self.x.T])
        square = square.reshape(len(cross), len(cross))
        return np.block([[laplacian(strengths + strengths.T), cross.T], [cross, square]])

    def gradient(self, residual: FloatArray) -> FloatArray:
        return np.concatenate([self._onto_systems(residual), self._totals(residual)])

    def _totals(self, values: FloatArray) -> FloatArray:
        """(q,) Σ values·x, in sums that do not depend on the order of rows."""
        return np.asarray(on_grid(values[:, None] * self.x, len(values)).sum(0))

    def _by_pair(self, values: FloatArray) -> FloatArray:
        k = self.comparisons.n_systems
        return np.asarray(np.bincount(self.pair, on_grid(values, len(values)), k * k).reshape(k, k))

    def _onto_systems(self, values: FloatArray) -> FloatArray:
        pairs = self._by_pair(values)
        return np.asarray(pairs.sum(1) - pairs.sum(0))

    def covariance(
        self, theta: FloatArray, beta: FloatArray, interval: str, c: Comparisons
    ) -> Covariance:
        p = self.probability(theta, beta)
        bread = inverse_information(self.information(self.weight * p * (1 - p)), len(theta))
        if interval == "fisher":
            return Covariance(bread)
        residual = on_grid(self.weight * (self.share - p), len(c))
        extra = on_grid(residual[:, None] * self.x, len(c))
        scores = VoteScores(c.model_a, c.model_b, residual, -residual, extra, c.n_systems)
        meat = self.information(residual**2)
        return clustered_covariance(bread, scores, interval, c, meat=meat)


def _solve(problem: _Problem) -> tuple[FloatArray, FloatArray, int, bool]:
    theta, beta = bradley_terry(problem.comparisons.table).theta, np.zeros(problem.x.shape[1])
    k, largest, iterations = len(theta), np.inf, 0
    while largest >= TOLERANCE and iterations < MAX_ITERATIONS and _tame(beta):
        iterations += 1
        p = problem.probability(theta, beta)
        information = problem.information(problem.weight * p * (1 - p))
        gradient = problem.gradient(problem.weight * (problem.share - p))
        step = solve_factored(grounded_factor(information, k), gradient)
        largest = float(np.abs(step).max())
        step /= max(1.0, largest)
        theta, beta = theta + step[:k], beta + step[k:]
    return theta, beta, iterations, largest < TOLERANCE and _tame(beta)


def _tame(beta: FloatArray) -> bool:
    return not beta.size or float(np.abs(beta).max()) < RUNAWAY


def _independent(c: Comparisons, columns: Mapping[str, FloatArray]) -> list[str]:
    """Names of the covariates that add information beyond systems and earlier covariates."""
    problem = _Problem.of(c, list(columns.values()))
    k = c.n_systems
    information = problem.information(problem.weight)
    inverse = inverse_information(information[:k, :k], k)
    cross, square = information[:k, k:], information[k:, k:]
    left = square - cross.T @ inverse @ cross
    kept: list[int] = []
    for i in range(len(columns)):
        explained = left[i, kept] @ np.linalg.pinv(left[np.ix_(kept, kept)]) @ left[kept, i]
        if left[i, i] - explained > COLLINEAR * square[i, i]:
            kept.append(i)
    names = list(columns)
    return [names[i] for i in kept]
