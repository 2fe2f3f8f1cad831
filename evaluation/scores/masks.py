"""Masks and label images against reference masks; arrays of equal shape and any dimension.

A mask is whatever is not 0. Raises `ValueError` for unequal shapes, for a pixel that is missing
(NaN), and for a spacing that is not one number above 0 per dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from evaluation.scores.overlap import Overlap

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class PanopticQuality:
    """`quality` = `segmentation` (mean IoU of the matched) × `recognition` (F1 of the matching)."""

    quality: float
    segmentation: float
    recognition: float


def mask_overlap(found: ArrayLike, true: ArrayLike) -> Overlap:
    """Pixel counts of two masks; its F1 is Dice."""
    ours, theirs = _masks(found, true)
    common = float((ours & theirs).sum())
    return Overlap(common, float(ours.sum()), common, float(theirs.sum()))


def dice(found: ArrayLike, true: ArrayLike) -> float:
    """2|A∩B| / (|A|+|B|), 1 for two empty masks. Source: Dice (1945), Ecology 26:297."""
    return mask_overlap(found, true).f1


def iou(found: ArrayLike, true: ArrayLike) -> float:
    """|A∩B| / |A∪B|, 1 for two empty masks. Source: Jaccard (1912), New Phytol 11:37."""
    ours, theirs = _masks(found, true)
    union = int((ours | theirs).sum())
    return float((ours & theirs).sum() / union) if union else 1.0


def surface_distances(
    found: ArrayLike, true: ArrayLike, spacing: Sequence[float] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distance of every border voxel to the other mask's border, both ways, in units of `spacing`.

    The border of a mask are its voxels with a neighbour (sharing a face) outside it, or at the
    edge of the array. Raises `ValueError` for an empty mask, which has no border.
    """
    masks = _masks(found, true)
    if not all(mask.any() for mask in masks):
        raise ValueError("an empty mask has no border")
    _refuse_spacing(spacing, masks[0].ndim)
    either = (masks[0] | masks[1]).astype(np.uint8)
    around = ndimage.find_objects(either)[0]  # nothing outside has a border
    ours, theirs = (_border(mask[around]) for mask in masks)
    to_theirs = ndimage.distance_transform_edt(~theirs, sampling=spacing)
    to_ours = ndimage.distance_transform_edt(~ours, sampling=spacing)
    return to_theirs[ours], to_ours[theirs]


def hausdorff_95(
    found: ArrayLike, true: ArrayLike, spacing: Sequence[float] | None = None
) -> float:
    """Larger of the two 95th percentiles of border distances, in units of `spacing`.

    0 for two empty masks, infinite if only one is empty. Source: Huttenlocher et al. (1993), IEEE
    TPAMI 15:850; percentile of each direction as in Maier-Hein et al. (2024), Nat Methods 21:195.
    """
    ours, theirs = _masks(found, true)
    if not ours.any() or not theirs.any():
        return 0.0 if ours.any() == theirs.any() else inf
    return float(max(np.percentile(d, 95) for d in surface_distances(ours, theirs, spacing)))


def mean_surface_distance(
    found: ArrayLike, true: ArrayLike, spacing: Sequence[float] | None = None
) -> float:
    """Mean of all border distances of both directions; 0 and infinity as for `hausdorff_95`.

    Source: Heimann et al. (2009), IEEE TMI 28:1251.
    """
    ours, theirs = _masks(found, true)
    if not ours.any() or not theirs.any():
        return 0.0 if ours.any() == theirs.any() else inf
    return float(np.concatenate(surface_distances(ours, theirs, spacing)).mean())


def panoptic_quality(found: ArrayLike, true: ArrayLike) -> PanopticQuality:
    """Quality of instances in two label images (0 is background), matched where IoU > 0.5.

    PQ = Σ IoU / (TP + FP/2 + FN/2). NaN if neither image has an instance. Source: Kirillov et al.
    (2019), "Panoptic segmentation", CVPR.
    """
    ours, theirs = (np.asarray(image).ravel() for image in _pixels(found, true))
    left, left_code, left_size = np.unique(ours, return_inverse=True, return_counts=True)
    right, right_code, right_size = np.unique(theirs, return_inverse=True, return_counts=True)
    cell, common = np.unique(left_code * right.size + right_code, return_counts=True)
    i, j = np.divmod(cell, right.size)
    overlap = common / (left_size[i] + right_size[j] - common)
    overlap = overlap[(left[i] != 0) & (right[j] != 0)]
    n_instances = np.count_nonzero(left) + np.count_nonzero(right)
    matched = overlap[overlap > 0.5]
    if not n_instances:
        return PanopticQuality(nan, nan, nan)
    segmentation = float(matched.mean()) if matched.size else 0.0
    recognition = 2 * matched.size / n_instances
    return PanopticQuality(segmentation * recognition, segmentation, recognition)


def _border(mask: Mask) -> Mask:
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


def _masks(found: ArrayLike, true: ArrayLike) -> tuple[Mask, Mask]:
    ours, theirs = _pixels(found, true)
    return ours.astype(bool), theirs.astype(bool)


def _pixels(found: ArrayLike, true: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    ours, theirs = np.asarray(found), np.asarray(true)
    if ours.shape != theirs.shape:
        raise ValueError(f"the output is {ours.shape} and the reference {theirs.shape} pixels")
    if any(image.dtype.kind == "f" and np.isnan(image).any() for image in (ours, theirs)):
        raise ValueError("a pixel is missing (NaN)")
    return ours, theirs


def _refuse_spacing(spacing: Sequence[float] | None, dimensions: int) -> None:
    if spacing is None:
        return
    if len(spacing) != dimensions or not all(0 < step < inf for step in spacing):
        raise ValueError(f"the spacing {tuple(spacing)} is not {dimensions} numbers above 0")
