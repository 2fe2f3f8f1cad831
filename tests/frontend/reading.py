"""What a person reads on a page of the pseudo-locale that nobody has translated."""

import re
from collections.abc import Collection, Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

SILENT = frozenset({"script", "style", "template", "kbd", "code"})
SPOKEN = ("aria-label", "aria-valuetext", "placeholder", "title", "alt")
WHOLE = re.compile(r"⟦[^⟦⟧]*⟧")
CUT = re.compile(r"⟦[^⟧]*|[^⟦]*⟧")
NUMBERS = re.compile(r"\d[\d.,]*e[-+]?\d+")
WORDLESS = {
    "Consilium": "the name of the site",
    "SMILES": "the name of a notation",
    "PMID": "the name of a register",
    "DOI": "the name of a register",
    "DNA": "a symbol",
    "RNA": "a symbol",
    **dict.fromkeys(("mm", "mm²", "ml", "µm", "mV", "ms", "min", "HU"), "a unit"),
}
"""Words that are the same in every language, and why."""
LONG = 12
"""Characters of a text that a page may cut by markup, so that it is known by its words."""


class Texts(HTMLParser):
    """Every text a person reads or hears on a page."""

    def __init__(self, page: str, *, silent: Collection[str] = SILENT) -> None:
        super().__init__()
        self.found: list[str] = []
        self.unheard = set(silent)
        self.silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.unheard
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self.unheard

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.found.append(" ".join(data.split()))


def english_of(texts: Iterable[str], data: Iterable[Any]) -> list[str]:
    """Those of ``texts`` with words that are neither translated nor ``data``."""
    known = {str(value) for value in data} | set(WORDLESS)
    ordered = sorted((" ".join(text.split()) for text in known), key=len, reverse=True)
    words = {word for text in ordered if len(text) > LONG for word in re.findall(r"\w+", text)}
    return [text for text in texts if _left(text, ordered) - words]


def _left(text: str, known: list[str]) -> set[str]:
    """The words of a text without what is known; single letters name axes and units."""
    bare = " ".join(text.split())
    while WHOLE.search(bare):  # some stand within others
        bare = WHOLE.sub(" ", bare)
    bare = NUMBERS.sub("", CUT.sub(" ", bare))
    for part in known:
        if part in bare:
            bare = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", " ", bare)
    return {word for word in re.findall(r"[^\W\d_]+", bare) if len(word) > 1}


def words_of(value: Any, *, closed: Collection[str] = (), named: bool = False) -> Iterator[Any]:
    """The values of a record; of mappings below ``NAMED`` the names as well.

    ``closed``: fields that hold words of a closed list, which the site must translate itself.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            if named:
                yield name
            if name not in closed or isinstance(inner, dict | list):
                yield from words_of(inner, closed=closed, named=named or name in NAMED)
    elif isinstance(value, list):
        for inner in value:
            yield from words_of(inner, closed=closed, named=named)
    elif value is not None and not isinstance(value, bool):
        yield value


NAMED = {"composition", "fields", "help", "labels", "probs", "properties", "results", "sections"}
"""Fields whose names are the system's or the case's own, not those of the format."""
