"""Typed spans of a text against reference spans; a span named twice counts once.

Raises `ValueError` for a span that ends before it starts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import accumulate
from typing import NamedTuple

from evaluation.scores.overlap import Overlap, set_overlap


class Span(NamedTuple):
    """Characters `start` (included) to `end` (excluded) of a text, of one type."""

    start: int
    end: int
    type: str = ""


Stretches = dict[str, list[tuple[int, int]]]


def strict_overlap(found: Collection[Span], true: Collection[Span]) -> Overlap:
    """A span is right if both ends and the type are.

    Source: Tjong Kim Sang & De Meulder (2003), "CoNLL-2003 shared task", CoNLL.
    """
    _by_type([*found, *true])
    return set_overlap(found, true)


def relaxed_overlap(found: Collection[Span], true: Collection[Span]) -> Overlap:
    """A span is right if it shares a character with one of the same type on the other side.

    So one long span may answer to several. Source: Uzuner et al. (2011), "2010 i2b2/VA challenge",
    JAMIA 18:552 (inexact match).
    """
    ours, theirs = set(found), set(true)
    return Overlap(_touched(ours, theirs), len(ours), _touched(theirs, ours), len(theirs))


def character_overlap(found: Collection[Span], true: Collection[Span]) -> Overlap:
    """Each character with its type counts once, however many spans hold it."""
    ours, theirs = _by_type(found), _by_type(true)
    both = {name: [*ours.get(name, []), *theirs.get(name, [])] for name in {*ours, *theirs}}
    n_found, n_true, n_either = (_characters(side) for side in (ours, theirs, both))
    common = n_found + n_true - n_either
    return Overlap(common, n_found, common, n_true)


def _touched(spans: Collection[Span], others: Collection[Span]) -> int:
    """How many spans share a character with another: of those that start before its end, one ends
    after its start."""
    sides = _by_type(span for span in others if span.end > span.start)
    starts = {name: [start for start, _ in at] for name, at in sides.items()}
    furthest = {name: list(accumulate((end for _, end in at), max)) for name, at in sides.items()}
    count = 0
    for name, own in _by_type(spans).items():
        for start, end in own:
            before = bisect_left(starts.get(name, []), end)
            count += before > 0 and start < min(end, furthest[name][before - 1])
    return count


def _characters(stretches: Stretches) -> int:
    """Characters within at least one stretch, each with its type."""
    total = 0
    for own in stretches.values():
        reached = 0
        for start, end in sorted(own):
            total += max(0, end - max(start, reached))
            reached = max(reached, end)
    return total


def _by_type(spans: Iterable[Span]) -> Stretches:
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for span in sorted(spans):
        if span.end < span.start:
            raise ValueError(f"the span {span.start} to {span.end} ends before it starts")
        found[span.type].append((span.start, span.end))
    return dict(found)
