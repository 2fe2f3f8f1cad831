"""Where preferences run in a circle: A over B, B over C, and yet C over A."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Thing = TypeVar("Thing", bound=Hashable)


def circles(preferences: Iterable[tuple[Thing, Thing]]) -> list[tuple[Thing, ...]]:
    """Shortest circles of strict preferences, given as (better, worse).

    Each circle is named once, beginning with whichever of its things came first. Every preference
    that contradicts others is part of one of them: they are what one has to look at again, not
    all circles there are, whose number grows with the factorial of the things.
    """
    beaten = _by_winner(preferences)
    order = {thing: place for place, thing in enumerate(beaten)}
    found: dict[tuple[Thing, ...], None] = {}
    for better, worse in ((a, b) for a, losers in beaten.items() for b in losers):
        way = _way(beaten, worse, better)
        if way:
            first = min(range(len(way)), key=lambda place: order[way[place]])
            found[(*way[first:], *way[:first])] = None
    return list(found)


def circle_possible(preferences: Iterable[tuple[Thing, Thing]]) -> bool:
    """Whether so much was compared that other answers would have made a circle."""
    group: dict[Thing, Thing] = {}

    def root(thing: Thing) -> Thing:
        while group.setdefault(thing, thing) != thing:
            thing = group[thing]
        return thing

    for one, other in preferences:
        a, b = root(one), root(other)
        if a == b:
            return True
        group[a] = b
    return False


def _by_winner(preferences: Iterable[tuple[Thing, Thing]]) -> dict[Thing, list[Thing]]:
    beaten: dict[Thing, list[Thing]] = {}
    for better, worse in preferences:
        beaten.setdefault(better, [])
        beaten.setdefault(worse, [])
        if worse not in beaten[better]:
            beaten[better].append(worse)
    return beaten


def _way(beaten: Mapping[Thing, list[Thing]], start: Thing, end: Thing) -> tuple[Thing, ...]:
    """The shortest way from ``start`` down to ``end``, beginning with ``end``; empty if none."""
    before: dict[Thing, Thing] = {start: end}
    waiting = deque([start])
    while waiting:
        thing = waiting.popleft()
        if thing == end:
            return _walked(before, start, end)
        for worse in beaten[thing]:
            if worse not in before:
                before[worse] = thing
                waiting.append(worse)
    return ()


def _walked(before: Mapping[Thing, Thing], start: Thing, end: Thing) -> tuple[Thing, ...]:
    way, thing = [], before[end]
    while thing != start:
        way.append(thing)
        thing = before[thing]
    return (end, start, *reversed(way))
