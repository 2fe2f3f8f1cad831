"""Outlined regions over the case's image, numbered, with a table of their areas."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.voting.presenters.base import VIEWED, Presenter, Shown
from arena.voting.presenters.overlays import (
    Items,
    any_has,
    bounds,
    counts,
    image_of,
    polyline,
    shapes,
    surface_told,
)
from evaluation.kinds.base import Record
from evaluation.kinds.polygons import area
from evaluation.kinds.regions import image_size
from evaluation.scores.boxes import Box
from evaluation.scores.pairs import iou_matrix
from evaluation.scores.polygons import polygon_iou

COARSE = 64
"""Rows or columns on which two regions are compared: enough to tell a half from a tenth."""


class PolygonsPresenter(Presenter):
    key = "polygons"
    template = "voting/kinds/polygons.html"
    styles = VIEWED
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        width, height = image_size(shown.case, "regions")
        spacing = shown.case.extra.get("spacing_mm")

        def draw(region: Record) -> dict[str, Any]:
            pixels = area(region)
            box = _box(region)
            return {
                "path": "".join(polyline(ring) for ring in region["rings"]),
                "x": box.x,
                "y": box.y,
                "percent": round(100 * pixels / (width * height), 1),
                "pixels": round(pixels),
                "area_told": surface_told(spacing, pixels),
            }

        return {
            **image_of(shown),
            "shapes": shapes(shown, "regions", overlaps, draw),
            "areas": True,
            "labels": counts(shown, "regions"),
            "scored": any_has(shown, "regions", "score"),
        }


def overlaps(own: Items, others: Items) -> NDArray[np.float64]:
    """Looked at closely only where the bounding boxes meet."""
    found = iou_matrix(
        *([_box(region) for region in side] for side in (own, others)), labelled=False
    )
    for i, j in np.argwhere(found > 0):
        found[i, j] = polygon_iou(own[i]["rings"], others[j]["rings"], finest=COARSE)
    return found


def _box(region: Record) -> Box:
    return Box(*bounds(np.asarray(region["rings"][0])))


PRESENTER = PolygonsPresenter()
