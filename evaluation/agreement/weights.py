"""How near two categories are: agreement weights, 1 on the diagonal.

Source: K. L. Gwet, *Handbook of Inter-Rater Reliability*, 4th ed. (2014), chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.comparisons import DataError

Matrix = NDArray[np.float64]

LEVELS = ("nominal", "ordinal", "interval", "ratio")
WEIGHTS_OF_LEVEL: Mapping[str, str] = {
    "nominal": "identity",
    "ordinal": "ordinal",
    "interval": "quadratic",
    "ratio": "ratio",
}


def agreement_weights(name: str, categories: Sequence[Any]) -> Matrix:
    """(q, q) weights by name over the categories' numbers, or their positions 1…q for words.

    Raises `DataError` for an unknown name, and for ratio weights over negative numbers.
    """
    if name not in FORMULAS:
        raise DataError(f"unknown weights {name!r}; there are {', '.join(FORMULAS)}")
    x = scores(categories)
    if x.size < 2:
        return np.ones((x.size, x.size))
    return FORMULAS[name](x)


def scores(categories: Sequence[Any]) -> NDArray[np.float64]:
    """(q,) the categories as numbers; words become their positions 1…q."""
    if all(isinstance(c, int | float) for c in categories):
        return np.array(categories, dtype=float)
    return np.arange(1.0, len(categories) + 1)


def identity(x: NDArray[np.float64]) -> Matrix:
    """Only the same category agrees."""
    return np.eye(x.size)


def linear(x: NDArray[np.float64]) -> Matrix:
    """1 − |x−y| / range."""
    return 1 - _gap(x) / np.ptp(x)


def quadratic(x: NDArray[np.float64]) -> Matrix:
    """1 − (x−y)² / range²."""
    return 1 - _gap(x) ** 2 / np.ptp(x) ** 2


def radical(x: NDArray[np.float64]) -> Matrix:
    """1 − √|x−y| / √range."""
    return 1 - np.sqrt(_gap(x) / np.ptp(x))


def ordinal(x: NDArray[np.float64]) -> Matrix:
    """1 − C(d+1, 2) / C(q, 2) with d the steps between two ranks; not Krippendorff's metric."""
    steps = _gap(np.arange(float(x.size)))
    return 1 - steps * (steps + 1) / (x.size * (x.size - 1))


def ratio(x: NDArray[np.float64]) -> Matrix:
    """1 − ((x−y)/(x+y))² / its largest value."""
    if (x < 0).any():
        raise DataError(f"ratio weights need values of 0 or more, found {x.min():g}")
    return np.asarray(1 - ratio_distance(x) / ratio_distance(np.array([x.min(), x.max()]))[0, 1])


def circular(x: NDArray[np.float64]) -> Matrix:
    """1 − sin²(π(x−y)/(range+1)) / its largest value."""
    turned = np.sin(np.pi * _gap(x) / (np.ptp(x) + 1)) ** 2
    return np.asarray(1 - turned / turned.max())


def bipolar(x: NDArray[np.float64]) -> Matrix:
    """1 − (x−y)² / ((x+y−2·min)(2·max−x−y)) / its largest value."""
    total = np.add.outer(x, x)
    scale = (total - 2 * x.min()) * (2 * x.max() - total)
    apart = np.divide(_gap(x) ** 2, scale, out=np.zeros_like(scale), where=scale > 0)
    return np.asarray(1 - apart / apart.max())


def ratio_distance(x: NDArray[np.float64]) -> Matrix:
    """((x−y)/(x+y))², 0 where both are 0."""
    total = np.add.outer(x, x)
    share = np.divide(_gap(x), total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(share**2)


def _gap(x: NDArray[np.float64]) -> Matrix:
    return np.asarray(np.abs(np.subtract.outer(x, x)))


FORMULAS: Mapping[str, Callable[[NDArray[np.float64]], Matrix]] = {
    f.__name__: f for f in (identity, linear, quadratic, radical, ordinal, ratio, circular, bipolar)
}
