"""Where a region lies that was marked as wrong: in an image, or on one slice of a volume."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Q, TextChoices
from django.utils.translation import gettext_lazy

from arena.core.errors import UserError
from arena.voting.lengths import pair_told, spacing_is_fine

# Each part says which columns are empty: of an empty one the database knows no more or less.
PLACE_OR_NOTE = (
    Q(region__isnull=False, start__isnull=True, end__isnull=True)
    | Q(region__isnull=True, start__isnull=False, end__isnull=False, start__lt=F("end"))
    | Q(region__isnull=True, start__isnull=True, end__isnull=True) & ~Q(note="")
)
"""What every mark has: a region, a span, or a word on what is missing."""
SIDES = ("x", "y", "width", "height")
ON_SLICE = ("plane", "slice")
DECIMALS = 3  # of a millimetre


class Plane(TextChoices):
    """As the viewer shows them: the patient's right on the left, front or head on top."""

    AXIAL = "axial", gettext_lazy("Axial")
    CORONAL = "coronal", gettext_lazy("Coronal")
    SAGITTAL = "sagittal", gettext_lazy("Sagittal")


AXES: Mapping[str, tuple[int, int, int]] = {
    Plane.AXIAL: (0, 1, 2),
    Plane.CORONAL: (0, 2, 1),
    Plane.SAGITTAL: (1, 2, 0),
}
"""Which axes of the volume (right, front, head) run across, down and through the slices."""


def region_checked(region: Mapping[str, Any]) -> dict[str, Any]:
    """Four finite numbers, and for a slice both its plane and its number. Raises ``UserError``."""
    unknown = sorted(set(region) - {*SIDES, *ON_SLICE})
    if unknown:
        raise UserError(f"A region has no {unknown[0]!r}; leave it out.")
    if not all(name in region and math.isfinite(region[name]) for name in SIDES):
        raise UserError("A region is x, y, width and height in pixels, each a finite number.")
    missing = [name for name in ON_SLICE if region.get(name) is None]
    if len(missing) == 1:
        raise UserError(
            f"A region on a slice of a volume needs plane and slice; {missing[0]} is missing."
        )
    return {name: value for name, value in region.items() if value is not None}


def region_placed(region: Mapping[str, Any], volume: Mapping[str, Any]) -> dict[str, Any]:
    """The region of a slice, with its place in millimetres. Raises ``UserError``.

    ``volume``: ``shape`` in voxels and ``spacing_mm`` along right, front and head; empty where the
    case is no volume. ``x`` and ``y`` begin at the upper left corner of the slice as it is shown,
    slices at the feet, the back or the left; so do their millimetres.
    """
    if not volume:
        raise UserError("This case is no volume: leave out the region’s plane and slice.")
    across, down, through = AXES[region["plane"]]
    columns, rows, slices = (volume["shape"][axis] for axis in (across, down, through))
    if not 0 <= region["slice"] < slices:
        raise UserError(
            f"Slice {region['slice']} is not in this volume: its {region['plane']} slices are "
            f"0 to {slices - 1}."
        )
    _must_meet(region, columns, rows)
    return {**region, "mm": _millimetres(region, volume["spacing_mm"], (across, down, through))}


def _must_meet(region: Mapping[str, Any], columns: int, rows: int) -> None:
    beside = [
        *(side for side, most in (("x", columns), ("y", rows)) if region[side] >= most),
        *(
            f"{side} + {length}"
            for side, length in (("x", "width"), ("y", "height"))
            if region[side] + region[length] <= 0
        ),
        *(length for length in ("width", "height") if region[length] <= 0),
    ]
    if beside:
        raise UserError(
            f"The region lies beside its slice of {columns} × {rows} pixels: mend {beside[0]}."
        )


def _millimetres(
    region: Mapping[str, Any], spacing: Sequence[float] | None, axes: tuple[int, int, int]
) -> dict[str, float] | None:
    if not spacing:
        return None
    across, down, through = (spacing[axis] for axis in axes)
    per = {"x": across, "y": down, "width": across, "height": down, "slice": through}
    return {name: round(region[name] * length, DECIMALS) for name, length in per.items()}


def region_told(
    region: Mapping[str, Any] | None, spacing_mm: Sequence[float] | None
) -> dict[str, str]:
    """Size and place in millimetres or micrometres; nothing where the spacing is not known.

    ``spacing_mm``: of the case, along rows and columns of an image or the three axes of a volume.
    """
    if not region or not spacing_mm:
        return {}
    axes = AXES[region["plane"]][:2] if "plane" in region else (1, 0)
    across, down = (spacing_mm[axis] for axis in axes)
    fine = spacing_is_fine(spacing_mm)
    return {
        "size": pair_told(region["width"] * across, region["height"] * down, " × ", fine=fine),
        "place": pair_told(region["x"] * across, region["y"] * down, ", ", fine=fine),
    }


def as_sent(region: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The region as a page sends it, without what was worked out when it was stored."""
    return None if region is None else {k: v for k, v in region.items() if k != "mm"}


def plane_name(region: Mapping[str, Any] | None) -> str:
    """In the reader's language; empty for a region of an image and for words."""
    plane = (region or {}).get("plane")
    return str(Plane(plane).label) if plane else ""
