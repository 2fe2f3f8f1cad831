"""How systems that see are shown cases that are files, and which cases a system cannot take."""

from collections.abc import Mapping
from typing import Any

from arena.core.errors import UserError
from arena.generations.adapter_info import Field, Sense
from arena.studies.formats import format_for, is_told
from arena.studies.models import CaseVersion
from arena.studies.stills.base import MOST_STILLS, Look

LARGEST_PIXEL = 64.0
"""Micrometres."""


def _count(value: Any) -> Any:
    if not isinstance(value, int) or not 1 <= value <= MOST_STILLS:
        raise UserError(f"pictures: must be a whole number from 1 to {MOST_STILLS}, not {value!r}.")
    return value


def _window(value: Any) -> Any:
    _edges(str(value))
    return str(value)


def _edges(text: str) -> tuple[float, float]:
    try:
        low, high = (float(word) for word in text.replace(",", " ").split())
    except ValueError:
        low = high = 0.0
    if not low < high:
        raise UserError(f"window: {text!r} must be two numbers, black then white, as in -160 240.")
    return low, high


def _microns(value: Any) -> Any:
    if not 0 < value <= LARGEST_PIXEL:
        raise UserError(f"microns: must lie between 0 and {LARGEST_PIXEL:g}, not {value!r}.")
    return value


SIGHT = (
    Field(
        "pictures",
        "Pictures of a case",
        "number",
        "The most slices of a volume, frames of a clip, sheets of an ECG or fields of a slide, as "
        "in 8.",
        default=Look.most,
        rare=True,
        check=_count,
    ),
    Field(
        "plane",
        "Plane of slices",
        "choice",
        "Which way a volume is cut.",
        default=Look.plane,
        choices=(
            ("axial", "Axial"),
            ("coronal", "Coronal"),
            ("sagittal", "Sagittal"),
            ("all", "All three, a third of the slices each"),
        ),
        rare=True,
    ),
    Field(
        "window",
        "Window of slices",
        help="Values shown black and white, as in -160 240. Empty: the window raters see at first.",
        rare=True,
        check=_window,
    ),
    Field(
        "microns",
        "Pixel of a slide's fields",
        "number",
        "Micrometres, as in 0.25 for about 40x; 1 is about 10x.",
        default=Look.microns,
        rare=True,
        check=_microns,
    ),
)


def look_for(config: Mapping[str, Any]) -> Look:
    """How a system with these settings is shown a case."""
    window = config.get("window")
    return Look(
        most=int(config.get("pictures") or Look.most),
        plane=str(config.get("plane") or Look.plane),
        window=_edges(str(window)) if window else None,
        microns=float(config.get("microns") or Look.microns),
    )


def is_taken(version: CaseVersion, sense: Sense) -> bool:
    """Whether a system of this sense is sent all of the case, as files, pictures or words."""
    senses = format_for(version.input_kind).senses
    if sense is Sense.FILES or is_told(version) or (senses.stills and sense is Sense.PICTURES):
        return True
    return senses.told(version.content, {each.name: each.meta for each in version.assets.all()})


def why_untaken(input_kind: str, sense: Sense) -> str:
    """What is told of it, and what may be done."""
    case_format = format_for(input_kind)
    reads = "reads text and looks at pictures" if sense is Sense.PICTURES else "only reads text"
    help_ = (
        "register it as one that sees pictures, if it does"
        if sense is Sense.WORDS and case_format.senses.stills
        else "use an adapter that is sent the files"
    )
    return f"Cannot take: {input_kind}. The system {reads}; {help_}."
