"""Sources of an answer, which its text points to as ``[1]`` or ``[Smith 2020]``."""

from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import Record

MOST_CITATIONS = 500


def citations(value: Any, field: str = "citations") -> list[Record]:
    """``[{"id", "title"?, "quote"?}, …]`` in the order given; an id stands there once.

    ``quote`` is what the answer rests on, word for word.
    """
    found = checks.each(value, field, _citation, most=MOST_CITATIONS)
    checks.once([citation["id"] for citation in found], field, "id")
    return found


class Passages:
    """A text in which quotes are looked up, apart from case, line ends and outer punctuation."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        lower = self.text.lower()
        self._searched = lower if len(lower) == len(self.text) else self.text

    def find(self, quote: str) -> tuple[int, int] | None:
        """Where ``self.text``, which has single blanks only, holds the quote first."""
        wanted = " ".join(quote.split()).strip(" .,;:…\"'“”‘’«»")
        start = self._searched.find(wanted.lower()) if wanted else -1
        return (start, start + len(wanted)) if start >= 0 else None


def _citation(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["id"], optional=["title", "quote"])
    known = checks.given(item, field, title=_title, quote=_quote)
    return {"id": _id(item["id"], f"{field}.id"), **known}


def _id(value: Any, field: str) -> str:
    """Text; a whole number is taken for its digits."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return checks.word(str(checks.whole(value, field)) if whole else value, field)


def _title(value: Any, field: str) -> str:
    return checks.word(value, field, most=500)


def _quote(value: Any, field: str) -> str:
    return checks.prose(value, field, most=5000)
