"""A table: rows of a laboratory sheet, of a registry, of one patient's measurements."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from arena.core.errors import RowError
from arena.studies.formats.base import AssetUrl, Content, FileRule, Found
from arena.studies.formats.structured import Structured
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, SourceFile
from evaluation.kinds import checks

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 2000, 100, 2000


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    if not files:
        return Found({})
    file = files[0]
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8: save the file as UTF-8", file.name) from error
    first = text.lstrip("\r\n").partition("\n")[0]
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)))
    except csv.Error as error:
        raise RowError(f"cannot be read as CSV ({error})", file.name) from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            problem = f"has {len(row)} cells, but the header has {len(rows[0])}"
            raise RowError(problem, file.name, number)
    return Found({"columns": rows[0] if rows else [], "rows": rows[1:]})


class Table(Structured):
    key: str = "table"
    title: str = "Table"
    accepts: str = (
        "CSV or TSV files, one table each, one by one or as a zip; or a table cases.jsonl whose "
        "rows hold “columns” and “rows”. “help” may explain columns by their names."
    )
    fields: tuple[str, ...] = ("caption", "columns", "rows", "help")
    parsed: tuple[str, ...] = ("columns", "rows", "help")
    files: FileRule | None = FileRule(read, own_tables=True, needed=False)
    template: str = "studies/formats/table.html"

    def clean(self, content: Content) -> Content:
        columns = checks.items(content.get("columns"), "columns", most=MOST_COLUMNS)
        names = [checks.word(name, f"columns[{i}]") for i, name in enumerate(columns)]
        checks.once(names, "columns")
        rows = checks.items(content.get("rows"), "rows", most=MOST_ROWS)
        if not names or not rows:
            raise CaseError("rows", "hold nothing")
        cells = [_row(row, f"rows[{i}]", len(names)) for i, row in enumerate(rows)]
        help_ = checks.mapping(content.get("help") or {}, "help")
        for name in help_:
            if name not in names:
                raise CaseError(f"help.{name}", "explains no column of the table")
        told = {name: checks.prose(text, f"help.{name}", most=500) for name, text in help_.items()}
        return {"columns": names, "rows": cells, "help": told}

    def text(self, content: Content) -> str:
        """As CSV, which systems read best."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(content["columns"])
        writer.writerows(content["rows"])
        help_ = [f"{name}: {text}" for name, text in content["help"].items()]
        return "\n\n".join(["\n".join(help_), buffer.getvalue().rstrip("\n")]).lstrip("\n")

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        content = version.content
        places = range(len(content["columns"]))
        numeric = [all(_is_number(row[i]) for row in content["rows"]) for i in places]
        columns = [
            {"name": name, "numeric": yes, "help": content["help"].get(name, "")}
            for name, yes in zip(content["columns"], numeric, strict=True)
        ]
        return {
            "caption": content["caption"],
            "columns": columns,
            "rows": [list(zip(row, numeric, strict=True)) for row in content["rows"]],
            "explained": bool(content["help"]),
        }


def _row(row: Any, field: str, count: int) -> list[str]:
    cells = checks.items(row, field)
    if len(cells) != count:
        raise CaseError(field, f"has {len(cells)} cells; there are {count} columns")
    return [_cell(cell, f"{field}[{i}]") for i, cell in enumerate(cells)]


def _cell(cell: Any, field: str) -> str:
    """As it is written; numbers without a fraction they do not have."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        return f"{checks.number(cell, field):.10g}"
    return checks.text(cell, field, most=LONGEST_CELL).strip()


def _is_number(cell: str) -> bool:
    if not cell:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


FORMAT = Table()
