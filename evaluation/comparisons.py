"""Votes as index arrays: validated once, then counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.float64]

CHUNK = 1 << 16  # votes counted at a time, so that their codes stay in the nearest cache


class Outcome(IntEnum):
    """What one vote says. `BOTH_BAD` (both unacceptable) prefers neither, so models read it as a
    tie; it keeps its own code because it is a statement about safety."""

    MODEL_A = 0
    TIE = 1
    MODEL_B = 2
    BOTH_BAD = 3


class Strength(IntEnum):
    """How strongly a vote was meant, where the form asks (five steps instead of three)."""

    UNSTATED = 0
    SLIGHTLY = 1
    STRONGLY = 2


LABELS: Mapping[str, tuple[Outcome, Strength]] = {
    "model_a": (Outcome.MODEL_A, Strength.UNSTATED),
    "model_b": (Outcome.MODEL_B, Strength.UNSTATED),
    "tie": (Outcome.TIE, Strength.UNSTATED),
    "both_bad": (Outcome.BOTH_BAD, Strength.UNSTATED),
    "tie (bothbad)": (Outcome.BOTH_BAD, Strength.UNSTATED),
    "both_unacceptable": (Outcome.BOTH_BAD, Strength.UNSTATED),
    "left": (Outcome.MODEL_A, Strength.UNSTATED),
    "right": (Outcome.MODEL_B, Strength.UNSTATED),
    "left_strongly": (Outcome.MODEL_A, Strength.STRONGLY),
    "left_slightly": (Outcome.MODEL_A, Strength.SLIGHTLY),
    "right_slightly": (Outcome.MODEL_B, Strength.SLIGHTLY),
    "right_strongly": (Outcome.MODEL_B, Strength.STRONGLY),
}
STRENGTHS: Mapping[str, Strength] = {
    "": Strength.UNSTATED,
    "slightly": Strength.SLIGHTLY,
    "strongly": Strength.STRONGLY,
}


class DataError(ValueError):
    """Data that cannot be used, in one sentence; `row` counts data rows from 0."""

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None) -> None:
        self.message, self.row, self.column = message, row, column
        place = [] if row is None else [f"row {row + 1}"]
        place += [] if column is None else [f"column {column}"]
        super().__init__(": ".join([", ".join(place), message] if place else [message]))


@dataclass(frozen=True, eq=False)
class Comparisons:
    """N votes on pairs out of K systems.

    `model_a`, `model_b`: (N,) positions in `names`; a is the side shown left. `outcome`: (N,)
    `Outcome` codes. Optional: `weight` (N,) ≥ 0; `rater`, `case`, `criterion` (N,) codes ≥ 0, with
    their labels in `rater_names`, `case_names`, `criterion_names` where somebody will read them;
    `strength` (N,) `Strength` codes; `covariates` name → (N,), oriented a minus b; `cell` (N,)
    codes ≥ 0 of rater × case, where `rater` and `case` are right one by one but not together
    (`evaluation.incremental`).

    Raises `DataError` naming the first offending row.
    """

    names: tuple[str, ...]
    model_a: IntArray
    model_b: IntArray
    outcome: IntArray
    weight: FloatArray | None = None
    rater: IntArray | None = None
    case: IntArray | None = None
    criterion: IntArray | None = None
    strength: IntArray | None = None
    covariates: Mapping[str, FloatArray] = field(default_factory=dict)
    rater_names: tuple[str, ...] = ()
    case_names: tuple[str, ...] = ()
    criterion_names: tuple[str, ...] = ()
    cell: IntArray | None = None

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise DataError("system names must be unique")
        if len(self.model_a) == 0:
            raise DataError("there are no votes")
        for column, values in self._columns():
            if len(values) != len(self.model_a):
                raise DataError(
                    f"has {len(values)} values for {len(self.model_a)} votes", column=column
                )
        for column, limit in (("model_a", self.n_systems), ("model_b", self.n_systems)):
            _refuse_outside(getattr(self, column), limit, column, "is not a known system")
        _refuse_outside(self.outcome, len(Outcome), "outcome", "is not an outcome")
        for column in ("rater", "case", "criterion", "cell"):
            if (codes := getattr(self, column)) is not None:
                _refuse_outside(codes, np.iinfo(np.int64).max, column, "is not a code")
        if self.strength is not None:
            _refuse_outside(self.strength, len(Strength), "strength", "is not a strength")
        _refuse_equal(self.model_a, self.model_b)
        self._refuse_numbers()

    def _columns(self) -> list[tuple[str, NDArray[np.generic]]]:
        optional = ("weight", "rater", "case", "criterion", "strength", "cell")
        named = [(name, getattr(self, name)) for name in ("model_b", "outcome", *optional)]
        return [(n, v) for n, v in [*named, *self.covariates.items()] if v is not None]

    def _refuse_numbers(self) -> None:
        if self.weight is not None:
            _refuse(~np.isfinite(self.weight), "weight", "the weight is not a finite number")
            _refuse(self.weight < 0, "weight", "the weight is negative")
            if not self.weight.any():
                raise DataError("every weight is zero", column="weight")
        for name, values in self.covariates.items():
            _refuse(~np.isfinite(values), name, "the covariate is not a finite number")

    @classmethod
    def from_labels(
        cls,
        model_a: Sequence[str],
        model_b: Sequence[str],
        winner: Sequence[str],
        *,
        weight: ArrayLike | None = None,
        rater: Sequence[str] | None = None,
        case: Sequence[str] | None = None,
        criterion: Sequence[str] | None = None,
        strength: Sequence[str] | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> Comparisons:
        """Comparisons from labels; systems, raters and cases are put in alphabetical order.

        `winner`: keys of `LABELS` (left is model_a). `strength`: "", "slightly" or "strongly"; a
        five-step winner label states its own strength.
        """
        n = len(model_a)
        names, codes = encode([*model_a, *model_b])
        outcome, stated = _outcomes(winner)
        if strength is not None:
            stated = np.maximum(stated, _lookup(strength, STRENGTHS, "strength"))
        rater_names, raters = _encode_optional(rater)
        case_names, cases = _encode_optional(case)
        criterion_names, criteria = _encode_optional(criterion)
        return cls(
            names=names,
            model_a=codes[:n],
            model_b=codes[n:],
            outcome=outcome,
            weight=None if weight is None else np.asarray(weight, float),
            rater=raters,
            case=cases,
            criterion=criteria,
            strength=stated if stated.any() else None,
            covariates={k: np.asarray(v, float) for k, v in (covariates or {}).items()},
            rater_names=rater_names,
            case_names=case_names,
            criterion_names=criterion_names,
        )

    def __len__(self) -> int:
        return len(self.model_a)

    @property
    def n_systems(self) -> int:
        return len(self.names)

    @cached_property
    def table(self) -> FloatArray:
        """Summed weight of each (a, b, outcome): shape (K, K, 4), whole numbers if unweighted."""
        return count_table(self)

    def select(self, rows: NDArray[np.bool_] | IntArray) -> Comparisons:
        """The votes at `rows` (true, or by position), on the same systems.

        Raises `DataError` if there is none.
        """
        return replace(
            self,
            model_a=self.model_a[rows],
            model_b=self.model_b[rows],
            outcome=self.outcome[rows],
            weight=None if self.weight is None else self.weight[rows],
            rater=None if self.rater is None else self.rater[rows],
            case=None if self.case is None else self.case[rows],
            criterion=None if self.criterion is None else self.criterion[rows],
            strength=None if self.strength is None else self.strength[rows],
            covariates={name: values[rows] for name, values in self.covariates.items()},
            cell=None if self.cell is None else self.cell[rows],
        )

    def among(self, systems: IntArray) -> Comparisons:
        """The votes between two of `systems` (sorted positions), which alone remain named."""
        if len(systems) == self.n_systems:
            return self
        position = np.full(self.n_systems, -1)
        position[systems] = np.arange(len(systems))
        kept = self.select((position[self.model_a] >= 0) & (position[self.model_b] >= 0))
        return replace(
            kept,
            names=tuple(self.names[i] for i in systems),
            model_a=position[kept.model_a],
            model_b=position[kept.model_b],
        )

    def sorted_by_name(self) -> Comparisons:
        """The same votes with `names` in alphabetical order, so results do not depend on it."""
        order = sorted(range(self.n_systems), key=self.names.__getitem__)
        if order == list(range(self.n_systems)):
            return self
        position = np.empty(self.n_systems, np.int64)
        position[order] = np.arange(self.n_systems)
        return replace(
            self,
            names=tuple(self.names[i] for i in order),
            model_a=position[self.model_a],
            model_b=position[self.model_b],
        )

    def n_duplicates(self) -> int:
        """Votes beyond the first by one rater on one pair of one case and criterion."""
        if self.rater is None or self.case is None:
            return 0
        low, high = np.minimum(self.model_a, self.model_b), np.maximum(self.model_a, self.model_b)
        met = [self.rater, self.case] if self.cell is None else [self.cell]
        parts = [*met, low, high, self.criterion]
        key = combine_codes([part for part in parts if part is not None])
        return len(self) - compact(key)[1]


def count_table(comparisons: Comparisons) -> FloatArray:
    """One pass over the votes: (K, K, 4) counts, or sums of weights, of each (a, b, outcome)."""
    return count(comparisons, comparisons.outcome, len(Outcome))


def count(c: Comparisons, category: IntArray, n_categories: int) -> FloatArray:
    """(K, K, Y) counts or sums of weights of each (a, b, category).

    Weights are added in a fixed order (by value), so the sums do not depend on the row order.
    """
    k, n = c.n_systems, len(c)
    size = k * k * n_categories
    if c.weight is not None:
        code = cell_codes(c, category, n_categories)
        order = np.lexsort((c.weight, code))
        total: NDArray[np.generic] = np.bincount(code[order], c.weight[order], minlength=size)
    elif 4 * n < size:  # sorting few votes touches less memory than filling the table
        cells, counts = np.unique(cell_codes(c, category, n_categories), return_counts=True)
        total = np.zeros(size)
        total[cells] = counts
    else:
        total = _count_in_chunks(c, category, n_categories, size)
    return np.asarray(total, float).reshape(k, k, n_categories)


def cell_codes(
    c: Comparisons,
    category: IntArray,
    n_categories: int,
    rows: slice = slice(None),
    out: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """Cell of each vote in a flat (K, K, Y) table; `out` is a buffer to use again."""
    a, b = c.model_a[rows], c.model_b[rows]
    code = np.empty(len(a), np.int32) if out is None else out[: len(a)]
    np.multiply(a, c.n_systems, out=code, casting="unsafe")
    np.add(code, b, out=code, casting="unsafe")
    np.multiply(code, n_categories, out=code)
    np.add(code, category[rows], out=code, casting="unsafe")
    return code


def _count_in_chunks(
    c: Comparisons, category: IntArray, n_categories: int, size: int
) -> NDArray[np.int64]:
    chunk = max(CHUNK, size)
    buffer = np.empty(min(chunk, len(c)), np.int32)
    total = np.zeros(size, np.int64)
    for start in range(0, len(c), chunk):
        code = cell_codes(c, category, n_categories, slice(start, start + chunk), buffer)
        total += np.bincount(code, minlength=size)
    return total


def encode(labels: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """(sorted distinct labels, position of each label)."""
    names = sorted(set(labels))
    position = {name: i for i, name in enumerate(names)}
    return tuple(names), np.fromiter((position[x] for x in labels), np.int64, len(labels))


def _encode_optional(
    labels: Sequence[str] | None,
) -> tuple[tuple[str, ...], NDArray[np.int64] | None]:
    return ((), None) if labels is None else encode(labels)


def combine_codes(parts: Sequence[IntArray]) -> NDArray[np.int64]:
    """One code per row for a combination of codes."""
    key = parts[0].astype(np.int64)
    for part in parts[1:]:
        key *= int(part.max()) + 1
        key += part
    return key


def compact(codes: IntArray) -> tuple[IntArray, int]:
    """(codes renumbered 0…G−1 in the same order, G); sorts only where the codes are sparse."""
    if codes.max() > 4 * len(codes):
        found, renumbered = np.unique(codes, return_inverse=True)
        return renumbered, len(found)
    present = np.bincount(codes) > 0
    n = int(present.sum())
    return (codes, n) if n == len(present) else ((present.cumsum() - 1)[codes], n)


def _outcomes(winner: Sequence[str]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    codes = {label: int(o) * 10 + int(s) for label, (o, s) in LABELS.items()}
    both = _lookup(winner, codes, "winner")
    return both // 10, both % 10


def _lookup(labels: Sequence[str], codes: Mapping[str, int], column: str) -> NDArray[np.int8]:
    try:
        return np.fromiter((codes[x] for x in labels), np.int8, len(labels))
    except (KeyError, TypeError):
        row = next(i for i, x in enumerate(labels) if x not in codes)
        known = ", ".join(x for x in codes if x)
        raise DataError(
            f"unknown label {labels[row]!r}; use one of {known}", row=row, column=column
        ) from None


def _refuse(bad: NDArray[np.bool_], column: str, message: str) -> None:
    if bad.any():
        raise DataError(message, row=int(bad.argmax()), column=column)


def _refuse_equal(model_a: IntArray, model_b: IntArray) -> None:
    for start in range(0, len(model_a), CHUNK):  # no column as long as the votes is made
        same = model_a[start : start + CHUNK] == model_b[start : start + CHUNK]
        if same.any():
            row = start + int(same.argmax())
            raise DataError("a system cannot meet itself", row=row, column="model_b")


def _refuse_outside(codes: IntArray, limit: int, column: str, message: str) -> None:
    if not np.issubdtype(codes.dtype, np.integer):
        raise DataError(f"needs whole-number codes, not {codes.dtype}", column=column)
    # Read as unsigned, a negative code is a huge one: a single pass finds both kinds.
    if codes.view(f"u{codes.dtype.itemsize}").max() >= limit:
        _refuse((codes < 0) | (codes >= limit), column, message)
