"""The relations of both sides in one list, and which of them this side gives."""

from collections.abc import Mapping
from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import joined
from evaluation.kinds.base import Record
from evaluation.kinds.relations import identity


class RelationsPresenter(Presenter):
    key = "relations"
    template = "voting/kinds/relations.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        return {
            "rows": [
                {
                    "key": row.key,
                    **{name: (row.own or row.other)[name] for name in ("head", "type", "tail")},
                    "novel": (row.own or {}).get("novel"),
                    "evidence": (row.own or {}).get("evidence", ""),
                    "given": row.own is not None,
                    "met": row.met,
                }
                for row in joined(shown, _relations, value=lambda entry: entry.get("novel"))
            ]
        }


def _relations(record: Record) -> Mapping[str, Record]:
    return {" · ".join(identity(relation)): relation for relation in record["relations"]}


PRESENTER = RelationsPresenter()
