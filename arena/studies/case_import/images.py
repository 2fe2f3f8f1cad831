"""Images of any origin as clean PNG: pixels only, no metadata."""

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np
from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from arena.core.errors import RowError
from arena.studies.case_import.dicom import dicom_image, is_dicom
from arena.studies.case_import.files import SourceFile
from arena.studies.case_import.png import MOST_PIXELS, Pixels, png_asset, stretched
from arena.studies.case_import.rows import Row, case_from_row
from arena.studies.case_import.tables import TABLES, read_table
from arena.studies.formats.image_2d import FORMAT
from arena.studies.new_case import NewAsset, NewCase

READABLE = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")


def image_cases(
    files: Iterable[SourceFile], *, name: str, columns: Mapping[str, str]
) -> Iterator[tuple[Row, NewCase]]:
    """A case for each image; a table beside them (``file`` column) may say more about each."""
    assets: dict[str, NewAsset] = {}
    tables: list[SourceFile] = []
    total = 0
    for file in files:
        if PurePosixPath(file.name).suffix.lower() in TABLES:
            tables.append(file)
            continue
        assets[file.name] = clean_image(file)
        total += len(assets[file.name].data)
        if total > settings.UPLOAD_LIMIT_BYTES:
            limit = settings.UPLOAD_LIMIT_BYTES // 2**20
            raise RowError(f"comes to more than {limit} MB of images: import it in parts", name)
    if len(tables) > 1:
        raise RowError("is a second table: put all rows into one", tables[1].name)
    rows = _described(tables[0], assets, columns) if tables else _plain(assets)
    for row, asset in rows:
        key = PurePosixPath(row.line("file")).with_suffix("").as_posix()
        yield row, case_from_row(row, input_kind=FORMAT.key, assets=(asset,), key=key)


def clean_image(file: SourceFile) -> NewAsset:
    """The image as PNG; raises ``RowError`` if it is no image, truncated, too large or unsafe."""
    pixels = dicom_image(file) if is_dicom(file.data) else _picture(file)
    return png_asset(pixels)


def _plain(assets: Mapping[str, NewAsset]) -> Iterator[tuple[Row, NewAsset]]:
    for name, asset in assets.items():
        yield Row(name, None, {"file": name}), asset


def _described(
    table: SourceFile, assets: Mapping[str, NewAsset], columns: Mapping[str, str]
) -> Iterator[tuple[Row, NewAsset]]:
    left = dict(assets)
    for row in read_table(table, columns=columns, required=("file",)):
        file = row.line("file")
        if file not in assets:
            raise row.error(f"there is no image {file!r} beside the table", "file")
        asset = left.pop(file, assets[file])
        if row.line("modality"):
            meta = {**asset.meta, "modality": row.line("modality")[:40]}
            asset = NewAsset(asset.name, asset.media_type, asset.data, meta)
        yield row, asset
    for file in left:
        raise RowError(f"says nothing about the image {file!r}: add a row", table.name)


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
