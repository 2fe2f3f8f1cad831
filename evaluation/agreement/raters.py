"""Raters one by one: against themselves, against the rest, and the majority they form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from evaluation.agreement import agree
from evaluation.agreement.coefficient_set import point_values
from evaluation.agreement.ratings import Ratings
from evaluation.agreement.result import Coefficient
from evaluation.agreement.weights import WEIGHTS_OF_LEVEL
from evaluation.comparisons import DataError

SIDES = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class SelfAgreement:
    """How often raters who saw a pair twice said the same thing of the same outputs.

    `same` of `n` repeats; `percent`, `cohen` and `gwet_ac1` compare the two occasions. `same_side`
    counts repeats with swapped sides in which the rater kept to the side and so changed the system;
    `left_share` is the share of left among all votes that chose a side (None if none did).
    """

    n: int
    same: int
    same_side: int
    left_share: float | None
    percent: Coefficient
    cohen: Coefficient
    gwet_ac1: Coefficient


@dataclass(frozen=True)
class RaterInfluence:
    """One rater beside the others: `with_others` is the share of pairs of ratings (theirs, another
    rater's, of the same unit) that are equal; `without` is alpha of the study without this rater,
    `change` that minus alpha with everybody. None where there is nothing to compare."""

    rater: Hashable
    n_ratings: int
    n_pairs: int
    with_others: float | None
    without: float | None
    change: float | None


@dataclass(frozen=True)
class Decision:
    """What the raters of one unit decided: `value` None means no majority, and `how` says so."""

    unit: Hashable
    value: Any
    how: str  # "unanimous", "majority", "adjudicated", "no majority"
    votes: Mapping[Any, int]


def mirrored(outcome: str) -> str:
    """An outcome as it reads with the sides exchanged: `left_slightly` ↔ `right_slightly`."""
    side, _, rest = outcome.partition("_")
    return "_".join(filter(None, (SIDES.get(side, side), rest)))


def self_agreement(
    first: Sequence[str], again: Sequence[str], swapped: Sequence[bool]
) -> SelfAgreement:
    """Agreement of raters with themselves from repeated pairs.

    `first` and `again` are outcomes as shown (`left_strongly` … `tie`, `both_unacceptable`),
    `swapped` whether the second showing had the sides exchanged. All repeats of all raters
    together, or of one rater.

    Raises `DataError` for columns of unequal length.
    """
    if not len(first) == len(again) == len(swapped):
        raise DataError(f"{len(first)} first, {len(again)} second votes, {len(swapped)} swaps")
    meant = [mirrored(b) if turn else b for b, turn in zip(again, swapped, strict=True)]
    unit = list(range(len(first)))
    wanted = ("percent", "cohen", "gwet_ac1")
    occasions = ["first"] * len(first) + ["again"] * len(again)
    found = agree(unit * 2, occasions, [*first, *meant], coefficients=wanted)
    sides = [outcome.partition("_")[0] for outcome in (*first, *again)]
    left, right = sides.count("left"), sides.count("right")
    kept = zip(sides[: len(first)], sides[len(first) :], swapped, strict=True)
    return SelfAgreement(
        n=len(first),
        same=sum(a == b for a, b in zip(first, meant, strict=True)),
        same_side=sum(a == b and a in SIDES and bool(turn) for a, b, turn in kept),
        left_share=left / (left + right) if left + right else None,
        percent=found["percent"],
        cohen=found["cohen"],
        gwet_ac1=found["gwet_ac1"],
    )


def leave_one_out(
    units: Iterable[Hashable],
    raters: Iterable[Hashable],
    values: Iterable[Any],
    *,
    level: str = "nominal",
    categories: Sequence[Any] | None = None,
) -> list[RaterInfluence]:
    """Each rater against the others, and Krippendorff's alpha of the study without them."""
    ratings = Ratings.from_rows(units, raters, values, categories=categories)
    together = _alpha(ratings, level)
    counts = ratings.counts
    found = []
    for code in np.flatnonzero(ratings.has_rated).tolist():
        own = ratings.rater == code
        unit, value = ratings.unit[own], ratings.value[own]
        n_pairs = int((counts[unit].sum(1) - 1).sum())
        equal = float((counts[unit, value] - 1).sum())
        without = _alpha(ratings.select(~own), level)
        found.append(
            RaterInfluence(
                rater=ratings.raters[code],
                n_ratings=int(own.sum()),
                n_pairs=n_pairs,
                with_others=equal / n_pairs if n_pairs else None,
                without=without,
                change=None if without is None or together is None else without - together,
            )
        )
    return found


def decide(
    units: Iterable[Hashable],
    values: Iterable[Any],
    *,
    adjudicated: Mapping[Hashable, Any] | None = None,
) -> list[Decision]:
    """The decision on each unit, in order of first appearance.

    A value holds if more than half of the unit's ratings say so; otherwise the adjudicator's word
    if there is one, else nothing: never a guess. Missing values (`None`, "") are not ratings.
    """
    votes: dict[Hashable, Counter[Any]] = {}
    for unit, value in zip(units, values, strict=True):
        seen = votes.setdefault(unit, Counter())
        if value is not None and value != "":
            seen[value] += 1
    words = adjudicated or {}
    return [_decision(unit, seen, words.get(unit)) for unit, seen in votes.items()]


def _decision(unit: Hashable, votes: Counter[Any], word: Any) -> Decision:
    value, most = votes.most_common(1)[0] if votes else (None, 0)
    if 2 * most > votes.total():
        how = "unanimous" if most == votes.total() else "majority"
        return Decision(unit, value, how, dict(votes))
    if word is not None:
        return Decision(unit, word, "adjudicated", dict(votes))
    return Decision(unit, None, "no majority", dict(votes))


def _alpha(ratings: Ratings, level: str) -> float | None:
    if not (ratings.kinds[0].sum(1) > 1).any():
        return None
    weights = WEIGHTS_OF_LEVEL[level]
    value = point_values(ratings, ["krippendorff_alpha"], level=level, weights=weights)
    alpha = value["krippendorff_alpha"]
    return alpha if isfinite(alpha) else None
