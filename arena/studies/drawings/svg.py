"""The few parts of SVG that drawings of signals are made of."""

from collections.abc import Iterable
from html import escape

import numpy as np
from numpy.typing import NDArray

FONT = "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"


def document(width: float, height: float, title: str, parts: Iterable[str]) -> bytes:
    """A picture of that many units; whoever shows it decides how large a unit is."""
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}">'
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>"]).encode()


def text(x: float, y: float, words: str, *, size: float, anchor: str = "start") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" fill="#17212b">'
        f"{escape(words)}</text>"
    )


def trace(x: NDArray[np.float64], y: NDArray[np.float64], *, width: float) -> str:
    """A line through points; it stops where ``y`` is NaN and goes on behind.

    Coordinates are hundredths of a unit and relative, which keeps a long line short.
    """
    pieces = []
    known = np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    whole = np.rint(np.column_stack([x, np.nan_to_num(y)]) * 100).astype(int)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        points = whole[begin:end]
        steps = np.diff(points, axis=0)
        line = "".join(f"l{dx} {dy}" for dx, dy in steps.tolist()) or "h1"
        pieces.append(f"M{points[0][0]} {points[0][1]}{line}")
    return (
        f'<path transform="scale(.01)" d="{"".join(pieces)}" fill="none" stroke="#111" '
        f'stroke-width="{100 * width:g}" stroke-linejoin="round" stroke-linecap="round"/>'
    )


def thinned(
    x: NDArray[np.float64], y: NDArray[np.float64], most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most about ``most`` points that show every peak: each stretch's least and greatest."""
    if len(y) <= most:
        return x, y
    size = 2 * -(-len(y) // most)
    kept: list[int] = []
    for begin in range(0, len(y), size):
        part = y[begin : begin + size]
        if not np.isfinite(part).any():
            kept.append(begin)
            continue
        ends = sorted({int(np.nanargmin(part)), int(np.nanargmax(part))})
        kept += [begin + place for place in ends]
    return x[kept], y[kept]
