"""Passages of a corpus before the case (Lewis et al. 2020, arXiv 2005.11401)."""

import os
from pathlib import Path
from typing import Any

from workers.adapters.base import AdapterError, Ask
from workers.strategies.base import Changed, text_of, with_text
from workers.strategies.corpus import passages_in, ranked

INTRODUCTION = "Passages that may help; name those you rely on by their number in brackets."


class Retrieval(Changed):
    """``corpus``: a JSON Lines file in the folder of corpora on the workers; ``count`` passages.

    Ranked by BM25. The operator names the folder in ``CONSILIUM_CORPORA_DIR``.
    """

    key = "retrieval"
    title = "Retrieval (RAG)"
    help = "Puts the passages of a corpus that fit the case best before it."
    known = ("corpus", "count")

    def load(self) -> None:
        self._passages, self._digest = passages_in(corpus_path(str(self.options.get("corpus", ""))))

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "corpus_sha256": self._digest}

    def changed(self, ask: Ask) -> Ask:
        text = text_of(ask)
        found = ranked(self._passages, text, self.count("count", 4))
        shown = [f"[{passage.id}] {passage.title}\n{passage.text}" for passage, _ in found]
        return with_text(ask, "\n\n".join([INTRODUCTION, *shown, f"The case:\n{text}"]))


def corpus_path(name: str) -> Path:
    """The file of that name; raises ``AdapterError`` where it is not there or lies elsewhere."""
    folder = os.environ.get("CONSILIUM_CORPORA_DIR", "")
    path = Path(folder) / name
    if not folder or not name or Path(name).name != name or not path.is_file():
        held = sorted(p.name for p in Path(folder).glob("*.jsonl")) if folder else []
        there = f"there are: {', '.join(held)}" if held else "there is none"
        raise AdapterError(f"There is no corpus {name!r} in CONSILIUM_CORPORA_DIR; {there}.")
    return path


STRATEGY = Retrieval
