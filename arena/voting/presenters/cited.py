"""The sources of an answer, each with the place in the case that it quotes."""

from typing import Any

from arena.voting.presenters.base import Shown
from evaluation.kinds.citations import Passages

AROUND = 160
"""Characters of the case before and after a quote."""


def sources(shown: Shown) -> list[dict[str, Any]]:
    """``name``, ``title``, ``quote`` and ``context``, which is ``None`` for what is not found."""
    passages = Passages(shown.case.text)
    return [
        {
            "name": citation["id"],
            "title": citation.get("title", ""),
            "quote": citation.get("quote", ""),
            "context": _context(passages, citation.get("quote", "")),
        }
        for citation in shown.record.get("citations", [])
    ]


def _context(passages: Passages, quote: str) -> dict[str, str] | None:
    found = passages.find(quote)
    if found is None:
        return None
    start, end = found
    before, after = passages.text[max(start - AROUND, 0) : start], passages.text[end : end + AROUND]
    return {
        "before": f"…{before}" if start > AROUND else before,
        "quoted": passages.text[start:end],
        "after": f"{after}…" if end + AROUND < len(passages.text) else after,
    }
