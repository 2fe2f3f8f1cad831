"""A case's images as models take them."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.adapters.base import AdapterError, Ask, Part

MOST_IMAGES = 32


def pictures_of(ask: Ask) -> list[Image.Image]:
    """The case's images in RGB, in their order; raises ``AdapterError`` for too many."""
    if len(ask.images) > MOST_IMAGES:
        problem = f"The case has {len(ask.images)} images; at most {MOST_IMAGES} are taken."
        raise AdapterError(problem, failure="rejected_by_policy")
    return [picture(part) for part in ask.images]


def picture(part: Part) -> Image.Image:
    """RGB, 8 bit; values of 16 bit and more are scaled to their range, not cut off."""
    try:
        with Image.open(io.BytesIO(part.data)) as image:
            if image.mode.startswith(("I", "F")):
                return Image.fromarray(scaled(np.asarray(image, dtype=np.float64))).convert("RGB")
            return image.convert("RGB")
    except (OSError, ValueError) as error:
        problem = f"{part.name or 'The image'} cannot be read: {error}"
        raise AdapterError(problem, failure="invalid_output") from error


def scaled(values: NDArray[Any]) -> NDArray[np.uint8]:
    """From the smallest to the largest value onto 0 to 255."""
    spread = float(np.ptp(values)) or 1.0
    return np.asarray((values - values.min()) * (255 / spread), dtype=np.uint8)
