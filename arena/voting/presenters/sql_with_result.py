"""A query with the first rows of its result."""

from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import short
from evaluation.kinds.base import Record
from evaluation.scores.records import execution_accuracy

MOST_SHOWN = 100


class SqlWithResultPresenter(Presenter):
    key = "sql-with-result"
    template = "voting/kinds/sql-with-result.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``same``: whether both sides returned the same rows, in any order; ``None`` unknown."""
        record = shown.record
        return {
            "sql": record["sql"],
            "columns": _columns(record),
            "table": [[_cell(cell) for cell in row] for row in record["rows"][:MOST_SHOWN]],
            "n_rows": len(record["rows"]),
            "not_shown": max(len(record["rows"]) - MOST_SHOWN, 0),
            "same": None if shown.other is None else _same(record, shown.other),
        }


def _same(record: Record, other: Record) -> bool:
    return bool(execution_accuracy(record["rows"], other["rows"]))


def _columns(record: Record) -> list[dict[str, Any]]:
    """Names, and whether a column holds numbers and gaps only: its head then stands over them."""
    cells = [[row[i] for row in record["rows"]] for i in range(len(record["columns"]))]
    return [
        {"name": name, "number": any(map(_is_number, own)) and all(map(_number_or_gap, own))}
        for name, own in zip(record["columns"], cells, strict=True)
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_or_gap(value: Any) -> bool:
    return value is None or _is_number(value)


def _cell(value: Any) -> dict[str, Any]:
    """As a database prints it; numbers stand flush right."""
    number = _is_number(value)
    if isinstance(value, str):
        return {"text": value, "number": False}
    return {"text": short(value, 6) if number else _constant(value), "number": number}


def _constant(value: bool | None) -> str:
    return "NULL" if value is None else str(value).lower()


PRESENTER = SqlWithResultPresenter()
