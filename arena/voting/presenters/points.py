"""Points over the case's image, their tracks, and a table of them."""

from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from arena.voting.presenters.base import VIEWED, Presenter, Shown
from arena.voting.presenters.overlays import Items, any_has, counts, image_of, polyline, shapes
from evaluation.kinds.base import Record
from evaluation.kinds.points import near

MOST_LISTED_AT_ONCE = 25


class PointsPresenter(Presenter):
    key = "points"
    template = "voting/kinds/points.html"
    styles = VIEWED
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        reach = near(shown.case)
        found = shapes(shown, "points", partial(_overlaps, reach), _dot)
        return {
            **image_of(shown),
            "shapes": found,
            "tracks": _tracks(shown),
            "labels": counts(shown, "points"),
            "timed": any_has(shown, "points", "t"),
            "folded": len(found) > MOST_LISTED_AT_ONCE,
            "reach": round(reach),
        }


def _overlaps(reach: float, own: Items, others: Items) -> NDArray[np.float64]:
    """1 for points of the same time within reach of each other, else 0."""
    mine, theirs = (np.array([_whereabouts(point) for point in side]) for side in (own, others))
    near_by = cdist(mine[:, :2], theirs[:, :2]) <= reach
    return np.asarray(near_by & (mine[:, 2:] == theirs[:, 2]), dtype=np.float64)


def _whereabouts(point: Record) -> tuple[float, float, float]:
    return point["x"], point["y"], point.get("t", -1.0)


def _dot(point: Record) -> dict[str, Any]:
    """A line of no length with round ends: a dot of the same size at every zoom."""
    return {**point, "path": f"M{point['x']:g} {point['y']:g}h0", "point": True}


def _tracks(shown: Shown) -> list[dict[str, Any]]:
    """A line through the points of a label in order of time."""
    colour = {row["label"]: row["colour"] for row in counts(shown, "points")}
    timed = [point for point in shown.record["points"] if point.get("t") is not None]
    lines = {
        label: [(point["x"], point["y"]) for point in points]
        for label, points in groupby(timed, key=lambda point: str(point["label"]))
    }
    return [
        {"label": label, "colour": colour[label], "path": polyline(line, closed=False)}
        for label, line in lines.items()
        if len(line) > 1
    ]


PRESENTER = PointsPresenter()
