"""Extracted fields, one row for each single value that either side has."""

from collections.abc import Mapping
from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import joined, natural, told
from evaluation.kinds.base import Record
from evaluation.kinds.extraction_record import flat


class ExtractionRecordPresenter(Presenter):
    key = "extraction-record"
    template = "voting/kinds/extraction-record.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``value`` is ``None`` where this side lacks the field altogether."""
        return {
            "rows": [
                {"key": row.key, "value": row.own and row.own[0], "met": row.met}
                for row in joined(shown, _values, order=natural)
            ]
        }


def _values(record: Record) -> Mapping[str, tuple[str]]:
    """In tuples, so that a field that is there without a value differs from one that is not."""
    return {name: (told(value),) for name, value in flat(record["fields"]).items()}


PRESENTER = ExtractionRecordPresenter()
