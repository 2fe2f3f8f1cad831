"""Maximum likelihood of an ordered-outcome family on a table of counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.bradley_terry import MAX_ITERATIONS, TOLERANCE, Fit
from evaluation.comparisons import FloatArray, IntArray
from evaluation.families import Family
from evaluation.newton import grounded_factor, laplacian, solve_factored

FLAT = 1e-4  # information, per weight of the rarest votes, below which there is no finite maximum


@dataclass(frozen=True)
class _Point:
    """Parameters (P,) and what the likelihood is there, to second order; −∞ outside its range."""

    x: FloatArray
    value: float
    gradient: FloatArray
    information: FloatArray


def fit_family(table: FloatArray, family: Family) -> Fit:
    """Fit of `family` to (K, K, Y) counts by Newton's method on strengths and parameters together.

    Both families are log-concave, so a step that is short enough goes up: steps are at most 1 and
    halved while the likelihood falls. `converged` is false where no finite maximum exists.
    """
    problem = _Problem.of(table, family)
    point = problem.at(problem.start)
    largest, iterations = np.inf, 0
    while largest >= TOLERANCE and iterations < MAX_ITERATIONS:
        iterations += 1
        try:
            factor = grounded_factor(point.information, problem.n_systems)
        except ArithmeticError:
            break
        step = solve_factored(factor, point.gradient)
        largest = float(np.abs(step).max())
        point = problem.climb(point, step / max(1.0, largest))
    return problem.result(point, iterations, largest < TOLERANCE and problem.determined(point))


@dataclass(frozen=True)
class _Problem:
    """Counts (Y, M) of the M pairs that met, each taken once from its lower-numbered system."""

    family: Family
    first: IntArray
    second: IntArray
    counts: FloatArray
    n_systems: int

    @classmethod
    def of(cls, table: FloatArray, family: Family) -> _Problem:
        k = len(table)
        first, second = np.triu_indices(k, 1)
        counts = table[first, second] + table[second, first, ::-1]
        met = counts.any(1)
        return cls(family, first[met], second[met], np.ascontiguousarray(counts[met].T), k)

    @property
    def start(self) -> FloatArray:
        """Log-odds of each system's half-wins, and the family's own start."""
        share = np.linspace(1.0, 0.0, len(self.counts)) @ self.counts
        n, k = self.counts.sum(0), self.n_systems
        won = np.bincount(self.first, share, k) + np.bincount(self.second, n - share, k)
        met = np.bincount(self.first, n, k) + np.bincount(self.second, n, k)
        return np.append(np.log((won + 0.5) / (met - won + 0.5)), self.family.start)

    def at(self, x: FloatArray) -> _Point:
        k = self.n_systems
        if not self.family.valid(x[k:]):
            return _Point(x, -np.inf, np.empty(0), np.empty(0))
        there = self.family.expand(x[self.first] - x[self.second], x[k:], self.counts)
        information = np.empty((len(x), len(x)))
        weight = np.zeros((k, k))
        weight[self.first, self.second] = weight[self.second, self.first] = -there.twice
        information[:k, :k] = laplacian(weight)
        for i, column in enumerate(there.both):
            information[:k, k + i] = information[k + i, :k] = -self._onto_systems(column)
        information[k:, k:] = -there.square
        gradient = np.append(self._onto_systems(there.by_d), there.by_extra)
        return _Point(x, there.value, gradient, information)

    def climb(self, point: _Point, step: FloatArray) -> _Point:
        for _ in range(30):
            reached = self.at(point.x + step)
            if reached.value >= point.value - 1e-9 * (1 + abs(point.value)):
                return reached
            step = step / 2
        return point

    def determined(self, point: _Point) -> bool:
        """Whether the votes pin the maximum down. Where it lies at infinity the likelihood gets
        flat until steps vanish; a real maximum keeps a curvature of the order of its rarest votes.
        """
        try:
            factor = grounded_factor(point.information, self.n_systems)
        except ArithmeticError:
            return False
        rarest = self.counts[self.counts > 0].min()
        return bool(np.diag(factor).min() ** 2 > FLAT * rarest)

    def _onto_systems(self, values: FloatArray) -> FloatArray:
        """(K,): (M,) values added to the first system of each pair, taken from the second."""
        k = self.n_systems
        return np.asarray(np.bincount(self.first, values, k) - np.bincount(self.second, values, k))

    def result(self, point: _Point, iterations: int, converged: bool) -> Fit:
        k = self.n_systems
        theta, extra = point.x[:k] - point.x[:k].mean(), point.x[k:]

        def derivatives() -> tuple[FloatArray, FloatArray]:
            slope, above = self.family.slopes((theta[:, None] - theta).ravel(), extra)
            by_extra = np.ascontiguousarray(above.transpose(2, 1, 0))
            return np.ascontiguousarray(slope.T).reshape(k, k, -1), by_extra.reshape(
                k, k, -1, len(extra)
            )

        return Fit(
            theta=theta,
            extra=extra,
            curvature=lambda: (point.value, point.information),
            derivatives=derivatives,
            iterations=iterations,
            converged=converged,
        )
