"""Boxes over the case's image, numbered, with a table of their places."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.voting.presenters.base import VIEWED, Presenter, Shown
from arena.voting.presenters.overlays import (
    Items,
    any_has,
    counts,
    image_of,
    polyline,
    shapes,
    size_told,
)
from evaluation.kinds.base import Record
from evaluation.scores.boxes import Box
from evaluation.scores.pairs import iou_matrix


class BoxesPresenter(Presenter):
    key = "boxes"
    template = "voting/kinds/boxes.html"
    styles = VIEWED
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        return {
            **image_of(shown),
            "shapes": shapes(shown, "boxes", overlaps, box_shape(shown)),
            "labels": counts(shown, "boxes"),
            "scored": any_has(shown, "boxes", "score"),
        }


def box_shape(shown: Shown) -> Callable[[Record], dict[str, Any]]:
    """What draws a box, and tells its size in mm or µm where the image's spacing is known."""
    spacing = shown.case.extra.get("spacing_mm")

    def draw(box: Record) -> dict[str, Any]:
        x, y, w, h = (box[key] for key in "xywh")
        corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        return {**box, "path": polyline(corners), "size_told": size_told(spacing, w, h)}

    return draw


def overlaps(own: Items, others: Items) -> NDArray[np.float64]:
    mine, theirs = ([Box(*(box[key] for key in "xywh")) for box in side] for side in (own, others))
    return iou_matrix(mine, theirs, labelled=False)


PRESENTER = BoxesPresenter()
