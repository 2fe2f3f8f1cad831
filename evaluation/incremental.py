"""Counts that grow vote by vote and add up over sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.bradley_terry import Fit, bradley_terry
from evaluation.comparisons import (
    LABELS,
    Comparisons,
    DataError,
    FloatArray,
    IntArray,
    Outcome,
)

CLUSTERS = ("rater", "case", "cell")
Totals = Counter[tuple[Hashable, int]]  # votes by cluster and place in the flat table


class VoteCounts:
    """Sufficient statistics of the models without covariates.

    `table` (K, K, 4): votes of each (a, b, outcome). `clusters`: the same votes within each rater,
    each case, and each rater × case; they make the clustered intervals, and are empty where votes
    name no rater or no case.

    A vote is added in O(1); a refit starts from the last one and costs O(K³) whatever the number
    of votes; counts of several sites add up to exactly the pooled result, intervals included, so
    that votes need not leave the hospital.
    """

    def __init__(self, names: Sequence[str], table: FloatArray | None = None) -> None:
        """Raises `DataError` if `names` repeat or `table` is not (K, K, 4) whole counts ≥ 0."""
        k = len(names)
        if len(set(names)) != k:
            raise DataError("system names must be unique")
        self.names = tuple(names)
        self.table = np.zeros((k, k, len(Outcome))) if table is None else np.array(table, float)
        whole = self.table.shape == (k, k, len(Outcome)) and (self.table % 1 == 0).all()
        if not whole or (self.table < 0).any():
            raise DataError(f"the counts must be {k} × {k} × 4 whole numbers, none negative")
        self.clusters: dict[str, Totals] = {kind: Counter() for kind in CLUSTERS}
        self._position = {name: i for i, name in enumerate(names)}
        self._theta: FloatArray | None = None

    @classmethod
    def of(cls, comparisons: Comparisons) -> VoteCounts:
        """The counts of some votes. Raises `DataError` if they are weighted."""
        c = comparisons
        if c.weight is not None:
            raise DataError("counts are of whole votes; these carry weights", column="weight")
        counts = cls(c.names, c.table)
        pair = c.model_a.astype(np.int64) * c.n_systems + c.model_b
        places = (pair * len(Outcome) + c.outcome).tolist()
        rater, case = _labels(c.rater, c.rater_names), _labels(c.case, c.case_names)
        cell = [*zip(rater, case, strict=False)] if c.cell is None else c.cell.tolist()
        for kind, labels in zip(CLUSTERS, (rater, case, cell), strict=True):
            counts.clusters[kind].update(zip(labels, places, strict=False))
        return counts

    def add(
        self,
        model_a: str,
        model_b: str,
        winner: str,
        *,
        rater: Hashable | None = None,
        case: Hashable | None = None,
    ) -> None:
        """Counts one vote; `winner` is a key of `evaluation.comparisons.LABELS`.

        Raises `DataError` for an unknown system or label, a system against itself, or a vote that
        names a rater or case where others do not.
        """
        if model_a == model_b:
            raise DataError(f"{model_a} cannot meet itself")
        for name in (model_a, model_b):
            if name not in self._position:
                raise DataError(f"{name!r} is not a known system")
        if winner not in LABELS:
            raise DataError(f"unknown label {winner!r}; use one of {', '.join(LABELS)}")
        cell = None if rater is None or case is None else (rater, case)
        for kind, label in (("rater", rater), ("case", case)):
            if self.n_votes and bool(self.clusters[kind]) != (label is not None):
                raise DataError(f"name the {kind} of every vote or of none")
        outcome = LABELS[winner][0]
        at = (self._position[model_a], self._position[model_b], outcome)
        self.table[at] += 1
        place = int(np.ravel_multi_index(at, self.table.shape))
        for kind, label in zip(CLUSTERS, (rater, case, cell), strict=True):
            if label is not None:
                self.clusters[kind][label, place] += 1

    @property
    def n_votes(self) -> int:
        return int(self.table.sum())

    def merge(self, other: VoteCounts) -> VoteCounts:
        """The counts of both, on the systems of either, in alphabetical order.

        Raters and cases of different sites are different ones, whatever they are called.
        """
        merged = VoteCounts(sorted({*self.names, *other.names}))
        for site, part in enumerate((self, other)):
            at = np.array([merged._position[name] for name in part.names])
            merged.table[np.ix_(at, at)] += part.table
            a, b, outcome = np.unravel_index(np.arange(part.table.size), part.table.shape)
            moved = np.ravel_multi_index((at[a], at[b], outcome), merged.table.shape).tolist()
            for kind, totals in part.clusters.items():
                for (label, place), n in totals.items():
                    merged.clusters[kind][(site, label), moved[place]] = n
        for kind in ("rater", "case"):
            if any(part.n_votes and not part.clusters[kind] for part in (self, other)):
                merged.clusters[kind].clear()
                merged.clusters["cell"].clear()
        return merged

    def fit(self) -> Fit:
        """Half-win Bradley–Terry, started from the last fit. The systems must be connected."""
        fit = bradley_terry(self.table, start=self._theta)
        self._theta = fit.theta
        return fit

    def comparisons(self) -> Comparisons:
        """Votes with these counts, for `rate` and everything else.

        Votes that say the same of the same pair are exchangeable, so raters, cases and cells are
        dealt to them one kind at a time: sums within each kind are those of the real votes.
        """
        a, b, outcome = np.unravel_index(
            np.repeat(np.arange(self.table.size), self.table.ravel().astype(int)), self.table.shape
        )
        rater = self._column("rater") if self.clusters["rater"] else None
        case = self._column("case") if self.clusters["case"] else None
        cell = None if rater is None or case is None else self._column("cell")
        return Comparisons(self.names, a, b, outcome, rater=rater, case=case, cell=cell)

    def _column(self, kind: str) -> IntArray:
        """(N,) clusters of the votes in the order of the table; a cell of its own for every vote
        that shares none. Raises `DataError` where counts within raters or cases do not add up."""
        totals = self.clusters[kind]
        number = {label: i for i, label in enumerate(dict.fromkeys(label for label, _ in totals))}
        cluster = np.array([number[label] for label, _ in totals], np.int64)
        place = np.array([place for _, place in totals], np.int64)
        times = np.array([*totals.values()], np.int64)
        counted = np.bincount(place, times, self.table.size)
        alone = (self.table.ravel() - counted).astype(np.int64)
        if (alone < 0).any() or (kind != "cell" and alone.any()):
            raise DataError(f"the counts of single {kind}s do not add up to those of all votes")
        cluster = np.concatenate(
            [np.repeat(cluster, times), len(number) + np.arange(alone.sum(), dtype=np.int64)]
        )
        place = np.concatenate(
            [np.repeat(place, times), np.repeat(np.arange(self.table.size), alone)]
        )
        return np.asarray(cluster[np.argsort(place, kind="stable")])

    def to_dict(self) -> dict[str, Any]:
        """What a site sends: its systems and its counts, in all and within each rater, each case,
        and each pair of them with several votes. Rows are [a, b, outcome, votes]; raters and cases
        have neither name nor order."""
        return {
            "names": list(self.names),
            "counts": self._rows({i: int(n) for i, n in enumerate(self.table.ravel()) if n}),
            "raters": self._unnamed("rater"),
            "cases": self._unnamed("case"),
            "cells": [rows for rows in self._unnamed("cell") if sum(row[-1] for row in rows) > 1],
        }

    def _unnamed(self, kind: str) -> list[list[list[int]]]:
        by_label: dict[Hashable, dict[int, int]] = {}
        for (label, place), n in self.clusters[kind].items():
            by_label.setdefault(label, {})[place] = n
        return sorted(self._rows(totals) for totals in by_label.values())

    def _rows(self, totals: Mapping[int, int]) -> list[list[int]]:
        shape = self.table.shape
        return [[*map(int, np.unravel_index(at, shape)), totals[at]] for at in sorted(totals)]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VoteCounts:
        """The counts that `to_dict` wrote. Raises `DataError` for anything else."""
        try:
            counts = cls(data["names"])
            k = len(counts.names)
            for a, b, outcome, n in data["counts"]:
                counts.table[_place(a, b, outcome, k)] = n
            for kind in CLUSTERS:
                for label, rows in enumerate(data.get(f"{kind}s", [])):
                    for a, b, outcome, n in rows:
                        at = np.ravel_multi_index(_place(a, b, outcome, k), counts.table.shape)
                        counts.clusters[kind][label, int(at)] = int(n)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"these are not counts of votes ({error!r})") from error
        checked = cls(counts.names, counts.table)
        checked.clusters = counts.clusters
        checked.comparisons()
        return checked


def _place(a: int, b: int, outcome: int, k: int) -> tuple[int, int, int]:
    if not (0 <= a < k and 0 <= b < k and a != b and 0 <= outcome < len(Outcome)):
        raise ValueError(f"{[a, b, outcome]} is not a pair of {k} systems and an outcome")
    return a, b, outcome


def _labels(codes: IntArray | None, names: Sequence[str]) -> list[Hashable]:
    """The label of each vote's rater or case; none where there are no codes."""
    if codes is None:
        return []
    return [names[code] for code in codes] if names else codes.tolist()
