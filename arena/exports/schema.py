"""The columns of exported votes: what each means, in which unit, and how to get it."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from arena.leaderboards.board import OTHER, SMALLEST_CELL
from arena.voting.counting import Flag, VoteRow
from arena.voting.models import Outcome, Side

# winner and strength of each step, as LMArena and `python -m evaluation` name them
WINNERS: dict[str, tuple[str, str]] = {
    Outcome.LEFT_STRONGLY: ("model_a", "strongly"),
    Outcome.LEFT_SLIGHTLY: ("model_a", "slightly"),
    Outcome.TIE: ("tie", ""),
    Outcome.RIGHT_SLIGHTLY: ("model_b", "slightly"),
    Outcome.RIGHT_STRONGLY: ("model_b", "strongly"),
    Outcome.BOTH_UNACCEPTABLE: ("both_bad", ""),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
Cell = str | int | float | None


@dataclass(frozen=True)
class Background:
    """What a row needs to know of the whole export: its origin and who may be described."""

    origin: str
    described: frozenset[tuple[str, str]]

    def group(self, row: VoteRow) -> tuple[str, str]:
        """(profession, specialty), or "other" where fewer than five raters share both."""
        group = (row.profession or "", row.specialty or "")
        return group if group in self.described else (OTHER, OTHER)


@dataclass(frozen=True)
class Column:
    name: str
    meaning: str
    value: Callable[[VoteRow, Background], Cell]
    unit: str = ""


def _flag(side: str, read: Callable[[Flag], Cell]) -> Callable[[VoteRow, Background], Cell]:
    return lambda row, _: read(row.flags[side]) if side in row.flags else ""


def _flag_columns(letter: str, side: str) -> list[Column]:
    shown = f"Output {letter}"
    return [
        Column(
            f"unsafe_{letter}",
            f"{shown} was flagged as unsafe: yes, no, or empty if not flagged",
            _flag(side, lambda flag: "yes" if flag.unsafe else "no"),
        ),
        Column(
            f"extent_{letter}",
            f"{shown}: extent of possible harm: none, moderate, severe",
            _flag(side, lambda flag: flag.extent),
        ),
        Column(
            f"likelihood_{letter}",
            f"{shown}: likelihood of that harm: low, medium, high",
            _flag(side, lambda flag: flag.likelihood),
        ),
        Column(
            f"error_types_{letter}",
            f"{shown}: kinds of error, separated by semicolons",
            _flag(side, lambda flag: ";".join(flag.error_types)),
        ),
        Column(
            f"flag_note_{letter}",
            f"{shown}: the rater's note on the flag, as typed",
            _flag(side, lambda flag: flag.note),
        ),
    ]


COLUMNS: tuple[Column, ...] = (
    Column("vote", "Id of the vote; rows of one vote share it", lambda row, _: row.vote),
    Column("model_a", "System whose output was on the left", lambda row, _: row.left),
    Column("model_b", "System whose output was on the right", lambda row, _: row.right),
    Column(
        "winner",
        "model_a, model_b, tie, or both_bad (both unacceptable)",
        lambda row, _: WINNERS[row.outcome][0],
    ),
    Column(
        "strength",
        "slightly or strongly; empty for ties and both_bad",
        lambda row, _: WINNERS[row.outcome][1],
    ),
    Column("criterion", "What was judged: key of the criterion", lambda row, _: row.criterion),
    Column("rater", "Pseudonym; the same person keeps it", lambda row, _: row.pseudonym),
    Column("case", "Key of the case", lambda row, _: row.case),
    Column("case_version", "Version of the case that was shown", lambda row, _: row.case_version),
    Column(
        "rater_profession",
        "Profession; other where fewer than five raters share profession and specialty",
        lambda row, background: background.group(row)[0],
    ),
    Column(
        "rater_specialty",
        "Specialty; other where fewer than five raters share profession and specialty",
        lambda row, background: background.group(row)[1],
    ),
    Column(
        "seconds",
        "Time from opened to cast, by the server's clock",
        lambda row, _: row.seconds,
        unit="s",
    ),
    Column(
        "view_seconds_a",
        "How long output a was in view, as the browser told; empty if unknown",
        lambda row, _: row.left_seconds,
        unit="s",
    ),
    Column(
        "view_seconds_b",
        "How long output b was in view, as the browser told; empty if unknown",
        lambda row, _: row.right_seconds,
        unit="s",
    ),
    Column(
        "looked_closely",
        "An image was enlarged or moved: yes, no, or empty if there was none",
        lambda row, _: {True: "yes", False: "no", None: ""}[row.looked_closely],
    ),
    Column(
        "confidence", "1 low, 2 medium, 3 high; empty if not asked", lambda row, _: row.confidence
    ),
    Column("position", "The rater's n-th ballot in the study", lambda row, _: row.position),
    Column(
        "sitting",
        "The rater's n-th sitting in the study, ended by half an hour without an answer; empty if "
        "unknown",
        lambda row, _: row.sitting,
    ),
    Column(
        "sitting_place",
        "The n-th ballot answered in that sitting; empty if unknown",
        lambda row, _: row.sitting_place,
    ),
    Column(
        "same_case",
        "yes if the rater asked for more of the case of the ballot before, else no",
        lambda row, _: "yes" if row.same_case else "no",
    ),
    Column("repeat", "0, or n for the n-th planned repeat", lambda row, _: row.repeat),
    Column(
        "probability",
        "Probability with which the pair was drawn, of all pairs of up to 60 cases taken by lot; "
        "where same_case is yes, of all pairs of that case",
        lambda row, _: row.probability,
    ),
    Column("protocol", "Version of the protocol", lambda row, _: row.protocol),
    Column("origin", "human, simulated or imported", lambda _, background: background.origin),
    Column("voted_at", "Time of the vote, UTC", lambda row, _: row.cast_at.isoformat()),
    *_flag_columns("a", Side.LEFT),
    *_flag_columns("b", Side.RIGHT),
    Column("reason", "The rater's words, as typed", lambda row, _: row.reason),
)
NAMES = tuple(column.name for column in COLUMNS)


def background_of(rows: Iterable[VoteRow], *, origin: str) -> Background:
    """Which groups of raters are large enough to be named, over all rows of the export."""
    groups: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        groups.setdefault((row.profession or "", row.specialty or ""), set()).add(row.rater)
    large = {group for group, raters in groups.items() if len(raters) >= SMALLEST_CELL}
    return Background(origin, frozenset(large))


def cells(row: VoteRow, background: Background) -> dict[str, Cell]:
    return {column.name: column.value(row, background) for column in COLUMNS}


def as_csv(names: Iterable[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """UTF-8 with a line feed per row; text that a spreadsheet would run is made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(names)
    writer.writerow(names)
    writer.writerows([harmless(row[name]) for name in names] for row in rows)
    return text.getvalue().encode()


def as_jsonl(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def harmless(cell: Cell) -> Cell:
    """A leading apostrophe keeps a spreadsheet from reading text as a formula."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell


def as_written(cell: str) -> str:
    """``harmless`` undone, for reading a CSV back."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def columns_csv() -> bytes:
    rows = [
        {"column": column.name, "unit": column.unit, "meaning": column.meaning}
        for column in COLUMNS
    ]
    return as_csv(("column", "unit", "meaning"), rows)
