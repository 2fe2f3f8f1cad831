"""A heat map over the case's image: both sides in one scale of colours, with shares in a table."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from arena.voting.presenters.base import VIEWED, Presenter, Shown
from arena.voting.presenters.overlays import image_of
from arena.voting.presenters.palette import colour_of
from arena.voting.presenters.png import map_png
from arena.voting.presenters.scales import both, legend, zones
from evaluation.kinds.grids import Grid, array


class HeatMapPresenter(Presenter):
    key = "heat-map"
    template = "voting/kinds/heat-map.html"
    styles = VIEWED
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        weights = array(shown.record["values"])
        total = weights.sum()
        return {
            **image_of(shown),
            "opacity": 0.8,
            "layers": [{"label": _("weights"), "url": shown.asset_url("layer-1")}],
            "legend": legend(0, _highest(shown)),
            "zones": [
                [round(100 * float(part.sum() / total)) for part in parts]
                for parts in zones(weights)
            ],
            "highest": _peak(weights),
        }

    def asset(self, shown: Shown, name: str) -> bytes | None:
        if name != "layer-1":
            return None
        share = array(shown.record["values"]) / _highest(shown)
        return map_png(colour_of(share), np.rint(255 * share).astype(np.uint8))


def _highest(shown: Shown) -> float:
    """The greatest weight of both sides, above 0: records without any weight are empty."""
    return max(float(array(record["values"]).max()) for record in both(shown)) or 1.0


def _peak(weights: Grid) -> dict[str, Any]:
    """The greatest weight and where it lies, in percent of the image's width and height."""
    row, column = np.unravel_index(int(weights.argmax()), weights.shape)
    height, width = weights.shape
    return {
        "weight": float(weights.max()),
        "x_percent": round(100 * (int(column) + 0.5) / width),
        "y_percent": round(100 * (int(row) + 0.5) / height),
    }


PRESENTER = HeatMapPresenter()
