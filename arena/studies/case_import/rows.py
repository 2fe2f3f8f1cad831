"""One row of a table as a case."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.core.errors import ColumnError, RowError
from arena.studies.formats import CaseFormat
from arena.studies.formats.base import Found
from arena.studies.new_case import NewCase

STRATA = "strata."
NOTHING = Found({})
BLANK = {"", "nan", "none", "null"}
YES, NO = {"1", "true", "yes"}, {"0", "false", "no"}
GENERAL = frozenset(
    {
        *("key", "file", "title", "reference", "strata", "specialty", "language", "synthetic"),
        *("source", "licence"),
    }
)
"""Columns of every table of cases."""


def columns_of(case_format: CaseFormat) -> frozenset[str]:
    """Every column that a table of such cases may have."""
    options = case_format.files.options if case_format.files else ()
    return GENERAL | {*case_format.fields, *options}


def columns_optional(case_format: CaseFormat) -> list[str]:
    """What such a table may have beyond the general columns and those it must have."""
    return sorted(columns_of(case_format) - GENERAL - {*case_format.required})


@dataclass(frozen=True)
class Row:
    """A row's fields, and where it stands: ``number`` counts the header as row 1.

    ``header``: the row that names the columns; ``None`` where each row names its own.
    """

    file: str
    number: int | None
    fields: Mapping[str, Any]
    header: int | None = None

    @property
    def where(self) -> str:
        return self.file if self.number is None else f"row {self.number}"

    def error(self, problem: str, column: str | None = None) -> RowError:
        return RowError(problem, self.file, self.number, column)

    def column_error(self, problem: str, column: str) -> ColumnError:
        """A fault of the columns as such: of the header where there is one."""
        return ColumnError(problem, self.file, self.header or self.number, column)

    def get(self, column: str) -> Any:
        """The field, or ``None`` where it is absent or blank ('', NaN, none, null)."""
        value = self.fields.get(column)
        if isinstance(value, str) and value.strip().lower() in BLANK:
            return None
        return value

    def line(self, column: str, default: str = "") -> str:
        value = self.get(column)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.error(f"is {type(value).__name__}, not text", column)
        return value.strip()


def case_from_row(
    row: Row, case_format: CaseFormat, found: Found = NOTHING, *, key: str = ""
) -> NewCase:
    """The case a row describes, not yet checked; ``key`` is used where the row names none."""
    said = {name: row.get(name) for name in case_format.fields}
    return NewCase(
        key=row.line("key", key),
        input_kind=case_format.key,
        content={**found.content, **{k: v for k, v in said.items() if v is not None}},
        title=row.line("title"),
        reference=_reference(row),
        strata=_strata(row),
        specialty=row.line("specialty"),
        language=row.line("language", "en"),
        synthetic=_synthetic(row),
        source=row.line("source"),
        licence=row.line("licence"),
        assets=found.assets,
    )


def _reference(row: Row) -> dict[str, Any] | None:
    """A record; a cell of plain text stands for a record that is only text."""
    value: Any = row.get("reference")
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    if not value.lstrip().startswith("{"):
        return {"text": value}
    try:
        return json.loads(value)  # type: ignore[no-any-return]
    except (ValueError, RecursionError) as error:
        raise row.error("looks like JSON, but is not valid", "reference") from error


def _strata(row: Row) -> dict[str, str]:
    whole = row.get("strata") or {}
    if not isinstance(whole, dict):
        raise row.error("must be an object of names and values", "strata")
    single = {
        name.removeprefix(STRATA): row.line(name) for name in row.fields if name.startswith(STRATA)
    }
    return {name: value for name, value in {**whole, **single}.items() if value != ""}


def _synthetic(row: Row) -> bool:
    value = row.get("synthetic")
    if value is None or isinstance(value, bool):
        return bool(value)
    word = str(value).strip().lower()
    if word not in YES | NO:
        raise row.error(f"{value!r} is not yes or no", "synthetic")
    return word in YES
