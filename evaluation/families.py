"""Models of an ordered outcome given the difference d of two log-strengths.

Outcomes run from the strongest win of a (first) through the tie (middle) to the strongest win of b
(last), symmetrically: swapping the systems mirrors the probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit

from evaluation.comparisons import FloatArray

TINY = 1e-300  # stands for a probability that underflows, so that its logarithm stays finite


class Family(Protocol):
    """A model of Y outcomes with m parameters, at D differences `d` of log-strength.

    The logarithm of every probability is concave in (d, parameters) together.
    """

    @property
    def start(self) -> FloatArray:
        """(m,) parameters before the first step."""

    def valid(self, extra: FloatArray) -> bool:
        """Whether `extra` (m,) is a possible set of parameters."""

    def log_p(self, d: FloatArray, extra: FloatArray) -> FloatArray:
        """(D, Y) log-probabilities."""

    def slopes(self, d: FloatArray, extra: FloatArray) -> tuple[FloatArray, FloatArray]:
        """((D, Y), (D, Y, m)) derivatives of the log-probabilities by d and by the parameters."""

    def curvature(
        self, d: FloatArray, extra: FloatArray, counts: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """((D,), (D, m), (m, m)) second derivatives, by d twice, by both, by the parameters twice,
        summed over outcomes (and in the last over differences) with weights `counts` (D, Y)."""


@dataclass(frozen=True)
class Adjacent:
    """log p_y = score_y·d + (design·extra)_y − log Z: adjacent-category logits.

    With three outcomes this is Davidson's model and exp(extra) is ν, doi:10.2307/2283595; with
    more, Agresti's (1992), doi:10.2307/2347562. `score` (Y,), `design` (Y, m).
    """

    score: FloatArray
    design: FloatArray

    @property
    def start(self) -> FloatArray:
        return np.zeros(self.design.shape[1])

    def valid(self, extra: FloatArray) -> bool:
        return bool(np.isfinite(extra).all())

    def log_p(self, d: FloatArray, extra: FloatArray) -> FloatArray:
        linear = d[:, None] * self.score + self.design @ extra
        return np.asarray(linear - np.log(np.exp(linear) @ np.ones(len(self.score)))[:, None])

    def slopes(self, d: FloatArray, extra: FloatArray) -> tuple[FloatArray, FloatArray]:
        p = np.exp(self.log_p(d, extra))
        return self.score - (p @ self.score)[:, None], self.design - (p @ self.design)[:, None]

    def curvature(
        self, d: FloatArray, extra: FloatArray, counts: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        p, n = np.exp(self.log_p(d, extra)), counts @ np.ones(len(self.score))
        score, above = p @ self.score, p @ self.design
        twice = p @ self.score**2 - score**2
        both = p @ (self.score[:, None] * self.design) - score[:, None] * above
        square = self.design.T @ ((n @ p)[:, None] * self.design) - above.T @ (n[:, None] * above)
        return -n * twice, -n[:, None] * both, -square


@dataclass(frozen=True)
class Cumulative:
    """P(outcome ≤ y) = logistic(d + (design·extra)_y): cumulative logits, mirrored thresholds.

    With three outcomes this is the model of Rao & Kupper (1967), doi:10.2307/2282923, and
    exp(extra) is their κ; with more, Agresti's (1992). `design` (Y − 1, m); `start` (m,) rising.
    """

    design: FloatArray
    start: FloatArray

    def valid(self, extra: FloatArray) -> bool:
        return bool((np.diff(extra, prepend=0.0) > 0).all())

    def log_p(self, d: FloatArray, extra: FloatArray) -> FloatArray:
        return np.asarray(np.log(self._p(self._f(d, extra))))

    def slopes(self, d: FloatArray, extra: FloatArray) -> tuple[FloatArray, FloatArray]:
        f = self._f(d, extra)
        p, first = self._p(f), f * (1 - f)
        return _between(first) / p, _between(first[..., None] * self.design) / p[..., None]

    def curvature(
        self, d: FloatArray, extra: FloatArray, counts: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        f = self._f(d, extra)
        share, second = counts / self._p(f), f * (1 - f) * (1 - 2 * f)
        slope, above = self.slopes(d, extra)
        bend = _at_thresholds(share) * second
        each = counts[..., None] * above
        square = self.design.T @ (bend.sum(0)[:, None] * self.design)
        return (
            bend @ np.ones(bend.shape[1]) - (counts * slope**2) @ np.ones(counts.shape[1]),
            bend @ self.design - (slope[..., None] * each).sum(1),
            square - np.tensordot(above, each, axes=((0, 1), (0, 1))),
        )

    def _f(self, d: FloatArray, extra: FloatArray) -> FloatArray:
        return np.asarray(expit(d[:, None] + self.design @ extra))

    def _p(self, f: FloatArray) -> FloatArray:
        return np.maximum(np.diff(f, prepend=0.0, append=1.0, axis=1), TINY)


def _between(values: FloatArray) -> FloatArray:
    """Differences along the second axis of values at Y − 1 thresholds, zero at both ends: Y."""
    zero = np.zeros_like(values[:, :1])
    return np.diff(np.concatenate([zero, values, zero], axis=1), axis=1)


def _at_thresholds(values: FloatArray) -> FloatArray:
    """(D, Y − 1) what a unit at each threshold adds to Σ values·_between: the transpose of it."""
    return np.asarray(values[:, :-1] - values[:, 1:])


DAVIDSON = Adjacent(np.array([0.5, 0.0, -0.5]), np.array([[0.0], [1.0], [0.0]]))
RAO_KUPPER = Cumulative(np.array([[-1.0], [1.0]]), np.array([0.5]))
FIVE_STEPS = Cumulative(
    np.array([[0.0, -1.0], [-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.array([0.5, 2.0])
)
FIVE_STEPS_ADJACENT = Adjacent(
    np.array([0.5, 0.25, 0.0, -0.25, -0.5]),
    np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]),
)
