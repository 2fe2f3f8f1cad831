"""Maximum likelihood of an ordered-outcome family on a table of counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.bradley_terry import (
    MAX_ITERATIONS,
    TOLERANCE,
    Fit,
    grounded_factor,
    laplacian,
    solve_factored,
)
from evaluation.comparisons import FloatArray, IntArray
from evaluation.families import Family

FLAT = 1e-4  # information, per weight of the rarest votes, below which there is no finite maximum


def fit_family(table: FloatArray, family: Family) -> Fit:
    """Fit of `family` to (K, K, Y) counts by Newton's method on strengths and parameters together.

    Both families are log-concave, so a step that is short enough goes up: steps are at most 1 and
    halved while the likelihood falls. `converged` is false where no finite maximum exists.
    """
    problem = _Problem.of(table, family)
    theta, extra = np.zeros(len(table)), family.start
    value, largest, iterations, information = problem.value(theta, extra), np.inf, 0, None
    while largest >= TOLERANCE and iterations < MAX_ITERATIONS:
        iterations += 1
        gradient, information = problem.derivatives(theta, extra)
        try:
            step = solve_factored(grounded_factor(information, len(theta)), gradient)
        except ArithmeticError:
            break
        largest = float(np.abs(step).max())
        step /= max(1.0, largest)
        theta, extra, value = problem.climb(theta, extra, step, value)
    theta = theta - theta.mean()
    converged = largest < TOLERANCE and problem.determined(theta, extra)
    return problem.result(theta, extra, value, iterations, converged)


@dataclass(frozen=True)
class _Problem:
    """Counts (M, Y) of the M pairs that met, each taken once from its lower-numbered system."""

    family: Family
    first: IntArray
    second: IntArray
    counts: FloatArray
    n_systems: int

    @classmethod
    def of(cls, table: FloatArray, family: Family) -> _Problem:
        k = len(table)
        both_ways = table + table.transpose(1, 0, 2)[:, :, ::-1]
        first, second = np.nonzero(np.triu(both_ways.sum(2)) > 0)
        return cls(family, first, second, both_ways[first, second], k)

    def value(self, theta: FloatArray, extra: FloatArray) -> float:
        if not self.family.valid(extra):
            return -np.inf
        log_p = self.family.log_p(theta[self.first] - theta[self.second], extra)
        return float(np.where(self.counts > 0, self.counts * log_p, 0.0).sum())

    def derivatives(self, theta: FloatArray, extra: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient (P,) and observed information (P, P) of the log-likelihood."""
        n, k, d = self.counts, self.n_systems, theta[self.first] - theta[self.second]
        slope, above = self.family.slopes(d, extra)
        by_system = self._onto_systems((n * slope) @ np.ones((n.shape[1], 1)))[:, 0]
        gradient = np.concatenate([by_system, np.tensordot(n, above, axes=((0, 1), (0, 1)))])
        twice, both, square = self.family.curvature(d, extra, n)
        weight = np.zeros((k, k))
        weight[self.first, self.second] = -twice
        cross = self._onto_systems(-both)
        strengths = laplacian(weight + weight.T)
        return gradient, np.block([[strengths, cross], [cross.T, -square]])

    def determined(self, theta: FloatArray, extra: FloatArray) -> bool:
        """Whether the votes pin the maximum down. Where it lies at infinity the likelihood gets
        flat until steps vanish; a real maximum keeps a curvature of the order of its rarest votes.
        """
        try:
            factor = grounded_factor(self.derivatives(theta, extra)[1], self.n_systems)
        except ArithmeticError:
            return False
        rarest = self.counts[self.counts > 0].min()
        return bool(np.diag(factor).min() ** 2 > FLAT * rarest)

    def _onto_systems(self, values: FloatArray) -> FloatArray:
        """(K, m): (M, m) values added to the first system of each pair, taken from the second."""
        k = self.n_systems
        columns = [
            np.bincount(self.first, column, k) - np.bincount(self.second, column, k)
            for column in values.T
        ]
        return np.array(columns).T

    def climb(
        self, theta: FloatArray, extra: FloatArray, step: FloatArray, value: float
    ) -> tuple[FloatArray, FloatArray, float]:
        k = self.n_systems
        for _ in range(30):
            new_theta, new_extra = theta + step[:k], extra + step[k:]
            new_value = self.value(new_theta, new_extra)
            if new_value >= value - 1e-9 * (1 + abs(value)):
                return new_theta, new_extra, new_value
            step = step / 2
        return theta, extra, value

    def result(
        self, theta: FloatArray, extra: FloatArray, value: float, iterations: int, converged: bool
    ) -> Fit:
        def tables() -> tuple[FloatArray, FloatArray]:
            k = self.n_systems
            slope, above = self.family.slopes((theta[:, None] - theta).ravel(), extra)
            return slope.reshape(k, k, -1), above.reshape(k, k, -1, len(extra))

        return Fit(
            theta=theta,
            information=self.derivatives(theta, extra)[1],
            extra=extra,
            derivatives=tables,
            log_likelihood=value,
            iterations=iterations,
            converged=converged,
        )
