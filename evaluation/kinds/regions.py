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


def place(item: Any, field: str, size: Size | None) -> tuple[float, float]:
    """``x`` and ``y`` of an object, inside the image; without ``size`` anywhere from 0 on."""
    most = size or (None, None)
    return _inside(item["x"], f"{field}.x", most[0]), _inside(item["y"], f"{field}.y", most[1])


def point(pair: Any, field: str, size: Size) -> tuple[float, float]:
    """A list of two numbers, x and y, inside the image."""
    both = checks.items(pair, field, most=2)
    if len(both) != 2:
        raise RecordError(field, "must be two numbers, x and y")
    return _inside(both[0], f"{field}[0]", size[0]), _inside(both[1], f"{field}[1]", size[1])


def box(item: Any, field: str, size: Size | None, *, sides: tuple[str, str] = ("w", "h")) -> Record:
    """``x``, ``y`` (upper left corner), ``w`` and ``h`` of a box that lies inside the image.

    ``sides`` says what its width and height are called.
    """
    corner, found = place(item, field, size), {}
    for axis, key in enumerate(sides):
        length = checks.number(item[key], f"{field}.{key}")
        if length <= 0:
            raise RecordError(f"{field}.{key}", f"is {length:g}; a box must have a size")
        ends = corner[axis] + length
        if size and ends > size[axis] + 10**-DIGITS:
            raise RecordError(f"{field}.{key}", f"ends at {ends:g}, but the image at {size[axis]}")
        found[key] = round(length, DIGITS)
    return {"x": corner[0], "y": corner[1], **found}


def score(item: Any, field: str) -> Record:
    """``{"score": …}`` where the item has one, from 0 to 1; else nothing."""
    if item.get("score") is None:
        return {}
    return {"score": round(checks.number(item["score"], f"{field}.score", least=0, most=1), 4)}


def _inside(value: Any, field: str, most: int | None) -> float:
    found = checks.number(value, field)
    if found < 0 or (most is not None and found > most):
        extent = "begins at 0" if most is None else f"goes from 0 to {most}"
        raise RecordError(field, f"is {found:g}; the image {extent}")
    return round(found, DIGITS)
