"""Masks as transparent layers over the case's image, with their areas in a table."""

from typing import Any

import numpy as np

from arena.voting.presenters.base import Shown
from arena.voting.presenters.palette import PALETTE
from arena.voting.presenters.png import mask_png
from evaluation.kinds.base import Record
from evaluation.kinds.mask import masks_by_label
from evaluation.kinds.rle import Mask


class MaskPresenter:
    key = "mask"
    template = "voting/kinds/mask.html"
    contains_case = True

    def data(self, shown: Shown) -> dict[str, Any]:
        numbers = _numbers(shown)
        layers = [
            {
                "label": label,
                "colour": (numbers[label] - 1) % len(PALETTE) + 1,
                "url": shown.asset_url(f"layer-{numbers[label]}"),
                **_extent(mask, shown),
            }
            for label, mask in masks_by_label(shown.record).items()
        ]
        return {
            "width": shown.record["width"],
            "height": shown.record["height"],
            "spacing_mm": shown.case.extra.get("spacing_mm"),
            "image_url": shown.asset_url("image"),
            "layers": layers,
        }

    def asset(self, shown: Shown, name: str) -> bytes | None:
        numbers = _numbers(shown)
        for label, mask in masks_by_label(shown.record).items():
            if name == f"layer-{numbers[label]}":
                return mask_png(mask, PALETTE[(numbers[label] - 1) % len(PALETTE)])
        return None


def _numbers(shown: Shown) -> dict[str, int]:
    """Of both sides together, so that a label has the same number and colour on each."""
    records: list[Record] = [shown.record, *([shown.other] if shown.other else [])]
    labels = sorted({item["label"] for record in records for item in record["objects"]})
    return {label: number for number, label in enumerate(labels, start=1)}


def _extent(mask: Mask, shown: Shown) -> dict[str, Any]:
    """Area in pixels, per cent of the image and, where the spacing is known, mm²."""
    pixels = int(mask.sum())
    spacing = shown.case.extra.get("spacing_mm")
    area = round(pixels * float(np.prod(spacing)), 1) if spacing else None
    return {"pixels": pixels, "percent": round(100 * pixels / mask.size, 1), "area_mm2": area}


PRESENTER = MaskPresenter()
