"""Sequential Elo: a running score in file order, offered as a curiosity."""

from __future__ import annotations

import numpy as np

from evaluation.bradley_terry import WON
from evaluation.comparisons import Comparisons, FloatArray


def elo(
    comparisons: Comparisons, *, k: float = 4.0, start: float = 1000.0, scale: float = 400.0
) -> FloatArray:
    """(K,) Elo scores after all votes, in the order of the rows; a tie is half a win.

    After each vote the two scores move by k·(outcome − expected), expected being
    1 / (1 + 10^((b − a) / scale)) (Elo 1978). The result depends on the order of the votes and has
    no interval; weights are not used. Plain floats, since every step needs the one before.
    """
    won = WON.tolist()
    score = [start] * comparisons.n_systems
    rows = zip(
        comparisons.model_a.tolist(),
        comparisons.model_b.tolist(),
        comparisons.outcome.tolist(),
        strict=True,
    )
    for a, b, outcome in rows:
        a_score, b_score = score[a], score[b]
        change = k * (won[outcome] - 1.0 / (1.0 + 10.0 ** ((b_score - a_score) / scale)))
        score[a], score[b] = a_score + change, b_score - change
    return np.array(score)
