"""Typed spans of a text against reference spans."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from evaluation.scores.overlap import Overlap, set_overlap


class Span(NamedTuple):
    """Characters `start` (included) to `end` (excluded) of a text, of one type."""

    start: int
    end: int
    type: str = ""


def strict_overlap(found: Collection[Span], true: Collection[Span]) -> Overlap:
    """A span is right if both ends and the type are. Source: Tjong Kim Sang & De Meulder (2003)."""
    return set_overlap(found, true)


def relaxed_overlap(found: Collection[Span], true: Collection[Span]) -> Overlap:
    """A span is right if it shares a character with one of the same type on the other side.

    Source: Uzuner et al. (2011), "2010 i2b2/VA challenge", JAMIA 18:552 (inexact match).
    """
    ours, theirs = set(found), set(true)
    return Overlap(
        sum(any(_touch(a, b) for b in theirs) for a in ours),
        len(ours),
        sum(any(_touch(a, b) for a in ours) for b in theirs),
        len(theirs),
    )


def character_overlap(found: Collection[Span], true: Collection[Span]) -> Overlap:
    """Each character with its type counts once."""
    return set_overlap(_characters(found), _characters(true))


def _touch(a: Span, b: Span) -> bool:
    return a.type == b.type and a.start < b.end and b.start < a.end


def _characters(spans: Collection[Span]) -> set[tuple[int, str]]:
    return {(i, span.type) for span in spans for i in range(span.start, span.end)}
