"""Columns of numbers as scores take them: of equal length, nothing missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def numbers(values: ArrayLike, what: str = "a number") -> FloatArray:
    """The values as floats; raises `ValueError` for one that is missing or infinite."""
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError(f"{what} is missing (NaN) or infinite")
    return array


def paired(found: ArrayLike, true: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Two arrays of equal shape; raises `ValueError` otherwise."""
    ours, theirs = numbers(found), numbers(true)
    same_shape(ours, theirs)
    return ours, theirs


def same_shape(ours: NDArray[Any], theirs: NDArray[Any]) -> None:
    """Raises `ValueError` for arrays of unequal shape."""
    if ours.shape != theirs.shape:
        sizes = [" × ".join(map(str, array.shape)) or "one" for array in (ours, theirs)]
        raise ValueError(f"{sizes[0]} numbers against {sizes[1]}: one of each is needed")


def same_length(found: Sequence[Any], true: Sequence[Any], what: str) -> None:
    """Raises `ValueError` for sequences of unequal length."""
    if len(found) != len(true):
        raise ValueError(
            f"{len(found)} {what} against {len(true)} true ones: one of each is needed"
        )


def a_share(value: float, what: str) -> None:
    """Raises `ValueError` for a number not strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{what} must lie between 0 and 1, not {value}")
