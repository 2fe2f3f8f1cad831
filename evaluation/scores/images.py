"""Reconstructed images against reference images: arrays of equal shape and any dimension.

Values are in the unit of the images; `peak` is the largest value the format can hold (255, or the
range of the acquisition), not the largest that occurs. Raises `ValueError` for unequal shapes, a
value that is missing or infinite, and a peak that is not above 0.
"""

from __future__ import annotations

from math import inf, log10, nan

from numpy.typing import ArrayLike
from scipy.ndimage import uniform_filter

from evaluation.scores.columns import FloatArray, paired

WINDOW = 7
K1, K2 = 0.01, 0.03  # keep the ratios stable where an image is dark or flat


def peak_signal_to_noise(found: ArrayLike, true: ArrayLike, peak: float) -> float:
    """10·log10(peak² / mean squared error) in dB: infinite for equal images, NaN without pixels.

    Source: Huynh-Thu & Ghanbari (2008), Electron Lett 44:800.
    """
    ours, theirs = _images(found, true, peak)
    if not ours.size:
        return nan
    error = float(((ours - theirs) ** 2).mean())
    return 10 * log10(peak**2 / error) if error > 0 else inf


def structural_similarity(found: ArrayLike, true: ArrayLike, peak: float) -> float:
    """SSIM, the mean over all 7 × 7 (× 7 …) windows that lie inside the image; 1 for equal images.

    (2·mean·mean + C1)(2·cov + C2) / ((mean² + mean² + C1)(var + var + C2)) with C = (K·peak)²;
    equals `structural_similarity` of scikit-image. Channels of colour are images of their own.
    Source: Wang et al. (2004), IEEE Trans Image Process 13:600. Raises `ValueError` for a side
    below 7 pixels.
    """
    ours, theirs = _images(found, true, peak)
    if min(ours.shape, default=0) < WINDOW:
        raise ValueError(f"an image needs {WINDOW} pixels a side or more, found {ours.shape}")
    a, b = uniform_filter(ours, WINDOW), uniform_filter(theirs, WINDOW)
    size = WINDOW**ours.ndim
    unbiased = size / (size - 1)
    spread_a = unbiased * (uniform_filter(ours * ours, WINDOW) - a * a)
    spread_b = unbiased * (uniform_filter(theirs * theirs, WINDOW) - b * b)
    common = unbiased * (uniform_filter(ours * theirs, WINDOW) - a * b)
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    alike = (2 * a * b + c1) * (2 * common + c2)
    alike /= (a * a + b * b + c1) * (spread_a + spread_b + c2)
    inside = tuple(slice(WINDOW // 2, side - WINDOW // 2) for side in ours.shape)
    return float(alike[inside].mean())


def _images(found: ArrayLike, true: ArrayLike, peak: float) -> tuple[FloatArray, FloatArray]:
    if not 0 < peak < inf:
        raise ValueError(f"the peak must be above 0, not {peak}")
    return paired(found, true)
