"""Whole slides: the levels of the tissue, tile by tile, without label, macro picture or text.

JPEG tiles are taken as they are but for what is said beside the picture; others are decoded and
written as JPEG. Levels that a viewer needs and the file lacks are made by halving.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.jpeg import CleanJpeg, clean_jpeg
from arena.studies.readers.pictures import clean_image
from arena.studies.readers.slide_tiff import JPEG, MOST_BYTES, RGB, Level, pyramid_tiff

SLIDE, OVERVIEW = "slide", "overview"
TILE, QUALITY = 256, 90
SMALLEST = 1024
"""Pixels a side: the smallest level is no larger, so that a whole slide is a few tiles."""
STEP = 4.5
"""How much smaller the next level may be; beyond it a level is made between them."""
OVERVIEW_SIDE = 1024
MOST_PIXELS = 20_000_000_000
MOST_TILES = 400_000
PLAIN = {1: "none", 8: "deflate", 32946: "deflate"}
MPP = re.compile(r"MPP\s*=\s*([\d.]+)")
Rgb = np.ndarray


def slide_assets(file: SourceFile) -> tuple[NewAsset, ...]:
    """The pyramid, and a small picture of all; raises ``RowError`` with what is wrong."""
    try:
        with tifffile.TiffFile(io.BytesIO(file.data)) as tiff:
            pages = _pages(tiff, file.name)
            microns = _microns(pages[0])
            levels = [_level(tiff, page) for page in pages]
    except RowError:
        raise
    except Exception as error:  # tifffile and Pillow raise many classes on damaged files
        problem = f"is no slide that is read, or is damaged ({error})"[:200]
        raise RowError(problem, file.name) from error
    levels = _completed(levels)
    data = pyramid_tiff(levels, microns)
    if len(data) > MOST_BYTES:
        raise RowError("is larger than 4 GB", file.name)
    meta = {
        "width": levels[0].width,
        "height": levels[0].height,
        "levels": [[level.width, level.height, level.tile] for level in levels],
        "microns_per_pixel": microns,
        "spacing_mm": [microns / 1000, microns / 1000] if microns else None,
    }
    large = [level for level in levels if max(level.width, level.height) >= OVERVIEW_SIDE]
    return NewAsset(SLIDE, "image/tiff", data, meta), _overview((large or levels[:1])[-1])


def tile_places(data: Any) -> list[tuple[int, list[tuple[int, int]]]]:
    """For each level of a stored pyramid: tiles in a row, and where each begins and ends."""
    found = []
    with tifffile.TiffFile(data) as tiff:
        pages: Any = tiff.pages
        for page in pages:
            across = -(-page.imagewidth // page.tilewidth)
            places = zip(page.dataoffsets, page.databytecounts, strict=True)
            found.append((across, list(places)))
    return found


def _pages(tiff: tifffile.TiffFile, name: str) -> list[Any]:
    """The pages of the tissue, the largest first; label and macro picture are in other series."""
    pages = [level.keyframe for level in tiff.series[0].levels]
    first = pages[0]
    width, height = first.imagewidth, first.imagelength
    if width * height > MOST_PIXELS or width * height // TILE**2 > MOST_TILES:
        raise RowError(f"has {width} x {height} pixels, which is too large", name)
    if first.samplesperpixel != 3 or first.bitspersample != 8 or first.planarconfig != 1:
        raise RowError("must hold red, green and blue of 8 bits each", name)
    kept = [page for page in pages if page.is_tiled]
    if not kept or kept[0] is not first:
        raise RowError("is not cut into tiles: convert it to a tiled pyramid (vips tiffsave)", name)
    known = {JPEG, *PLAIN}
    for page in kept:
        if int(page.compression) not in known:
            raise RowError(f"has tiles of the compression {page.compression!s}, not JPEG", name)
        if page.tilewidth != page.tilelength:
            raise RowError("has tiles that are not square", name)
    return kept


def _microns(page: Any) -> float | None:
    """Width of a pixel in micrometres, from Aperio's text or the resolution tags."""
    said = MPP.search(page.description or "")
    if said:
        found = float(said[1])
    else:
        unit = {2: 25_400.0, 3: 10_000.0}.get(int(page.resolutionunit or 1))
        per_unit = page.resolution[0]
        found = unit / per_unit if unit and per_unit else 0.0
    return round(found, 5) if 0.01 < found < 100 else None


def _level(tiff: tifffile.TiffFile, page: Any) -> Level:
    tiles = list(_tiles(tiff, page))
    if len({(tile.rgb, tile.subsampling) for tile in tiles}) > 1:
        raise ValueError("its tiles hold colours in different ways")
    side = page.tilewidth
    data = tuple(tile.data for tile in tiles)
    return Level(page.imagewidth, page.imagelength, side, data, tiles[0].rgb, tiles[0].subsampling)


def _tiles(tiff: tifffile.TiffFile, page: Any) -> Iterator[CleanJpeg]:
    """Missing tiles, which scanners leave out where there is only glass, are white."""
    side = page.tilewidth
    blank: CleanJpeg | None = None
    handle = tiff.filehandle
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if not count:
            blank = blank or _encoded(np.full((side, side, 3), 255, np.uint8))
            yield blank
            continue
        handle.seek(offset)
        yield _tile(handle.read(count), page)


def _tile(data: bytes, page: Any) -> CleanJpeg:
    if int(page.compression) != JPEG:
        found = page.decode(data, 0)[0]
        if found is None:
            raise ValueError("a tile cannot be unpacked")
        side = page.tilewidth
        whole = np.full((side, side, 3), 255, np.uint8)
        part = found.reshape(found.shape[-3:])
        whole[: part.shape[0], : part.shape[1]] = part
        return _encoded(whole)
    tile = clean_jpeg(data, page.jpegtables, rgb=int(page.photometric) == RGB)
    if (tile.width, tile.height) != (page.tilewidth, page.tilelength):
        raise ValueError("a tile is not as large as the file says")
    return tile


def _encoded(pixels: Rgb) -> CleanJpeg:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return clean_jpeg(buffer.getvalue(), None, rgb=False)


def _completed(levels: Sequence[Level]) -> list[Level]:
    """With levels made where two lie too far apart, and below the last until it is small."""
    found: list[Level] = []
    for level in levels:
        while found and found[-1].width / level.width > STEP:
            found.append(halved(found[-1]))
        if not found or level.width < found[-1].width:
            found.append(level)
    while max(found[-1].width, found[-1].height) > SMALLEST:
        found.append(halved(found[-1]))
    return found


def halved(level: Level) -> Level:
    """Each tile is made of four; at the right and lower edge it is filled up with white."""
    width, height = -(-level.width // 2), -(-level.height // 2)
    small = Level(width, height, level.tile, ())
    tiles = []
    for row in range(small.down):
        for column in range(small.across):
            four = Image.new("RGB", (2 * level.tile, 2 * level.tile), "white")
            for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
                y, x = 2 * row + down, 2 * column + across
                if y < level.down and x < level.across:
                    part = decoded(level.tiles[y * level.across + x])
                    four.paste(part, (across * level.tile, down * level.tile))
            tiles.append(_encoded(np.asarray(four.reduce(2))).data)
    return Level(width, height, level.tile, tuple(tiles))


def decoded(tile: bytes) -> Image.Image:
    with Image.open(io.BytesIO(tile), formats=["JPEG"]) as image:
        return image.convert("RGB")


def _overview(level: Level) -> NewAsset:
    """All of a level as one picture, for pages without a viewer."""
    whole = Image.new("RGB", (level.across * level.tile, level.down * level.tile), "white")
    for number, tile in enumerate(level.tiles):
        y, x = divmod(number, level.across)
        whole.paste(decoded(tile), (x * level.tile, y * level.tile))
    whole = whole.crop((0, 0, level.width, level.height))
    whole.thumbnail((OVERVIEW_SIDE, OVERVIEW_SIDE))
    buffer = io.BytesIO()
    whole.save(buffer, "PNG")
    made = clean_image(SourceFile(OVERVIEW, buffer.getvalue()))
    meta = {"width": whole.width, "height": whole.height, "preview": True}
    return NewAsset(OVERVIEW, "image/png", made.data, meta)
