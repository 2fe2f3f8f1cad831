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


@dataclass(frozen=True)
class Expansion:
    """A log-likelihood at D differences and m parameters, to second order.

    `by_d` (D,), `by_extra` (m,): first derivatives; `twice` (D,), `both` (m, D), `square` (m, m):
    second derivatives by d twice, by both, by the parameters twice.
    """

    value: float
    by_d: FloatArray
    by_extra: FloatArray
    twice: FloatArray
    both: FloatArray
    square: FloatArray


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
        """(Y, D) log-probabilities."""

    def slopes(self, d: FloatArray, extra: FloatArray) -> tuple[FloatArray, FloatArray]:
        """((Y, D), (m, Y, D)) derivatives of the log-probabilities by d and by the parameters."""

    def expand(self, d: FloatArray, extra: FloatArray, counts: FloatArray) -> Expansion:
        """The log-likelihood of `counts` (Y, D), to second order, in one pass."""


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
        linear = self._linear(d, extra)
        return np.asarray(linear - np.log(np.exp(linear).sum(0)))

    def slopes(self, d: FloatArray, extra: FloatArray) -> tuple[FloatArray, FloatArray]:
        p = np.exp(self.log_p(d, extra))
        return self.score[:, None] - self.score @ p, self.design.T[:, :, None] - (
            self.design.T @ p
        )[:, None]

    def expand(self, d: FloatArray, extra: FloatArray, counts: FloatArray) -> Expansion:
        linear, n = self._linear(d, extra), counts.sum(0)
        weight = np.exp(linear)
        total = weight.sum(0)
        p = weight / total
        score, above = self.score @ p, self.design.T @ p
        square = self.design.T @ ((p @ n)[:, None] * self.design) - (n * above) @ above.T
        return Expansion(
            value=float((counts * linear).sum() - n @ np.log(total)),
            by_d=self.score @ counts - n * score,
            by_extra=self.design.T @ counts.sum(1) - above @ n,
            twice=-n * (self.score**2 @ p - score**2),
            both=-n * ((self.score[:, None] * self.design).T @ p - score * above),
            square=-square,
        )

    def _linear(self, d: FloatArray, extra: FloatArray) -> FloatArray:
        return np.asarray(self.score[:, None] * d + (self.design @ extra)[:, None])


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
        return np.asarray(np.log(_between_ends(self._f(d, extra))))

    def slopes(self, d: FloatArray, extra: FloatArray) -> tuple[FloatArray, FloatArray]:
        f = self._f(d, extra)
        return self._slopes(f, _between_ends(f))

    def expand(self, d: FloatArray, extra: FloatArray, counts: FloatArray) -> Expansion:
        f = self._f(d, extra)
        p = _between_ends(f)
        slope, above = self._slopes(f, p)
        share = counts / p
        bend = (share[:-1] - share[1:]) * f * (1 - f) * (1 - 2 * f)
        each, weighed = counts * slope, counts * above
        square = self.design.T @ (bend.sum(1)[:, None] * self.design)
        return Expansion(
            value=float((counts * np.log(p)).sum()),
            by_d=each.sum(0),
            by_extra=weighed.sum((1, 2)),
            twice=bend.sum(0) - (each * slope).sum(0),
            both=self.design.T @ bend - (slope * weighed).sum(1),
            square=square - np.tensordot(above, weighed, axes=((1, 2), (1, 2))),
        )

    def _f(self, d: FloatArray, extra: FloatArray) -> FloatArray:
        return np.asarray(expit(d + (self.design @ extra)[:, None]))

    def _slopes(self, f: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        first = f * (1 - f)
        by_extra = self.design.T[:, :, None] * first
        return (
            np.diff(first, prepend=0.0, append=0.0, axis=0) / p,
            np.diff(by_extra, prepend=0.0, append=0.0, axis=1) / p,
        )


def _between_ends(f: FloatArray) -> FloatArray:
    """(Y, D) probabilities from the Y − 1 cumulative ones."""
    return np.maximum(np.diff(f, prepend=0.0, append=1.0, axis=0), TINY)


DAVIDSON = Adjacent(np.array([0.5, 0.0, -0.5]), np.array([[0.0], [1.0], [0.0]]))
RAO_KUPPER = Cumulative(np.array([[-1.0], [1.0]]), np.array([0.5]))
FIVE_STEPS = Cumulative(
    np.array([[0.0, -1.0], [-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.array([0.5, 2.0])
)
FIVE_STEPS_ADJACENT = Adjacent(
    np.array([0.5, 0.25, 0.0, -0.25, -0.5]),
    np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]),
)
