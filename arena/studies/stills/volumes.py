"""Slices of a volume, as a reader in radiology sees them."""

import gzip
from collections.abc import Mapping
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from arena.studies.readers.png import shown_between
from arena.studies.readers.volumes import PREVIEWS, plane_slice
from arena.studies.stills.base import SIDE, Look, Still, evenly, share, still

AXES = {"axial": 2, "coronal": 1, "sagittal": 0}
FROM = {
    "axial": "counted from the feet; the patient's right is on the left",
    "coronal": "counted from the back; the patient's right is on the left",
    "sagittal": "counted from the left; the front is on the left",
}


def volume_stills(data: bytes, meta: Mapping[str, Any], look: Look) -> list[Still]:
    """Evenly spaced slices of one plane, or of all three, under one window."""
    stored = _voxels(data)
    window = look.window or (float(meta["window"][0]), float(meta["window"][1]))
    planes = PREVIEWS if look.plane == "all" else (look.plane,)
    each = max(1, look.most // len(planes))
    low, high = ((edge - meta["intercept"]) / meta["slope"] for edge in window)
    negative = bool(meta.get("negative"))
    black, white = reversed(window) if negative else window
    found = []
    for plane in planes:
        count = stored.shape[AXES[plane]]
        places = evenly(count, each)
        for place in places:
            values, down, across = plane_slice(stored, meta["spacing_mm"], plane, place)
            grey = shown_between(values.astype(np.float64), low, high)
            grey = 255 - grey if negative else grey
            said = (
                f"{plane.capitalize()} slice {place + 1} of {count} ({FROM[plane]}); "
                f"{_unit(meta)} from {black:g} (black) to {white:g} (white); "
                f"sent are {share(places, count)}."
            )
            found.append(still(f"{plane}-{place + 1}", said, _square(grey, down, across)))
    return found


def _unit(meta: Mapping[str, Any]) -> str:
    return "HU" if meta["modality"] == "CT" else "values"


def _voxels(data: bytes) -> NDArray[np.int16]:
    """As stored, without slope and intercept; a view of the bytes, not another copy in memory."""
    image = nib.Nifti1Image.from_bytes(gzip.decompress(data))
    return np.asanyarray(image.dataobj.get_unscaled())


def _square(grey: NDArray[np.uint8], down: float, across: float) -> Image.Image:
    """With pixels as tall as they are wide, and no longer side than a model would keep."""
    height, width = grey.shape[0] * down, grey.shape[1] * across
    scale = min(1 / min(down, across), SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return Image.fromarray(np.ascontiguousarray(grey)).resize(size, Image.Resampling.BILINEAR)
