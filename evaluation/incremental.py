"""Counts that grow vote by vote and add up over sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.bradley_terry import Fit, bradley_terry
from evaluation.comparisons import LABELS, Comparisons, FloatArray, Outcome


class VoteCounts:
    """Sufficient statistics of the models without covariates: (K, K, 4) counts of (a, b, outcome).

    A vote is added in O(1); a refit starts from the last one and costs O(K³) whatever the number
    of votes; counts of several sites add up to exactly the pooled result, so that votes need not
    leave the hospital.
    """

    def __init__(self, names: Sequence[str], table: FloatArray | None = None) -> None:
        """Raises `ValueError` if `names` repeat or `table` is not (K, K, 4) counts ≥ 0."""
        k = len(names)
        if len(set(names)) != k:
            raise ValueError("system names must be unique")
        self.names = tuple(names)
        self.table = np.zeros((k, k, len(Outcome))) if table is None else np.array(table, float)
        if self.table.shape != (k, k, len(Outcome)) or (self.table < 0).any():
            raise ValueError(f"the counts must be {k} × {k} × 4 numbers, none negative")
        self._position = {name: i for i, name in enumerate(names)}
        self._theta: FloatArray | None = None

    @classmethod
    def of(cls, comparisons: Comparisons) -> VoteCounts:
        """The counts of some votes."""
        return cls(comparisons.names, comparisons.table)

    def add(self, model_a: str, model_b: str, winner: str) -> None:
        """Counts one vote; `winner` is a key of `evaluation.comparisons.LABELS`.

        Raises `ValueError` for an unknown system or label, or a system against itself.
        """
        if model_a == model_b:
            raise ValueError(f"{model_a} cannot meet itself")
        for name in (model_a, model_b):
            if name not in self._position:
                raise ValueError(f"{name!r} is not a known system")
        if winner not in LABELS:
            raise ValueError(f"unknown label {winner!r}; use one of {', '.join(LABELS)}")
        outcome = LABELS[winner][0]
        self.table[self._position[model_a], self._position[model_b], outcome] += 1

    def merge(self, other: VoteCounts) -> VoteCounts:
        """The counts of both, on the systems of either, in alphabetical order."""
        merged = VoteCounts(sorted({*self.names, *other.names}))
        for part in (self, other):
            at = [merged._position[name] for name in part.names]
            merged.table[np.ix_(at, at)] += part.table
        return merged

    def fit(self) -> Fit:
        """Half-win Bradley–Terry, started from the last fit. The systems must be connected."""
        fit = bradley_terry(self.table, start=self._theta)
        self._theta = fit.theta
        return fit

    def comparisons(self) -> Comparisons:
        """The counts as votes without raters or cases, for `rate` and everything else."""
        a, b, outcome = np.nonzero(self.table)
        times = self.table[a, b, outcome].astype(int)
        a, b, outcome = (np.repeat(values, times) for values in (a, b, outcome))
        return Comparisons(self.names, a, b, outcome)

    def to_dict(self) -> dict[str, Any]:
        """What a site sends: names and the counts that are not zero."""
        at = np.argwhere(self.table)
        return {
            "names": list(self.names),
            "counts": [[*map(int, cell), float(self.table[tuple(cell)])] for cell in at],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VoteCounts:
        """The counts that `to_dict` wrote."""
        counts = cls(data["names"])
        for a, b, outcome, n in data["counts"]:
            counts.table[a, b, outcome] = n
        return counts
