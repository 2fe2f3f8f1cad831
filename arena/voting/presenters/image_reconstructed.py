"""A reconstruction in shades of grey, from and to the same numbers on both sides."""

from typing import Any

from django.utils.translation import gettext as _

from arena.voting.presenters.base import VIEWED, Presenter, Shown, StoredFile
from arena.voting.presenters.rows import short
from arena.voting.presenters.scales import both

FRAME = 0.04
"""Seconds of one frame of a loop."""


class ReconstructedImagePresenter(Presenter):
    key = "image-reconstructed"
    template = "voting/kinds/image-reconstructed.html"
    styles = VIEWED

    def data(self, shown: Shown) -> dict[str, Any]:
        image, (low, high) = shown.record["image"], _window(shown)
        return {
            "width": int(image["width"]),
            "height": int(image["height"]),
            "frames": int(image["frames"]),
            "frame": FRAME,
            "length": image["frames"] * FRAME,
            "url": shown.asset_url("output"),
            "image_url": shown.asset_url("output"),
            "image_alt": _("The reconstruction"),
            "unit": shown.record.get("unit", ""),
            "black": short(low),
            "white": short(high),
            "own": [short(image["low"]), short(image["high"])],
        }

    def asset(self, shown: Shown, name: str) -> StoredFile | None:
        if name != "output":
            return None
        return StoredFile(shown.record["image"]["sha256"], window=_window(shown))


def _window(shown: Shown) -> tuple[float, float]:
    """From the lowest to the highest of both sides, the outermost hundredths left out."""
    images = [record["image"] for record in both(shown)]
    return min(i["low"] for i in images), max(i["high"] for i in images)


PRESENTER = ReconstructedImagePresenter()
