"""Masks as layers over the case's image or volume, with their places and sizes in a table."""

from typing import Any

import numpy as np

from arena.studies.readers.volumes import viewer_attributes
from arena.voting.presenters.base import VIEWED, Shown
from arena.voting.presenters.overlays import picture_of, surface_told
from arena.voting.presenters.packed import packed
from arena.voting.presenters.palette import PALETTE
from arena.voting.presenters.png import mask_png
from arena.voting.presenters.whereabouts import in_the_body, in_the_image, place_of
from evaluation.kinds.base import Record
from evaluation.kinds.mask import label_volume, labels_of, mask_of
from evaluation.kinds.rle import Mask


class MaskPresenter:
    key = "mask"
    template = "voting/kinds/mask.html"
    styles = VIEWED
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        return _volume_data(shown) if "depth" in shown.record else _image_data(shown)

    def asset(self, shown: Shown, name: str) -> bytes | None:
        numbers = _numbers(shown)
        if "depth" in shown.record:
            return packed(label_volume(shown.record, numbers)) if name == "labels" else None
        for label in labels_of(shown.record):
            if name == f"layer-{numbers[label]}":
                return mask_png(mask_of(shown.record, label), PALETTE[_colour(numbers[label]) - 1])
        return None


def _image_data(shown: Shown) -> dict[str, Any]:
    numbers = _numbers(shown)
    layers = [
        {
            "label": label,
            "number": numbers[label],
            "colour": _colour(numbers[label]),
            "url": shown.asset_url(f"layer-{numbers[label]}"),
            **_extent(mask_of(shown.record, label), shown),
            **in_the_image(place_of(shown.record, label)),
        }
        for label in sorted(labels_of(shown.record))
    ]
    return {
        "width": shown.record["width"],
        "height": shown.record["height"],
        "spacing_mm": shown.case.extra.get("spacing_mm"),
        "sides": shown.case.extra.get("sides"),
        **picture_of(shown),
        "layers": layers,
        "colours": _colours(numbers),
    }


def _volume_data(shown: Shown) -> dict[str, Any]:
    """The volume is the case's, fetched once; one file holds the labels of this side."""
    numbers = _numbers(shown)
    meta = shown.case.extra
    voxel_ml = float(np.prod(meta["spacing_mm"])) / 1000
    counts = dict.fromkeys(sorted(labels_of(shown.record)), 0)
    for item in shown.record["objects"]:
        counts[item["label"]] += sum(item["counts"][1::2])
    layers = [
        {
            "label": label,
            "colour": _colour(numbers[label]),
            "voxels": voxels,
            "volume_ml": float(f"{voxels * voxel_ml:.3g}"),
            **in_the_body(place_of(shown.record, label)),
        }
        for label, voxels in counts.items()
    ]
    stills = [{**still, "url": shown.asset_url(still["plane"])} for still in meta["previews"]]
    return {
        "volume": {"url": shown.asset_url("volume"), "attributes": viewer_attributes(meta)},
        "labels_url": shown.asset_url("labels"),
        "previews": stills,
        "layers": layers,
        "colours": _colours(numbers),
    }


def _colours(numbers: dict[str, int]) -> list[dict[str, Any]]:
    """Of all labels of either side: the same list in both panes, which so stay equal in size."""
    return [{"label": label, "colour": _colour(number)} for label, number in numbers.items()]


def _numbers(shown: Shown) -> dict[str, int]:
    """Of both sides together, so that a label has the same number and colour on each."""
    records: list[Record] = [shown.record, *([shown.other] if shown.other else [])]
    labels = sorted({label for record in records for label in labels_of(record)})
    return {label: number for number, label in enumerate(labels, start=1)}


def _colour(number: int) -> int:
    return (number - 1) % len(PALETTE) + 1


def _extent(mask: Mask, shown: Shown) -> dict[str, Any]:
    """Area in pixels, per cent of the image and, where the spacing is known, mm² or µm²."""
    pixels = int(mask.sum())
    told = surface_told(shown.case.extra.get("spacing_mm"), pixels)
    return {"pixels": pixels, "percent": round(100 * pixels / mask.size, 1), "area_told": told}


PRESENTER = MaskPresenter()
