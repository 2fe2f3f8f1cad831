"""The codes of both sides in one list, and which of them this side gives."""

from collections.abc import Mapping
from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import joined
from evaluation.kinds.base import Record
from evaluation.kinds.concept_codes import identity


class ConceptCodesPresenter(Presenter):
    key = "concept-codes"
    template = "voting/kinds/concept-codes.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """Of a code that only the other side gives, ``given`` is false and no evidence is shown."""
        return {
            "rows": [
                {
                    "key": row.key,
                    "code": (row.own or row.other)["code"],
                    "terminology": (row.own or row.other).get("system", ""),
                    "term": (row.own or row.other).get("term", ""),
                    "evidence": (row.own or {}).get("evidence", ""),
                    "given": row.own is not None,
                    "met": row.met,
                }
                for row in joined(shown, _codes)
            ]
        }


def _codes(record: Record) -> Mapping[str, Record]:
    return {" ".join(identity(code)).strip(): code for code in record["codes"]}


PRESENTER = ConceptCodesPresenter()
