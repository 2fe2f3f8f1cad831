"""One row of a file of votes: read, checked, and able to say where it stands."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from django.conf import settings

from arena.core.errors import RowError, UserError
from arena.core.faults import Faults
from arena.exports.schema import as_written
from arena.studies.case_import.files import folder_files, zip_files
from arena.studies.case_import.rows import Row
from arena.studies.case_import.tables import TABLES, read_table
from arena.studies.new_case import SourceFile
from arena.voting.counting import Flag
from arena.voting.models import Origin, Outcome, SafetyFlag, Side
from evaluation.comparisons import LABELS, STRENGTHS, DataError, Strength
from evaluation.comparisons import Outcome as Result
from evaluation.reading import read_columns

REQUIRED = ("model_a", "model_b", "winner", "rater", "case")
YES_NO = {"": None, "yes": True, "no": False}
TABS = {".csv", ".tsv"}
LONGEST = {"rater": 40, "case": 80, "model_a": 80, "model_b": 80, "reason": 4000}
# A preference without a stated strength is stored as the weaker one.
STEPS: Mapping[tuple[Result, bool], Outcome] = {
    (Result.MODEL_A, True): Outcome.LEFT_STRONGLY,
    (Result.MODEL_A, False): Outcome.LEFT_SLIGHTLY,
    (Result.TIE, False): Outcome.TIE,
    (Result.MODEL_B, False): Outcome.RIGHT_SLIGHTLY,
    (Result.MODEL_B, True): Outcome.RIGHT_STRONGLY,
    (Result.BOTH_BAD, False): Outcome.BOTH_UNACCEPTABLE,
}


@dataclass(frozen=True)
class ImportedOutcome:
    """One row; ``row`` is kept for error messages that come later."""

    row: Row
    vote: str
    rater: str
    case: str
    left: str
    right: str
    criterion: str
    outcome: Outcome
    repeat: int
    seconds: float | None
    left_seconds: float | None
    right_seconds: float | None
    looked_closely: bool | None
    confidence: int | None
    reason: str
    cast_at: datetime | None
    origin: Origin
    flags: Mapping[str, Flag]


def outcomes_read(
    path: Path, *, columns: Mapping[str, str], faults: Faults
) -> list[ImportedOutcome]:
    """Every row of a file, or of the ``votes*`` files of a folder or zip, checked by itself.

    ``columns`` maps our column names to the file's own. What is wrong goes to ``faults``.
    """
    found: list[ImportedOutcome] = []
    with faults.caught():  # what ends the reading as a whole
        for row in _rows(path, columns, faults):
            with faults.caught():
                found.append(_outcome(Cells(row)))
    if not found and not faults.total:
        raise UserError(f"{path.name} holds no votes: a file of votes has at least one row.")
    return found


def _rows(path: Path, columns: Mapping[str, str], faults: Faults) -> Iterator[Row]:
    if not path.exists():
        raise UserError(f"There is no file or folder {path}.")
    if path.suffix.lower() == ".parquet":
        yield from _parquet_rows(path, columns)
        return
    for file in _files(path):
        yield from read_table(file, columns=columns, required=REQUIRED, faults=faults)


def _files(path: Path) -> list[SourceFile]:
    if path.is_dir():
        return _votes_among(list(folder_files(path)), path)
    if path.stat().st_size > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise UserError(f"{path.name} is larger than {limit} MB: import it in parts.")
    if path.suffix.lower() == ".zip":
        return _votes_among(list(zip_files(path, path.name)), path)
    if path.suffix.lower() not in TABLES:
        known = ", ".join((*TABLES, ".parquet", ".zip"))
        raise UserError(f"{path.name} is none of {known}: export your votes as one of these.")
    return [SourceFile(path.name, path.read_bytes())]


def _votes_among(files: list[SourceFile], path: Path) -> list[SourceFile]:
    votes = [file for file in files if PurePosixPath(file.name).name.startswith("votes")]
    if not votes:
        raise UserError(f"{path.name} holds no file whose name begins with 'votes'.")
    return votes


def _parquet_rows(path: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    try:
        table = read_columns(path)
    except DataError as error:
        raise RowError(error.message, path.name, error.row, error.column) from error
    for our, their in columns.items():
        if their not in table:
            raise RowError(f"is missing, but was named as {our!r}", path.name, column=their)
        table[our] = table[their]
    for column in REQUIRED:
        if column not in table:
            raise RowError(f"is missing; there are {', '.join(table)}", path.name, column=column)
    for number, values in enumerate(zip(*table.values(), strict=True), start=1):
        yield Row(path.name, number, dict(zip(table, values, strict=True)))


@dataclass(frozen=True)
class Cells:
    """A row's cells as the export schema means them."""

    row: Row

    def text(self, column: str) -> str:
        value = self.row.fields.get(column)
        text = "" if value is None else str(value).strip()
        if Path(self.row.file).suffix.lower() in TABS:
            text = as_written(text)
        longest = LONGEST.get(column, 2000)
        if len(text) > longest:
            raise self.row.error(f"is longer than {longest} characters", column)
        return text

    def needed(self, column: str) -> str:
        text = self.text(column)
        if not text:
            raise self.row.error("is empty", column)
        return text

    def number(self, column: str, *, least: float, most: float = math.inf) -> float | None:
        text = self.text(column)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError as error:
            raise self.row.error(f"{text!r} is not a number", column) from error
        if not (math.isfinite(value) and least <= value <= most):
            limits = f"at least {least:g}" if most == math.inf else f"{least:g} to {most:g}"
            raise self.row.error(f"{text} is not {limits}", column)
        return value

    def whole(self, column: str, *, least: int, most: int) -> int | None:
        value = self.number(column, least=least, most=most)
        if value is not None and value != int(value):
            raise self.row.error(f"{value:g} is not a whole number", column)
        return None if value is None else int(value)

    def one_of(self, column: str, known: list[str]) -> str:
        text = self.text(column)
        if text not in known:
            raise self.row.error(f"{text!r} is not known: use {', '.join(known)}", column)
        return text

    def time(self, column: str) -> datetime | None:
        text = self.text(column)
        if not text:
            return None
        try:
            value = datetime.fromisoformat(text)
        except ValueError as error:
            raise self.row.error(
                f"{text!r} is not a time such as 2026-05-31T14:00", column
            ) from error
        return value if value.tzinfo else value.replace(tzinfo=UTC)


def _outcome(cells: Cells) -> ImportedOutcome:
    left, right = cells.needed("model_a"), cells.needed("model_b")
    if left == right:
        raise cells.row.error(f"is {right!r} like model_a: a vote needs two systems", "model_b")
    return ImportedOutcome(
        row=cells.row,
        vote=cells.text("vote"),
        rater=cells.needed("rater"),
        case=cells.needed("case"),
        left=left,
        right=right,
        criterion=cells.text("criterion"),
        outcome=_step(cells),
        repeat=cells.whole("repeat", least=0, most=1000) or 0,
        seconds=cells.number("seconds", least=0),
        left_seconds=cells.number("view_seconds_a", least=0),
        right_seconds=cells.number("view_seconds_b", least=0),
        looked_closely=YES_NO[cells.one_of("looked_closely", list(YES_NO))],
        confidence=cells.whole("confidence", least=1, most=3),
        reason=cells.text("reason"),
        cast_at=cells.time("voted_at"),
        origin=Origin.SIMULATED if _is_simulated(cells) else Origin.IMPORTED,
        flags={
            side: flag
            for side, letter in ((Side.LEFT, "a"), (Side.RIGHT, "b"))
            if (flag := _flag(cells, letter))
        },
    )


def _step(cells: Cells) -> Outcome:
    label = cells.one_of("winner", list(LABELS))
    stated = cells.one_of("strength", list(STRENGTHS))
    result, strength = LABELS[label]
    strongly = Strength.STRONGLY in (strength, STRENGTHS[stated])
    if (result, strongly) not in STEPS:
        raise cells.row.error(f"{stated!r} does not fit the winner {label!r}", "strength")
    return STEPS[result, strongly]


def _is_simulated(cells: Cells) -> bool:
    return cells.one_of("origin", ["", *Origin.values]) == Origin.SIMULATED


def _flag(cells: Cells, letter: str) -> Flag | None:
    """A flag is there if its extent is; "unsafe" alone does not say how bad it is."""
    unsafe = cells.one_of(f"unsafe_{letter}", ["", "yes", "no"])
    if not cells.text(f"extent_{letter}"):
        if unsafe == "yes":
            raise cells.row.error("is empty, but the output is flagged", f"extent_{letter}")
        return None
    return Flag(
        cells.one_of(f"extent_{letter}", SafetyFlag.Extent.values),
        cells.one_of(f"likelihood_{letter}", SafetyFlag.Likelihood.values),
        tuple(word for word in cells.text(f"error_types_{letter}").split(";") if word),
        cells.text(f"flag_note_{letter}"),
    )
