"""Where a label lies, for readers who do not see the picture: its thirds, bounds and slices."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext, gettext_noop

from evaluation.kinds.base import Record
from evaluation.kinds.rle import rle_rows

IN_THE_IMAGE = (
    (gettext_noop("upper left"), gettext_noop("upper middle"), gettext_noop("upper right")),
    (gettext_noop("middle left"), gettext_noop("in the middle"), gettext_noop("middle right")),
    (gettext_noop("lower left"), gettext_noop("lower middle"), gettext_noop("lower right")),
)
MIDDLE = gettext_noop("in the middle")
IN_THE_BODY = (
    (gettext_noop("towards the left"), MIDDLE, gettext_noop("towards the right")),
    (gettext_noop("towards the back"), MIDDLE, gettext_noop("towards the front")),
    (gettext_noop("towards the feet"), MIDDLE, gettext_noop("towards the head")),
)
"""Of the patient, along the axes of a volume."""
PLANE_THROUGH = (gettext_noop("sagittal"), gettext_noop("coronal"), gettext_noop("axial"))


@dataclass(frozen=True)
class Place:
    """Along columns, rows and slices, from 0."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    centre: tuple[float, ...]
    """The mean place, as a share of each side."""


def place_of(record: Record, label: str) -> Place | None:
    """Of all objects of a label together; ``None`` where nothing is set."""
    width, height = record["width"], record["height"]
    counts = [item["counts"] for item in record["objects"] if item["label"] == label]
    if not any(sum(runs[1::2]) for runs in counts):
        return None
    row, first, length = map(
        np.concatenate, zip(*(rle_rows(runs, width) for runs in counts), strict=True)
    )
    middles = (first + length / 2, row % height + 0.5, row // height + 0.5)
    sides = (width, height, record.get("depth", 1))
    means = (np.average(along, weights=length) for along in middles)
    return Place(
        low=(int(first.min()), int((row % height).min()), int(row.min() // height)),
        high=(
            int((first + length).max()) - 1,
            int((row % height).max()),
            int(row.max() // height),
        ),
        centre=tuple(float(mean) / side for mean, side in zip(means, sides, strict=True)),
    )


def in_the_image(place: Place | None) -> dict[str, Any]:
    """``thirds`` in words, and ``bounds``: first and last column, then row, from the upper left."""
    if place is None:
        return {"thirds": "", "bounds": None}
    across, down = (_third(share) for share in place.centre[:2])
    bounds = [[place.low[axis], place.high[axis]] for axis in range(2)]
    return {"thirds": gettext(IN_THE_IMAGE[down][across]), "bounds": bounds}


def in_the_body(place: Place | None) -> dict[str, Any]:
    """``thirds`` in words, and ``slices``: plane, first and last one, as the viewer counts them."""
    if place is None:
        return {"thirds": "", "slices": []}
    words = [names[_third(share)] for names, share in zip(IN_THE_BODY, place.centre, strict=True)]
    slices = [
        {"plane": gettext(plane), "first": place.low[axis] + 1, "last": place.high[axis] + 1}
        for axis, plane in enumerate(PLANE_THROUGH)
    ]
    return {"thirds": _told(words), "slices": slices[::-1]}


def _told(words: list[str]) -> str:
    told = [gettext(word) for word in words if word != MIDDLE]
    return ", ".join(told) if told else gettext(MIDDLE)


def _third(share: float) -> int:
    return min(int(3 * share), 2)
