"""Masks and label images against reference masks; arrays of any dimension."""

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
    """Pixel counts of two masks; its F1 is Dice. Raises `ValueError` for unequal shapes."""
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
    edge of the array. Both masks must have a voxel.
    """
    ours, theirs = (_border(mask) for mask in _masks(found, true))
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
    ours, theirs = np.asarray(found), np.asarray(true)
    _same_shape(ours, theirs)
    left, left_code = np.unique(ours, return_inverse=True)
    right, right_code = np.unique(theirs, return_inverse=True)
    cell = left_code.ravel() * right.size + right_code.ravel()
    met = np.bincount(cell, minlength=left.size * right.size).reshape(left.size, right.size)
    union = met.sum(1)[:, None] + met.sum(0)[None] - met
    overlap = (met / union)[left != 0][:, right != 0]
    matched = overlap[overlap > 0.5]
    if not sum(overlap.shape):
        return PanopticQuality(nan, nan, nan)
    segmentation = float(matched.mean()) if matched.size else 0.0
    recognition = 2 * matched.size / sum(overlap.shape)
    return PanopticQuality(segmentation * recognition, segmentation, recognition)


def _border(mask: Mask) -> Mask:
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


def _masks(found: ArrayLike, true: ArrayLike) -> tuple[Mask, Mask]:
    ours, theirs = np.asarray(found, dtype=bool), np.asarray(true, dtype=bool)
    _same_shape(ours, theirs)
    return ours, theirs


def _same_shape(ours: NDArray[Any], theirs: NDArray[Any]) -> None:
    if ours.shape != theirs.shape:
        raise ValueError(f"the output is {ours.shape} and the reference {theirs.shape} pixels")
