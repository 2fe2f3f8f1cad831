"""What outputs that lie over an image have in common: its size, and places inside it.

Coordinates are in pixels of the image, from its upper left corner, x to the right and y down.
"""

from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError

Size = tuple[int, int]
DIGITS = 2
"""Decimals kept of a coordinate; a hundredth of a pixel is never seen."""


def image_size(case: CaseFacts, field: str) -> Size:
    """Width and height of the case's image; raises ``RecordError`` if the case has none."""
    if case.width is None or case.height is None:
        raise RecordError(field, "lies over an image, but the case has none")
    return case.width, case.height


def place(item: Any, field: str, size: Size) -> tuple[float, float]:
    """``x`` and ``y`` of an object, inside the image."""
    return _inside(item["x"], f"{field}.x", size[0]), _inside(item["y"], f"{field}.y", size[1])


def point(pair: Any, field: str, size: Size) -> tuple[float, float]:
    """A list of two numbers, x and y, inside the image."""
    both = checks.items(pair, field, most=2)
    if len(both) != 2:
        raise RecordError(field, "must be two numbers, x and y")
    return _inside(both[0], f"{field}[0]", size[0]), _inside(both[1], f"{field}[1]", size[1])


def box(item: Any, field: str, size: Size) -> Record:
    """``x``, ``y`` (upper left corner), ``w`` and ``h`` of a box that lies inside the image."""
    x, y = place(item, field, size)
    w, h = (checks.number(item[key], f"{field}.{key}") for key in ("w", "h"))
    for key, start, length, most in (("w", x, w, size[0]), ("h", y, h, size[1])):
        if length <= 0:
            raise RecordError(f"{field}.{key}", f"is {length:g}; a box must have a size")
        if start + length > most + 10**-DIGITS:
            raise RecordError(
                f"{field}.{key}", f"ends at {start + length:g}, but the image at {most}"
            )
    return {"x": x, "y": y, "w": round(w, DIGITS), "h": round(h, DIGITS)}


def score(item: Any, field: str) -> Record:
    """``{"score": …}`` where the item has one, from 0 to 1; else nothing."""
    if item.get("score") is None:
        return {}
    return {"score": round(checks.number(item["score"], f"{field}.score", least=0, most=1), 4)}


def _inside(value: Any, field: str, most: int) -> float:
    found = checks.number(value, field)
    if not 0 <= found <= most:
        raise RecordError(field, f"is {found:g}; the image goes from 0 to {most}")
    return round(found, DIGITS)
