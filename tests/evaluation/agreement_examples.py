"""Published rating tables; the source stands beside each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Rows = tuple[list[int], list[int], list[Any]]

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section C; Gwet (2014) p. 120.
TWELVE_UNITS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# The same counts with the raters as Gwet prints them: only Conger's kappa can tell.
GWET_TWELVE_UNITS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . .",
    ". 3 3 3 2 3 4 2 2 5 1 3",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# Wikipedia, "Krippendorff's alpha", "A computational example".
FIFTEEN_UNITS = (
    ". . . . . 3 4 1 2 1 1 3 3 . 3",
    "1 . 2 1 3 3 4 3 . . . . . . .",
    ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
)
# Gwet (2014) p. 125, the first fifteen units.
FIVE_OBSERVERS = (
    "1 1 2 . 0 0 1 1 2 2 . 0 1 3 1",
    "1 1 3 0 0 0 0 . 2 1 1 0 2 3 1",
    "2 0 3 0 0 0 2 2 2 1 0 0 2 2 1",
    ". 1 3 . . . . 0 . 1 0 0 2 2 .",
    "2 . . 0 0 0 1 . 2 . . . . 3 1",
)
# Gwet, irrCAC "raw_gender": complete, three categories.
GENDER = (
    "a a a a a b b b c a a a a a b",
    "a a a a b a b c c a a a a b a",
    "a b b c a a b b c a b b c a a",
    "c c c c a a b b c c c c c a a",
)
# Fleiss (1971), Psychol Bull 76:378: 30 patients, 6 raters.
DIAGNOSES = (
    "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 "
    "144444 124444 222333 144444 224445 333335 111455 111112 224444 133555 "
    "555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"
)
# Wikipedia, "Fleiss' kappa": 10 subjects, 14 raters, 5 categories, as counts.
FOURTEEN_RATERS = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)
# Shrout & Fleiss (1979), Psychol Bull 86:420, table 2: 6 targets, 4 judges.
SHROUT_FLEISS = (
    (9, 2, 5, 8),
    (6, 1, 3, 2),
    (8, 4, 6, 8),
    (7, 1, 2, 6),
    (10, 5, 6, 9),
    (6, 2, 4, 7),
)


def by_rater(table: Sequence[str]) -> Rows:
    """Long rows of a table with one line per rater; "." is a missing rating."""
    cells = [(u, r, v) for r, line in enumerate(table) for u, v in enumerate(line.split())]
    return _columns((u, r, None if v == "." else v) for u, r, v in cells)


def by_unit(text: str) -> Rows:
    """Long rows of words, one word per unit and one letter per rater."""
    return _columns((u, r, v) for u, word in enumerate(text.split()) for r, v in enumerate(word))


def of_counts(table: Sequence[Sequence[int]]) -> Rows:
    """Long rows of a table of units × categories."""
    return by_unit(" ".join("".join(str(k) * n for k, n in enumerate(row)) for row in table))


def of_contingency(table: Sequence[Sequence[int]]) -> Rows:
    """Long rows of a cross-table of two raters."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return _columns((u, r, v) for u, cell in enumerate(cells) for r, v in enumerate(cell))


def _columns(rows: Any) -> Rows:
    units, raters, values = zip(*rows, strict=True)
    return list(units), list(raters), list(values)
