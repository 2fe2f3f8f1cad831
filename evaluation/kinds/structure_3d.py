"""How a sequence folds: which positions are paired or in contact."""

import re
from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.overlap import set_overlap

MOST_POSITIONS = 2_000
MOST_PAIRS = 4_000
LETTERS = re.compile(r"[A-Z]+")
OPENING, CLOSING = "([{<", ")]}>"
Pair = tuple[int, int]


class Structure:
    """``{"sequence": str, "structure": str}`` in dot-bracket notation, or ``{"sequence": str,
    "pairs": [[i, j], …]}`` with positions counted from 1.

    ``()``, ``[]``, ``{}`` and ``<>`` may cross each other, as in pseudoknots. In ``pairs``, as for
    contacts of a protein, a position may stand more than once. The canonical form has ``pairs``.
    """

    key = "structure-3d"
    title = "Fold: pairs and contacts"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["sequence"], optional=["structure", "pairs"])
        sequence = _sequence(record["sequence"])
        if (record.get("structure") is None) == (record.get("pairs") is None):
            raise RecordError("structure", "is needed, or pairs; one of both")
        if record.get("pairs") is None:
            found = _from_brackets(record["structure"], len(sequence))
        else:
            given = checks.items(record["pairs"], "pairs", most=MOST_PAIRS)
            found = {_pair(pair, f"pairs[{i}]", len(sequence)) for i, pair in enumerate(given)}
        return {"sequence": sequence, "pairs": [list(pair) for pair in sorted(found)]}

    def is_empty(self, record: Record) -> bool:
        """Never: a sequence may stay unfolded."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Precision, recall and F1 of the pairs; NaN for another sequence."""
        if record["sequence"] != reference["sequence"]:
            return dict.fromkeys(("pair_f1", "precision", "recall"), float("nan"))
        overlap = set_overlap(pairs_of(record), pairs_of(reference))
        return {
            "pair_f1": overlap.f1,
            "precision": overlap.precision,
            "recall": overlap.recall,
        }


def pairs_of(record: Record) -> list[Pair]:
    return [(i, j) for i, j in record["pairs"]]


def brackets(length: int, pairs: list[Pair]) -> str | None:
    """Dot-bracket notation; ``None`` where a position is paired twice or four kinds do not do."""
    line = ["."] * length
    drawn: list[list[Pair]] = [[] for _ in OPENING]
    for i, j in pairs:
        free = line[i - 1] == line[j - 1] == "."
        kind = next((k for k, own in enumerate(drawn) if not _crosses((i, j), own)), None)
        if not free or kind is None:
            return None
        line[i - 1], line[j - 1] = OPENING[kind], CLOSING[kind]
        drawn[kind].append((i, j))
    return "".join(line)


def stems(pairs: list[Pair]) -> list[tuple[int, int, int]]:
    """Runs of pairs stacked on each other: first and last position, and how many pairs."""
    left, found = set(pairs), []
    for i, j in pairs:
        if (i, j) not in left:
            continue
        count = 0
        while (i + count, j - count) in left:
            left.discard((i + count, j - count))
            count += 1
        found.append((i, j, count))
    return found


def _sequence(value: Any) -> str:
    sequence = checks.word(value, "sequence", most=MOST_POSITIONS).upper()
    if not LETTERS.fullmatch(sequence):
        raise RecordError("sequence", "must be letters only")
    return sequence


def _from_brackets(value: Any, length: int) -> set[Pair]:
    structure = checks.word(value, "structure", most=MOST_POSITIONS)
    if len(structure) != length:
        problem = f"has {len(structure)} signs for a sequence of {length}"
        raise RecordError("structure", problem)
    found: set[Pair] = set()
    waiting: dict[str, list[int]] = {sign: [] for sign in OPENING}
    for place, sign in enumerate(structure, start=1):
        if sign in OPENING:
            waiting[sign].append(place)
        elif sign in CLOSING:
            opened = waiting[OPENING[CLOSING.index(sign)]]
            if not opened:
                raise RecordError("structure", f"closes {sign!r} at {place}, which was not opened")
            found.add((opened.pop(), place))
        elif sign not in ".-":
            raise RecordError("structure", f"has {sign!r} at {place}; it is made of . and brackets")
    for sign, places in waiting.items():
        if places:
            raise RecordError("structure", f"does not close {sign!r} of {places[-1]}")
    return found


def _pair(value: Any, field: str, length: int) -> Pair:
    both = checks.items(value, field, most=2)
    if len(both) != 2:
        raise RecordError(field, "must be two positions")
    i, j = (checks.whole(p, f"{field}[{n}]", least=1, most=length) for n, p in enumerate(both))
    if i == j:
        raise RecordError(field, f"pairs {i} with itself")
    return min(i, j), max(i, j)


def _crosses(pair: Pair, others: list[Pair]) -> bool:
    i, j = pair
    return any(a < i < b < j or i < a < j < b for a, b in others)


KIND = Structure()
