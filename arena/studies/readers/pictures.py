"""Images of any origin as clean PNG: pixels only, no metadata."""

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.dicom import dicom_image, is_dicom
from arena.studies.readers.png import MOST_PIXELS, Pixels, png_asset, png_assets, stretched

READABLE = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")


def clean_image(file: SourceFile) -> NewAsset:
    """The image as PNG; raises ``RowError`` if it is no image, truncated, too large or unsafe."""
    return png_asset(_pixels(file))


def clean_looks(file: SourceFile) -> tuple[NewAsset, ...]:
    """``clean_image``, and after it the same image as it may be shown otherwise."""
    return png_assets(_pixels(file))


def _pixels(file: SourceFile) -> Pixels:
    return dicom_image(file) if is_dicom(file.data) else _picture(file)


def _picture(file: SourceFile) -> Pixels:
    try:
        with Image.open(io.BytesIO(file.data), formats=READABLE) as image:
            _check_size(image, file.name)
            return Pixels(_eight_bit(ImageOps.exif_transpose(image)))
    except UnidentifiedImageError as error:
        kinds = ", ".join(READABLE)
        raise RowError(f"is no image of a kind that is read ({kinds}, DICOM)", file.name) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RowError("has far too many pixels", file.name) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RowError(f"is truncated or damaged ({error})", file.name) from error


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise RowError(f"has {width} x {height} pixels; at most {MOST_PIXELS:,} fit", name)
    if getattr(image, "n_frames", 1) > 1:
        raise RowError("has several frames: give one image per file", name)


def _eight_bit(image: Image.Image) -> np.ndarray:
    """Grey (height, width) or RGB (height, width, 3), 8 bits; transparency becomes white."""
    if image.mode in {"1", "L"}:
        return np.asarray(image.convert("L"))
    if image.mode.startswith(("I", "F")):
        return stretched(np.asarray(image, dtype=np.float64))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return np.asarray(image.convert("RGB"))
