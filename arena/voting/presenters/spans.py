"""The source text with its marked spans, each told by how the other side marked the same place."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from arena.voting.presenters.base import FIGURES, Presenter, Shown
from arena.voting.presenters.meetings import Meeting
from evaluation.kinds.spans import places
from evaluation.scores.spans import Span

COLOURS = 6  # types beyond this share colours; the type is always written out as well


@dataclass(frozen=True)
class Cover:
    """One span lying over a segment; ``ends`` on its last segment."""

    type: str
    colour: int
    meeting: Meeting
    ends: bool


@dataclass(frozen=True)
class Segment:
    """A stretch of text under the same spans throughout; the one that ends last is outermost."""

    text: str
    start: int
    covers: tuple[Cover, ...]


class SpansPresenter(Presenter):
    key = "spans"
    template = "voting/kinds/spans.html"
    styles = FIGURES
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        own = places(shown.record)
        other = places(shown.other) if shown.other else []
        types = sorted({span.type for span in [*own, *other]})
        colours = {name: number % COLOURS + 1 for number, name in enumerate(types)}
        meets = Meetings(other)
        cut = segments(shown.case.text, own, other, colours)
        return {
            "segments": [asdict(segment) for segment in cut],
            "types": _table(own, types, colours),
            "meetings": dict(Counter(meets.of(span).value for span in own)),
        }


def segments(
    text: str, own: Sequence[Span], other: Sequence[Span], colours: dict[str, int]
) -> list[Segment]:
    """``text`` cut wherever one of ``own`` begins or ends; joined again the segments give it."""
    meets = Meetings(other)
    begin: dict[int, list[Span]] = {}
    for span in own:
        begin.setdefault(span.start, []).append(span)
    cuts = sorted({0, len(text), *begin, *(span.end for span in own)})
    found, over = [], list[Span]()
    for start, end in pairwise(cuts):
        over = [span for span in over if span.end > start] + begin.get(start, [])
        over.sort(key=lambda span: -span.end)
        covers = (Cover(s.type, colours[s.type], meets.of(s), s.end == end) for s in over)
        found.append(Segment(text[start:end], start, tuple(covers)))
    return found


class Meetings:
    """Looks up how a span meets the other side's, in time that grows with its neighbours only."""

    def __init__(self, other: Sequence[Span]) -> None:
        self.other = sorted(other)
        self.starts = [span.start for span in self.other]
        self.longest = max((span.end - span.start for span in other), default=0)

    def of(self, span: Span) -> Meeting:
        """Equal there; of other bounds; of another type; or on this side only."""
        first = bisect_left(self.starts, span.start - self.longest)
        near = self.other[first : bisect_left(self.starts, span.end)]
        touching = [other for other in near if span.start < other.end]
        if span in touching:
            return Meeting.BOTH
        if any(other.type == span.type for other in touching):
            return Meeting.BOUNDARY
        if any(other[:2] == span[:2] for other in touching):
            return Meeting.TYPE
        return Meeting.ONLY


def _table(own: Sequence[Span], types: list[str], colours: dict[str, int]) -> list[dict[str, Any]]:
    counts = Counter(span.type for span in own)
    return [{"type": name, "colour": colours[name], "count": counts[name]} for name in types]


PRESENTER = SpansPresenter()
