"""One row of a table as a case."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.core.errors import RowError
from arena.studies.formats import format_for
from arena.studies.new_case import NewAsset, NewCase

STRATA = "strata."
BLANK = {"", "nan", "none", "null"}
YES, NO = {"1", "true", "yes"}, {"0", "false", "no"}
COLUMNS = frozenset(
    {
        "key",
        "text",
        "caption",
        "title",
        "reference",
        "strata",
        "specialty",
        "language",
        "synthetic",
        "source",
        "licence",
        "file",
        "modality",
    }
)


@dataclass(frozen=True)
class Row:
    """A row's fields, and where it stands: ``number`` counts the header as row 1."""

    file: str
    number: int | None
    fields: Mapping[str, Any]

    @property
    def where(self) -> str:
        return self.file if self.number is None else f"row {self.number}"

    def error(self, problem: str, column: str | None = None) -> RowError:
        return RowError(problem, self.file, self.number, column)

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
    row: Row, *, input_kind: str, assets: tuple[NewAsset, ...] = (), key: str = ""
) -> NewCase:
    """The case a row describes, not yet checked; ``key`` is used where the row names none."""
    text_field = format_for(input_kind).text_field
    text = row.get(text_field)
    return NewCase(
        key=row.line("key", key),
        input_kind=input_kind,
        content={} if text is None else {text_field: text},
        title=row.line("title"),
        reference=_reference(row),
        strata=_strata(row),
        specialty=row.line("specialty"),
        language=row.line("language", "en"),
        synthetic=_synthetic(row),
        source=row.line("source"),
        licence=row.line("licence"),
        assets=assets,
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
