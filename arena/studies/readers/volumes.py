"""A CT or MR volume, however it came, as one clean NIfTI file in canonical order.

Canonical: the first axis runs to the patient's right, the second to the front, the third to the
head (RAS). Values are 16-bit integers in the modality's unit; where those do not hold them, a
slope and an intercept do. The header is written anew, so nothing of the source's comes along.
"""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
from django.utils.translation import gettext_noop
from nibabel import orientations
from numpy.typing import NDArray
from PIL import Image

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset
from arena.studies.readers.png import USUAL_WINDOWS, shown_between, usual_window

VOLUME = "volume"
PREVIEWS = (gettext_noop("axial"), gettext_noop("coronal"), gettext_noop("sagittal"))
MOST_VOXELS = 2**27
"""512 slices of 512 × 512; a browser holds them in 256 MB."""
MOST_SHEAR = 0.01
"""Cosine between two axes; what slices of a tilted gantry have between them is refused."""
LEAST, MOST = -32_767, 32_767
PREVIEW_PIXELS = 320


@dataclass(frozen=True)
class Volume:
    """Voxels in any order of axes; ``affine`` leads from indices to millimetres RAS."""

    values: NDArray[Any]
    affine: NDArray[np.float64]
    modality: str = ""
    slope: float = 1.0
    intercept: float = 0.0
    windows: tuple[tuple[str, float, float], ...] = ()
    """Name, and values shown black and white, as the file has them; the first is its own."""
    negative: bool = False
    """Whether low values are to be shown white (MONOCHROME1)."""


def viewer_attributes(meta: Mapping[str, Any]) -> dict[str, str]:
    """What a ``<c-volume>`` has to know, as attributes that no language writes otherwise."""
    rows = {"shape": meta["shape"], "spacing": meta["spacing_mm"], "window": meta["window"]}
    single = {name: f"{meta[name]:.10g}" for name in ("slope", "intercept")}
    joined = {name: " ".join(f"{value:.10g}" for value in row) for name, row in rows.items()}
    windows = meta.get("windows")
    named = {"windows": json.dumps(windows)} if windows else {}
    turned = {"negative": "1"} if meta.get("negative") else {}
    return {**joined, **single, **named, **turned, "modality": meta["modality"]}


def check_voxels(shape: tuple[int, ...], name: str) -> None:
    """Before anything is unpacked."""
    if len(shape) != 3 or min(shape) < 1:
        sizes = " × ".join(str(side) for side in shape)
        raise RowError(f"has {len(shape)} axes ({sizes}): give one volume of three", name)
    voxels = int(np.prod([int(side) for side in shape]))
    if voxels > MOST_VOXELS:
        problem = f"has {voxels:,} voxels; at most {MOST_VOXELS:,} fit: crop or resample it"
        raise RowError(problem, name)


def volume_assets(volume: Volume, name: str) -> tuple[NewAsset, ...]:
    """The volume, and its three middle slices for pages without a viewer."""
    values, affine = canonical(volume, name)
    stored, slope, intercept = _as_int16(values, volume.slope, volume.intercept)
    spacing = [round(float(length), 6) for length in np.linalg.norm(affine[:3, :3], axis=0)]
    given = [(name, _six(low), _six(high)) for name, low, high in volume.windows]
    window = given[0][1:] if given else _window(stored, slope, intercept, volume.modality)
    meta = {
        "shape": list(stored.shape),
        "spacing_mm": spacing,
        "modality": volume.modality,
        "slope": slope,
        "intercept": intercept,
        "window": [_six(edge) for edge in window],
        **({"windows": given[1:]} if given[1:] else {}),
        **({"negative": True} if volume.negative else {}),
        "tilt_degrees": tilt_degrees(affine),
    }
    asset = NewAsset(
        VOLUME, "application/gzip", nifti_bytes(stored, affine, slope, intercept), meta
    )
    edges = (np.array(window) - intercept) / slope
    return asset, *_previews(stored, spacing, edges, negative=volume.negative)


def _six(value: float) -> float:
    return float(f"{value:.6g}")


def canonical(volume: Volume, name: str) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Values and affine with the axes turned to right, front and head, whichever is nearest."""
    axes = volume.affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    if not np.isfinite(volume.affine).all() or lengths.min() <= 0:
        raise RowError("does not say how its voxels lie in the body", name)
    unit = axes / lengths
    if np.abs(unit.T @ unit - np.eye(3)).max() > MOST_SHEAR:
        raise RowError("is sheared (a tilted gantry): resample it to a straight grid", name)
    turn = orientations.io_orientation(volume.affine)
    values = orientations.apply_orientation(volume.values, turn)
    affine = volume.affine @ orientations.inv_ornt_aff(turn, volume.values.shape)
    return values, affine


def tilt_degrees(affine: NDArray[np.float64]) -> float:
    """How far the axes of a canonical volume lie from those of the body."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return round(float(np.degrees(np.arccos(np.clip(np.diag(axes).min(), -1, 1)))), 1)


def nifti_bytes(
    stored: NDArray[Any], affine: NDArray[np.float64], slope: float = 1.0, intercept: float = 0.0
) -> bytes:
    """A gzipped NIfTI-1 file with a bare header; equal volumes give equal bytes."""
    image = nib.Nifti1Image(stored, affine)
    image.header.set_xyzt_units("mm")
    image.header.set_slope_inter(slope, intercept)
    # set_slope_inter tells the writer to divide; the values are divided already.
    raw = io.BytesIO()
    image.header.write_to(raw)
    raw.write(b"\0" * (int(image.header["vox_offset"] or 352) - raw.tell()))
    raw.write(np.asfortranarray(stored).tobytes(order="F"))
    return gzip.compress(raw.getvalue(), compresslevel=4, mtime=0)


def _as_int16(
    values: NDArray[Any], slope: float, intercept: float
) -> tuple[NDArray[np.int16], float, float]:
    """Values, slope and intercept: the values themselves where 16 bits hold them exactly."""
    if slope == 1 and intercept == 0 and values.dtype == np.int16:
        return values, 1.0, 0.0
    low, high, whole = _span(values, slope, intercept)
    if whole and low >= LEAST and high <= MOST:
        scale, shift = 1.0, 0.0
    else:
        scale = float(f"{(high - low) / (MOST - LEAST) or 1.0:.9g}")
        shift = float(f"{(high + low) / 2:.9g}")
    stored = np.empty(values.shape, dtype=np.int16)
    for k in range(values.shape[2]):
        real = np.nan_to_num(_real(values, k, slope, intercept), nan=low, posinf=high, neginf=low)
        stored[:, :, k] = np.clip(np.rint((real - shift) / scale), LEAST, MOST)
    return stored, scale, shift


def _real(values: NDArray[Any], k: int, slope: float, intercept: float) -> NDArray[np.float64]:
    """One slice in the modality's unit: a whole volume in double precision would not fit."""
    return np.asarray(values[:, :, k], dtype=np.float64) * slope + intercept


def _span(values: NDArray[Any], slope: float, intercept: float) -> tuple[float, float, bool]:
    """Least and greatest finite value, and whether all are whole numbers."""
    low, high, whole = np.inf, -np.inf, True
    for k in range(values.shape[2]):
        real = _real(values, k, slope, intercept)
        finite = real[np.isfinite(real)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            whole = whole and bool((finite == np.rint(finite)).all())
    return (low, high, whole) if low <= high else (0.0, 0.0, True)


def _window(
    stored: NDArray[np.int16], slope: float, intercept: float, modality: str
) -> tuple[float, float]:
    """What to show black and white at first, in the modality's unit."""
    if modality in USUAL_WINDOWS:
        return USUAL_WINDOWS[modality]
    low, high = (edge * slope + intercept for edge in usual_window(stored, modality))
    return low, high


def _previews(
    stored: NDArray[np.int16],
    spacing: list[float],
    window: NDArray[np.float64],
    *,
    negative: bool,
) -> tuple[NewAsset, ...]:
    """The middle slices."""
    found = []
    for name, side in zip(PREVIEWS, reversed(stored.shape), strict=True):
        plane, down, across = plane_slice(stored, spacing, name, side // 2)
        grey = shown_between(plane.astype(np.float64), *window)
        found.append(_preview(name, 255 - grey if negative else grey, down, across))
    return tuple(found)


def plane_slice(
    stored: NDArray[Any], spacing: Sequence[float], plane: str, place: int
) -> tuple[NDArray[Any], float, float]:
    """A slice as a reader in radiology sees it (the patient's right, or the front, on the left),
    with the distance of its rows and columns in millimetres."""
    if plane == "axial":
        return stored[::-1, ::-1, place].T, spacing[1], spacing[0]
    if plane == "coronal":
        return stored[::-1, place, ::-1].T, spacing[2], spacing[0]
    return stored[place, ::-1, ::-1].T, spacing[2], spacing[1]


def _preview(name: str, grey: NDArray[np.uint8], down: float, across: float) -> NewAsset:
    height, width = grey.shape[0] * down, grey.shape[1] * across
    scale = PREVIEW_PIXELS / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(grey)).resize(size, Image.Resampling.BILINEAR)
    image.save(buffer, format="PNG")
    meta = {"width": size[0], "height": size[1], "preview": True}
    return NewAsset(name, "image/png", buffer.getvalue(), meta)
