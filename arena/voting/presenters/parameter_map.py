"""A quantity in colours: the same colour is the same value on both sides, thirds in a table."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from arena.voting.presenters.base import VIEWED, Presenter, Shown
from arena.voting.presenters.overlays import image_of
from arena.voting.presenters.palette import colour_of
from arena.voting.presenters.png import map_png
from arena.voting.presenters.rows import short
from arena.voting.presenters.scales import both, legend, zones
from evaluation.kinds.grids import Grid, array


class ParameterMapPresenter(Presenter):
    key = "parameter-map"
    template = "voting/kinds/parameter-map.html"
    styles = VIEWED

    def data(self, shown: Shown) -> dict[str, Any]:
        record, values = shown.record, array(shown.record["values"])
        return {
            **_picture(shown, values),
            "quantity": record["quantity"],
            "unit": record["unit"],
            "legend": legend(*_range(shown)),
            "shared": len(_alike(shown)) == len(both(shown)),
            "zones": [[_mean(part) for part in parts] for parts in zones(values)],
            "mean": _mean(values),
            "measured": round(100 * float(np.isfinite(values).mean())),
        }

    def asset(self, shown: Shown, name: str) -> bytes | None:
        if name != "layer-1":
            return None
        low, high = _range(shown)
        values = array(shown.record["values"])
        known = np.isfinite(values)
        share = np.where(known, values - low, 0) / ((high - low) or 1.0)
        return map_png(colour_of(share), np.where(known, 255, 0).astype(np.uint8))


def _picture(shown: Shown, values: Grid) -> dict[str, Any]:
    """A layer over the case's image; where the case has none, a picture of its own."""
    url = shown.asset_url("layer-1")
    name = _("{quantity}, in colours").format(quantity=shown.record["quantity"])
    if shown.case.width is not None:
        return {**image_of(shown), "opacity": 0.7, "layers": [{"label": name, "url": url}]}
    height, width = values.shape
    return {"width": width, "height": height, "image_url": url, "image_alt": name}


def _alike(shown: Shown) -> list[Grid]:
    """The maps that can share a scale: those of the same quantity in the same unit."""
    named = shown.record["quantity"], shown.record["unit"]
    return [array(r["values"]) for r in both(shown) if (r["quantity"], r["unit"]) == named]


def _range(shown: Shown) -> tuple[float, float]:
    grids = _alike(shown)
    ends = [(float(np.nanmin(grid)), float(np.nanmax(grid))) for grid in grids if _known(grid)]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _known(values: Grid) -> bool:
    return bool(np.isfinite(values).any())


def _mean(values: Grid) -> str | None:
    return short(float(np.nanmean(values))) if _known(values) else None


PRESENTER = ParameterMapPresenter()
