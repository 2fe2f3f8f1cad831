"""In which words two texts differ; both sides are told apart in the same way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_WORDS = 3000  # of each text: the time grows with their product
WORD = re.compile(r"\s*\S+")


@dataclass(frozen=True)
class Piece:
    """A stretch of one text; ``only_here`` if the other text does not have it there."""

    text: str
    only_here: bool


Pieces = tuple[Piece, ...]


def differences(left: str, right: str) -> tuple[Pieces, Pieces] | None:
    """Both texts in pieces; ``None`` where one is too long to be compared."""
    words = [WORD.findall(text) for text in (left, right)]
    if max(len(found) for found in words) > MOST_WORDS:
        return None
    one, other = ([word.strip() for word in found] for found in words)
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return (
        _pieces(words[0], [(block.a, block.size) for block in blocks]),
        _pieces(words[1], [(block.b, block.size) for block in blocks]),
    )


def _pieces(words: Sequence[str], shared: Sequence[tuple[int, int]]) -> Pieces:
    pieces, done = [], 0
    for start, size in shared:
        pieces += [Piece("".join(words[done:start]), only_here=True)]
        pieces += [Piece("".join(words[start : start + size]), only_here=False)]
        done = start + size
    return tuple(piece for piece in pieces if piece.text)
