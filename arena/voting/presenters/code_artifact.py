"""The files of a program by name, those of both sides in one order, and what it scored."""

from collections.abc import Mapping
from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import joined, short
from evaluation.kinds.base import Record


class CodeArtifactPresenter(Presenter):
    key = "code-artifact"
    template = "voting/kinds/code-artifact.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """A file or measure that only the other side has is ``None`` here."""
        return {
            "rows": [
                {
                    "key": row.key,
                    "text": row.own,
                    "lines": len((row.own or "").splitlines()),
                    "met": row.met,
                }
                for row in joined(shown, _files)
            ],
            "results": [
                {"key": row.key, "value": None if row.own is None else short(row.own)}
                for row in joined(shown, lambda record: record.get("results", {}))
            ],
        }


def _files(record: Record) -> Mapping[str, str]:
    return {file["name"]: file["text"] for file in record["files"]}


PRESENTER = CodeArtifactPresenter()
