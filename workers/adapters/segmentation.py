"""Outlines of one structure in an image; the methods are in ``workers.baselines``."""

import io
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from evaluation.kinds.rle import Mask, rle_encode
from workers.adapters.base import Adapter, AdapterError, Answer, Ask
from workers.adapters.pictures import scaled
from workers.baselines.segmentations import segment


class Segmentation(Adapter):
    """``method``: otsu, watershed, active-contour or slic; ``foreground``: dark, bright, auto.

    ``label`` names the region (else the case's caption does, as in "Outline: left kidney");
    ``largest`` keeps only the largest connected region.
    """

    threads = True
    packages: ClassVar = ("numpy", "scipy", "scikit-image", "pillow")

    def answer(self, ask: Ask) -> Answer:
        foreground = self.config.get("foreground", "auto")
        mask = segment(pixels_of(ask), method=self.config["method"], foreground=foreground)
        if self.config.get("largest"):
            mask = largest(mask)
        height, width = mask.shape
        region = {"label": self.config.get("label") or asked_for(ask), "counts": rle_encode(mask)}
        return Answer({"width": width, "height": height, "objects": [region]})


def pixels_of(ask: Ask) -> NDArray[np.uint8]:
    """The first image as (H, W) or (H, W, 3) bytes; 16-bit values are scaled to their range."""
    if not ask.images:
        raise AdapterError("The case has no image.", failure="invalid_output")
    with Image.open(io.BytesIO(ask.images[0].data)) as image:
        if image.mode.startswith(("I", "F")):
            return scaled(np.asarray(image, dtype=np.float64))
        return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def asked_for(ask: Ask) -> str:
    """What the caption asks to outline: all after its last colon."""
    captions = [part.data for part in ask.parts if part.name == "caption"]
    return captions[0].rpartition(":")[2].strip() if captions else "region"


def largest(mask: Mask) -> Mask:
    """The largest connected region; nothing stays nothing."""
    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())
