"""What a step of an agent looked at: which image, which place in it, how far enlarged.

Places are in pixels of the image at its full size, from its upper left corner, whatever level of a
slide was read.
"""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, regions
from evaluation.kinds.base import CaseFacts, Record, RecordError

OF_CASE = ("image", "slide")
"""What systems are told the case's own image is called; other names are of what they found."""
PLACE = ("x", "y", "width", "height")
OTHER_NAMES = {"w": "width", "h": "height", "magnification": "zoom"}
MOST_ZOOM = 1000


def view(value: Any, field: str, case: CaseFacts) -> Any:
    """Words, or ``{"image", "x", "y", "width", "height", "level", "zoom", …}``, all optional.

    ``w``, ``h`` and ``magnification`` become ``width``, ``height`` and ``zoom``; what else is said
    is kept as it is.
    """
    if not isinstance(value, Mapping):
        return checks.plain(value, field)
    named = _renamed(value, field)
    known = checks.given(named, field, image=checks.word, level=checks.whole, zoom=_zoom)
    own = is_of_case(known)
    if "level" in known and own:
        _level(known["level"], f"{field}.level", case)
    known |= _place(named, field, case if own else CaseFacts())
    others = {key: named[key] for key in named if key not in {*PLACE, "image", "level", "zoom"}}
    return {**known, **checks.plain(others, field)}


def is_of_case(told: Mapping[str, Any]) -> bool:
    return told.get("image", OF_CASE[0]) in OF_CASE


def place_of(step: Record) -> Record | None:
    """``x``, ``y``, ``w`` and ``h`` where a valid step looked at a place in the case's image."""
    told = step.get("input")
    if step["type"] != "view" or not isinstance(told, dict) or "x" not in told:
        return None
    if not is_of_case(told):
        return None
    return dict(zip("xywh", (told[key] for key in PLACE), strict=True))


def _renamed(value: Mapping[str, Any], field: str) -> Record:
    named: Record = {}
    for key, inner in value.items():
        if inner is None:
            continue
        name = OTHER_NAMES.get(key, key)
        if name in named:
            raise RecordError(f"{field}.{key}", f"is said twice, as {key} and by its other name")
        named[name] = inner
    return named


def _place(named: Record, field: str, case: CaseFacts) -> Record:
    if not any(key in named for key in PLACE):
        return {}
    for key in PLACE:
        if key not in named:
            needed = "a place needs x, y, width and height"
            raise RecordError(f"{field}.{key}", f"is missing: {needed}")
    size = (case.width, case.height) if case.width and case.height else None
    return regions.box(named, field, size, sides=("width", "height"))


def _level(level: int, field: str, case: CaseFacts) -> None:
    """Only slides say how many levels they have."""
    levels = len(case.extra.get("levels", ()))
    if levels and level >= levels:
        raise RecordError(field, f"is {level}; the slide has the levels 0 to {levels - 1}")


def _zoom(value: Any, field: str) -> float:
    zoom = checks.number(value, field, least=0, most=MOST_ZOOM)
    if not zoom:
        raise RecordError(field, "is 0; a magnification must be more")
    return zoom
