"""A small graph as nodes and arrows, laid out by forces: the same graph, the same picture.

Source: Fruchterman and Reingold (1991), Software: Practice and Experience 21:1129.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.studies.drawings.lanes import COLOURS
from arena.studies.drawings.svg import document, text

WIDTH, HEIGHT, MARGIN, NODE = 480.0, 320.0, 56.0, 8.0
STEPS = 300


def nodes_of(edges: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Each node with its type, in the order in which they are first named."""
    found: dict[str, str] = {}
    for edge in edges:
        for end in ("source", "target"):
            found[edge[end]] = found.get(edge[end]) or edge.get(f"{end}_type", "")
    return found


def drawing(edges: Sequence[Mapping[str, Any]]) -> bytes:
    nodes = nodes_of(edges)
    number = {name: i for i, name in enumerate(nodes)}
    ends = np.array([[number[edge["source"]], number[edge["target"]]] for edge in edges])
    places = layout(len(nodes), ends)
    kinds = sorted({kind for kind in nodes.values() if kind})
    parts = [ARROW, f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#fff"/>']
    for edge, (one, other) in zip(edges, ends, strict=True):
        parts += _edge(str(edge["relation"]), places[one], places[other])
    for (name, kind), (x, y) in zip(nodes.items(), places, strict=True):
        colour = COLOURS[kinds.index(kind) % len(COLOURS)] if kind else "#5d6670"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{NODE:g}" fill="{colour}"/>')
        parts.append(text(round(x, 1), round(y - NODE - 4, 1), name[:28], size=12, anchor="middle"))
    for place, kind in enumerate(kinds):
        colour = COLOURS[place % len(COLOURS)]
        y = 18 + 18 * place
        parts.append(f'<circle cx="14" cy="{y - 4:g}" r="5" fill="{colour}"/>')
        parts.append(text(24, y, kind, size=11))
    return document(WIDTH, HEIGHT, f"{len(nodes)} nodes, {len(edges)} relations", parts)


ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#5d6670"/></marker></defs>'
)


def layout(count: int, ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """(count, 2) places: nodes repel each other, edges pull theirs together."""
    turn = 2 * np.pi * np.arange(count) / max(count, 1)
    places = np.column_stack([np.cos(turn), np.sin(turn)]) * (1 + 0.01 * np.arange(count))[:, None]
    ideal = 1.6 / np.sqrt(max(count, 1))
    for step in range(STEPS):
        apart = places[:, None] - places[None]
        far = np.maximum(np.linalg.norm(apart, axis=-1), 1e-3)
        force = (apart * (ideal**2 / far**2)[..., None]).sum(axis=1)
        pull = places[ends[:, 0]] - places[ends[:, 1]]
        pull = pull * (np.linalg.norm(pull, axis=1) / ideal)[:, None]
        np.add.at(force, ends[:, 0], -pull)
        np.add.at(force, ends[:, 1], pull)
        size = np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-9)
        places = places + force / size * np.minimum(size, 0.15 * (1 - step / STEPS))
    return _fitted(places)


def _fitted(places: NDArray[np.float64]) -> NDArray[np.float64]:
    low, span = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-9)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    return np.asarray(MARGIN + (places - low) / span * room)


def _edge(relation: str, one: NDArray[np.float64], other: NDArray[np.float64]) -> list[str]:
    """An arrow that ends at the rim of its node; of a node to itself, only the words."""
    way = other - one
    length = float(np.linalg.norm(way))
    middle = one + way / 2
    words = (
        f'<text x="{middle[0]:.1f}" y="{middle[1] - 3:.1f}" font-size="10" fill="#3d4853" '
        f'text-anchor="middle">{escape(relation[:30])}</text>'
    )
    if length < 2 * NODE:
        return [words]
    begin, end = one + way * (NODE / length), other - way * (NODE / length)
    line = f"M{begin[0]:.1f} {begin[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"
    return [f'<path d="{line}" stroke="#9aa5af" marker-end="url(#arrow)"/>', words]
