"""Four classical segmentations of the structure that stands out from its background."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage import color, filters, segmentation

Grey = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SMALLEST_SHARE = 0.0005
"""Pieces below this share of the image are noise."""


def segment(pixels: npt.NDArray[np.uint8], *, method: str, foreground: str = "auto") -> Mask:
    """The (H, W) mask of the foreground of an (H, W) or (H, W, 3) image of bytes.

    ``foreground`` is ``dark``, ``bright``, or ``auto``: the shade that touches the border less.
    Raises ``KeyError`` for an unknown method.
    """
    grey = smooth_grey(pixels)
    bright = METHODS[method](grey)
    if foreground == "dark" or (foreground == "auto" and borders(bright) > borders(~bright)):
        bright = ~bright
    return tidy(bright)


def smooth_grey(pixels: npt.NDArray[np.uint8]) -> Grey:
    """Grey values between 0 and 1, lightly smoothed."""
    grey = color.rgb2gray(pixels) if pixels.ndim == 3 else pixels / 255.0
    return np.asarray(filters.gaussian(grey, 1.0))


def borders(mask: Mask) -> float:
    """The share of the image's border that the mask covers."""
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return float(edge.mean())


def tidy(mask: Mask) -> Mask:
    """Without specks and pinholes."""
    least = max(4, int(SMALLEST_SHARE * mask.size))
    labels, count = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept = (sizes >= least)[labels]
    return np.asarray(kept | fill_pinholes(kept, least))


def fill_pinholes(mask: Mask, least: int) -> Mask:
    holes, count = ndimage.label(ndimage.binary_fill_holes(mask) & ~mask)
    sizes = np.bincount(holes.ravel(), minlength=count + 1)
    sizes[0] = least
    return np.asarray((sizes < least)[holes])


def otsu(grey: Grey) -> Mask:
    """Brighter than the threshold that best splits the histogram; Otsu (1979)."""
    if grey.max() == grey.min():
        return np.zeros(grey.shape, dtype=bool)
    return np.asarray(grey > filters.threshold_otsu(grey))


def watershed(grey: Grey) -> Mask:
    """Flooding of the gradient from surely dark and bright places; Beucher & Lantuéjoul (1979)."""
    if np.ptp(grey) < 1e-6:  # an even image; smoothing leaves rounding errors
        return np.zeros(grey.shape, dtype=bool)
    low, high = np.quantile(grey, [0.25, 0.75])
    middle = filters.threshold_otsu(grey)
    markers = np.zeros(grey.shape, dtype=int)
    markers[grey <= min(low, middle - 0.1 * (middle - grey.min()))] = 1
    markers[grey >= max(high, middle + 0.35 * (grey.max() - middle))] = 2
    return np.asarray(segmentation.watershed(filters.sobel(grey), markers) == 2)


def active_contour(grey: Grey) -> Mask:
    """A contour evolving until inside and outside are each even; Márquez-Neila et al. (2014)."""
    start = segmentation.checkerboard_level_set(grey.shape, square_size=12)
    inside = segmentation.morphological_chan_vese(
        grey, num_iter=60, init_level_set=start, smoothing=2
    ).astype(bool)
    if not inside.any() or inside.all():
        return np.zeros(grey.shape, dtype=bool)
    return np.asarray(inside if grey[inside].mean() > grey[~inside].mean() else ~inside)


def slic(grey: Grey) -> Mask:
    """Superpixels, each taken as a whole when its mean is bright; Achanta et al. (2012)."""
    patches = segmentation.slic(
        grey, n_segments=220, compactness=0.08, channel_axis=None, start_label=0
    )
    mean = ndimage.mean(grey, patches, index=np.arange(patches.max() + 1))
    if np.ptp(mean) == 0:
        return np.zeros(grey.shape, dtype=bool)
    return np.asarray((mean > filters.threshold_otsu(np.asarray(mean)))[patches])


METHODS: dict[str, Callable[[Grey], Mask]] = {
    "otsu": otsu,
    "watershed": watershed,
    "active-contour": active_contour,
    "slic": slic,
}
