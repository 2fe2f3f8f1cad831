"""A report: the same sections and fields in the same order on both sides."""

from collections.abc import Mapping
from typing import Any

from arena.core.markdown import markdown_html
from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import Row, joined, told
from evaluation.kinds.base import Record
from evaluation.kinds.report_structured import place


class ReportStructuredPresenter(Presenter):
    key = "report-structured"
    template = "voting/kinds/report-structured.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``rows`` are the sections; where only the other side has one, ``html`` is empty."""
        return {
            "rows": [_section(row) for row in joined(shown, _sections, order=place)],
            "fields": [
                {"key": row.key, "value": _value(row.own), "met": row.met}
                for row in joined(shown, lambda record: record["fields"])
            ],
        }


def _sections(record: Record) -> Mapping[str, tuple[str, str]]:
    """Name as written, and text, by the name without regard to case."""
    return {name.casefold(): (name, text) for name, text in record["sections"].items()}


def _section(row: Row) -> dict[str, Any]:
    name, _ = row.own or row.other
    text = row.own[1] if row.own else ""
    return {"key": row.key, "name": name, "text": text, "html": markdown_html(text)}


def _value(value: Any) -> str | None:
    return None if value is None else told(value)


PRESENTER = ReportStructuredPresenter()
