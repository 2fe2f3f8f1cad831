"""A query, and the table it returned."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.records import execution_accuracy

MOST_ROWS = 2000
MOST_COLUMNS = 60


class SqlWithResult:
    """``{"sql": str, "columns": [str, …], "rows": [[cell, …], …]}``.

    A cell is text, a number, true, false or null. Without ``columns`` they are numbered.
    """

    key = "sql-with-result"
    title = "Query with its result"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["sql", "rows"], optional=["columns"])
        rows = checks.each(record["rows"], "rows", _row, most=MOST_ROWS)
        given = record.get("columns")
        named = [str(n + 1) for n in range(max(map(len, rows), default=0))]
        columns = (
            named if given is None else checks.each(given, "columns", _name, most=MOST_COLUMNS)
        )
        checks.once(columns, "columns")
        for i, row in enumerate(rows):
            if len(row) != len(columns):
                problem = f"has {len(row)} cells; there are {len(columns)} columns"
                raise RecordError(f"rows[{i}]", problem)
        sql = checks.text(record["sql"], "sql")
        return checks.readable({"sql": sql, "columns": columns, "rows": rows})

    def is_empty(self, record: Record) -> bool:
        return not record["sql"].strip()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Whether both results have the same rows, in order if the reference asks for one."""
        ordered = "order by" in " ".join(reference["sql"].casefold().split())
        same = execution_accuracy(record["rows"], reference["rows"], ordered=ordered)
        return {"execution_accuracy": same}


def _row(value: Any, field: str) -> list[Any]:
    return checks.each(value, field, _cell, most=MOST_COLUMNS)


def _cell(value: Any, field: str) -> Any:
    return checks.plain(value, field, depth=0)


def _name(value: Any, field: str) -> str:
    return checks.word(value, field, most=200)


KIND = SqlWithResult()
