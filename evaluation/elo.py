"""Sequential Elo: a running score in file order, offered as a curiosity."""

from __future__ import annotations

import math
from math import exp

import numpy as np

from evaluation.bradley_terry import WON
from evaluation.comparisons import Comparisons, FloatArray


def elo(
    comparisons: Comparisons, *, k: float = 4.0, start: float = 1000.0, scale: float = 400.0
) -> FloatArray:
    """(K,) Elo scores after all votes, in the order of the rows; a tie is half a win.

    After each vote the two scores move by k·(outcome − expected), expected being
    1 / (1 + 10^((b − a) / scale)) (Elo 1978). The result depends on the order of the votes and has
    no interval; weights are not used. Plain floats, since every step needs the one before; the
    scores run in natural-log units, where exp is the fastest power there is.
    """
    unit = math.log(10.0) / scale
    step, score = k * unit, [start * unit] * comparisons.n_systems
    rows = zip(
        comparisons.model_a.tolist(),
        comparisons.model_b.tolist(),
        (step * WON[comparisons.outcome]).tolist(),
        strict=True,
    )
    for a, b, won in rows:
        x, y = score[a], score[b]
        change = won - step / (1.0 + exp(y - x))
        score[a], score[b] = x + change, y - change
    return np.array(score) / unit
