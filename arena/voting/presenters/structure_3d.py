"""A fold as arcs over its sequence, both sides to one scale, with stems in a table."""

from typing import Any

from django.utils.translation import gettext as _

from arena.voting.presenters.base import FIGURES, Presenter, Shown
from arena.voting.presenters.meetings import MEANING, Meeting
from arena.voting.presenters.plots import SQUARE, at
from arena.voting.presenters.scales import both, nice_ticks
from evaluation.kinds.structure_3d import Pair, brackets, pairs_of, stems

LINE = 30
BLOCK = 10


class StructurePresenter(Presenter):
    key = "structure-3d"
    template = "voting/kinds/structure-3d.html"
    styles = FIGURES

    def data(self, shown: Shown) -> dict[str, Any]:
        sequence, pairs = shown.record["sequence"], pairs_of(shown.record)
        longest = max(len(record["sequence"]) for record in both(shown))
        there = set(pairs_of(shown.other)) if shown.other else None
        ticks = [t for t in nice_ticks(1, longest) if 1 <= t <= longest]
        return {
            "length": len(sequence),
            "paired": len(pairs),
            "arcs": [{"path": _arc(pair, longest), "meeting": _met(pair, there)} for pair in pairs],
            "ticks": [{"at": at((t - 0.5) / longest), "text": f"{t:g}"} for t in ticks],
            "lines": _lines(sequence, brackets(len(sequence), pairs)),
            "stems": [_stem(*stem, there) for stem in stems(pairs)],
            "compared": there is not None,
        }


def _met(pair: Pair, there: set[Pair] | None) -> Meeting | None:
    if there is None:
        return None
    return Meeting.BOTH if pair in there else Meeting.ONLY


def _arc(pair: Pair, longest: int) -> str:
    """As high as it is wide, where the plot is twice as wide as high."""
    left, right = (SQUARE * (place - 0.5) / longest for place in pair)
    radius = (right - left) / 2
    return f"M{left:.1f} {SQUARE}A{radius:.1f} {2 * radius:.1f} 0 0 1 {right:.1f} {SQUARE}"


def _stem(i: int, j: int, count: int, there: set[Pair] | None) -> dict[str, Any]:
    own = [(i + k, j - k) for k in range(count)]
    shared = None if there is None else sum(pair in there for pair in own)
    return {
        "from": _span(i, i + count - 1),
        "to": _span(j - count + 1, j),
        "pairs": count,
        "told": "" if shared is None else _told(shared, count),
    }


def _told(shared: int, count: int) -> str:
    if shared in (0, count):
        return str(MEANING[Meeting.BOTH if shared else Meeting.ONLY])
    return _("{shared} of {count} on both sides").format(shared=shared, count=count)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _lines(sequence: str, structure: str | None) -> list[dict[str, Any]]:
    return [
        {
            "start": start + 1,
            "sequence": _blocks(sequence[start : start + LINE]),
            "structure": _blocks(structure[start : start + LINE]) if structure else "",
        }
        for start in range(0, len(sequence), LINE)
    ]


def _blocks(text: str) -> str:
    return " ".join(text[i : i + BLOCK] for i in range(0, len(text), BLOCK))


PRESENTER = StructurePresenter()
