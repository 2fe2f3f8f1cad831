"""Ways to read ties and steps: half a win, Davidson, Rao–Kupper, five ordered steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation.bradley_terry import Fit, bradley_terry
from evaluation.comparisons import Comparisons, DataError, FloatArray, Outcome, Strength, count
from evaluation.families import DAVIDSON, FIVE_STEPS, FIVE_STEPS_ADJACENT, RAO_KUPPER, Family
from evaluation.likelihood import fit_family

THREE_STEPS = np.array([0, 1, 2, 1])  # of each `Outcome` code: a, tie, b, and both bad as a tie


@dataclass(frozen=True)
class TieModel:
    """A way to read votes: `category` (N,) codes of each vote, `fit` of their (K, K, Y) table, and
    `named`, its parameters as they appear in results."""

    label: str
    category: Callable[[Comparisons], NDArray[np.integer]]
    table: Callable[[Comparisons], FloatArray]
    fit: Callable[[FloatArray], Fit]
    named: Callable[[Fit], Mapping[str, float]]


def davidson(table: FloatArray) -> Fit:
    """Davidson's model on (K, K, 3) counts: P(tie) = ν√(π_a π_b) / (π_a + π_b + ν√(π_a π_b)).

    doi:10.2307/2283595. `extra` is log ν. Without ties it is Bradley–Terry, ν = 0.
    """
    return _with_ties(table, DAVIDSON)


def rao_kupper(table: FloatArray) -> Fit:
    """Rao and Kupper's model on (K, K, 3) counts: P(a wins) = π_a / (π_a + κ π_b).

    doi:10.2307/2282923. `extra` is log κ. Without ties it is Bradley–Terry, κ = 1.
    """
    return _with_ties(table, RAO_KUPPER)


def _with_ties(table: FloatArray, family: Family) -> Fit:
    tied = table[:, :, 1].sum()
    if 0 < tied < table.sum():
        return fit_family(table, family)
    plain = bradley_terry(np.concatenate([table, np.zeros_like(table[:, :, :1])], axis=2))
    limit = -np.inf if tied == 0 else np.inf
    return replace(
        plain, derivatives=lambda: (plain.slope[:, :, :3], plain.extra_slope[:, :, :3]), limit=limit
    )


def five_steps(votes: Comparisons) -> NDArray[np.integer]:
    """(N,) 0 a strongly, 1 a slightly, 2 tie or both bad, 3 b slightly, 4 b strongly.

    Raises `DataError` for the first decided vote without a strength.
    """
    decided = (votes.outcome == Outcome.MODEL_A) | (votes.outcome == Outcome.MODEL_B)
    strength = np.zeros(len(votes), int) if votes.strength is None else votes.strength
    missing = decided & (strength == Strength.UNSTATED)
    if missing.any():
        raise DataError("has no strength", row=int(missing.argmax()), column="strength")
    away = np.where(decided, strength, 0)
    return np.where(votes.outcome == Outcome.MODEL_A, 2 - away, 2 + away)


def _three_steps(votes: Comparisons) -> NDArray[np.integer]:
    return THREE_STEPS[votes.outcome]


def _three_step_table(votes: Comparisons) -> FloatArray:
    table = votes.table
    tied = table[:, :, Outcome.TIE] + table[:, :, Outcome.BOTH_BAD]
    return np.stack([table[:, :, Outcome.MODEL_A], tied, table[:, :, Outcome.MODEL_B]], axis=2)


def _five_step_table(votes: Comparisons) -> FloatArray:
    return count(votes, five_steps(votes), 5)


def _tie_parameter(fit: Fit, at_limit: Mapping[float, float]) -> Mapping[str, float]:
    value = at_limit[fit.limit] if fit.limit else float(np.exp(fit.extra[0]))
    return {"tie_parameter": value}


TIES: Mapping[str, TieModel] = {
    "half": TieModel(
        "Bradley–Terry, a tie is half a win for each side",
        lambda votes: votes.outcome,
        lambda votes: votes.table,
        bradley_terry,
        lambda fit: {},
    ),
    "davidson": TieModel(
        "Davidson's Bradley–Terry model with ties",
        _three_steps,
        _three_step_table,
        davidson,
        lambda fit: _tie_parameter(fit, {-np.inf: 0.0, np.inf: np.inf}),
    ),
    "rao-kupper": TieModel(
        "Rao and Kupper's Bradley–Terry model with ties",
        _three_steps,
        _three_step_table,
        rao_kupper,
        lambda fit: _tie_parameter(fit, {-np.inf: 1.0, np.inf: np.inf}),
    ),
    "ordinal": TieModel(
        "cumulative logit on five steps",
        five_steps,
        _five_step_table,
        lambda table: fit_family(table, FIVE_STEPS),
        lambda fit: {"threshold_slightly": fit.extra[0], "threshold_strongly": fit.extra[1]},
    ),
    "ordinal-adjacent": TieModel(
        "adjacent-category logit on five steps",
        five_steps,
        _five_step_table,
        lambda table: fit_family(table, FIVE_STEPS_ADJACENT),
        lambda fit: {"log_slightly": fit.extra[0], "log_tie": fit.extra[1]},
    ),
}
