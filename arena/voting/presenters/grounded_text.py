"""A text whose phrases carry the numbers of places in the image above it."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from arena.voting.presenters.base import VIEWED, Presenter, Shown
from arena.voting.presenters.boxes import box_shape, overlaps
from arena.voting.presenters.overlays import image_of, shapes
from evaluation.kinds.base import Record


class GroundedTextPresenter(Presenter):
    key = "grounded-text"
    template = "voting/kinds/grounded-text.html"
    styles = VIEWED
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        unnamed = replace(
            shown,
            record=_unnamed(shown.record),
            other=_unnamed(shown.other) if shown.other else None,
        )
        found = shapes(unnamed, "regions", overlaps, box_shape(shown))
        numbers = {region["id"]: i for i, region in enumerate(shown.record["regions"], start=1)}
        for shape in found:
            shape["text"], shape["colour"] = str(shape["number"]), 1
            shape["name"] = shape.pop("id")
        return {**image_of(shown), "shapes": found, "segments": segments(shown.record, numbers)}


def _unnamed(record: Record) -> Record:
    """Regions without names of their own: only their places are compared."""
    return {"regions": [{**region, "label": ""} for region in record["regions"]]}


def segments(record: Record, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """The text cut where a link begins or ends; the numbers stand where their phrase ends."""
    text, links = record["text"], record["links"]
    cuts = sorted({0, len(text), *(link[key] for link in links for key in ("start", "end"))})
    found = []
    for start, end in pairwise(cuts):
        over = [link for link in links if link["start"] <= start and end <= link["end"]]
        ended = [numbers[link["region"]] for link in over if link["end"] == end]
        found.append({"text": text[start:end], "linked": bool(over), "numbers": sorted(ended)})
    return found


PRESENTER = GroundedTextPresenter()
