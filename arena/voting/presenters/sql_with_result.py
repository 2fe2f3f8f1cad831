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
            "columns": record["columns"],
            "table": [[_cell(cell) for cell in row] for row in record["rows"][:MOST_SHOWN]],
            "n_rows": len(record["rows"]),
            "not_shown": max(len(record["rows"]) - MOST_SHOWN, 0),
            "same": None if shown.other is None else _same(record, shown.other),
        }


def _same(record: Record, other: Record) -> bool:
    return bool(execution_accuracy(record["rows"], other["rows"]))


def _cell(value: Any) -> dict[str, Any]:
    """As a database prints it; numbers stand flush right."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, str):
        return {"text": value, "number": False}
    return {"text": short(value, 6) if number else _constant(value), "number": number}


def _constant(value: bool | None) -> str:
    return "NULL" if value is None else str(value).lower()


PRESENTER = SqlWithResultPresenter()
