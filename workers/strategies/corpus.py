"""Passages to look things up in, and the order in which they answer a question."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.adapters.base import AdapterError


@dataclass(frozen=True)
class Passage:
    id: str
    title: str
    text: str


def passages_in(path: Path) -> tuple[list[Passage], str]:
    """The passages of a JSON Lines file (``id``, ``text``, maybe ``title``) and its SHA-256.

    Raises ``AdapterError`` naming the line that is not one.
    """
    try:
        data = path.read_bytes()
        lines = data.decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AdapterError(f"The corpus {path.name} cannot be read: {error}.") from error
    found = [_passage(line, f"{path.name}, line {n}") for n, line in enumerate(lines, 1) if line]
    if len({passage.id for passage in found}) != len(found) or not found:
        raise AdapterError(f"The passages of {path.name} need ids of their own, and one at least.")
    return found, hashlib.sha256(data).hexdigest()


def ranked(passages: Sequence[Passage], question: str, count: int) -> list[tuple[Passage, float]]:
    """The ``count`` passages that answer best by BM25 (Robertson & Zaragoza 2009), best first."""
    import bm25s

    index = bm25s.BM25()
    index.index(_tokens(bm25s, [passage.text for passage in passages]), show_progress=False)
    found, scores = index.retrieve(
        _tokens(bm25s, [question]), k=min(count, len(passages)), show_progress=False, n_threads=0
    )
    pairs = zip(found[0].tolist(), scores[0].tolist(), strict=True)
    return [(passages[place], score) for place, score in pairs]


def _tokens(bm25s: Any, texts: list[str]) -> Any:
    return bm25s.tokenize(texts, stopwords="en", show_progress=False)


def _passage(line: str, where: str) -> Passage:
    try:
        given = json.loads(line)
        return Passage(str(given["id"]), str(given.get("title", "")), str(given["text"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AdapterError(f"{where} is not a passage with id and text.") from error


__all__ = ["Passage", "passages_in", "ranked"]
