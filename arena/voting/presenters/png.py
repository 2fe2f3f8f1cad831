"""PNG files whose bytes tell nothing but their pixels: fixed colours, no metadata, padded size."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from evaluation.kinds.rle import Mask

BUCKET = 4096
"""Bytes; files are padded to a multiple, so that their size says little of their making."""
PADDING = b"paDd"  # ancillary, private, safe to copy: every reader skips it


def mask_png(mask: Mask, colour: tuple[int, int, int]) -> bytes:
    """A (height, width) mask as a palette PNG of one bit a pixel; background is transparent.

    Background is black where it is transparent, so that no reader tints what lies below.
    """
    height, width = mask.shape
    return _png(
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)),
        _chunk(b"PLTE", bytes([0, 0, 0, *colour])),
        _chunk(b"tRNS", bytes([0, 255])),
        _pixels(np.packbits(mask, axis=1)),
    )


def map_png(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> bytes:
    """(height, width, 3) colours under a (height, width) opacity; black where it is transparent."""
    height, width = alpha.shape
    visible = np.where(alpha[..., None] > 0, colours, 0)
    pixels = np.dstack([visible, alpha]).astype(np.uint8)
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return _png(header, _pixels(pixels.reshape(height, -1)))


def _pixels(rows: NDArray[np.uint8]) -> bytes:
    lines = np.hstack([np.zeros((len(rows), 1), np.uint8), rows])  # filter 0 on each row
    return _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9))


def _png(*chunks: bytes) -> bytes:
    return _padded(b"".join([b"\x89PNG\r\n\x1a\n", *chunks]), _chunk(b"IEND", b""))


def _padded(body: bytes, end: bytes) -> bytes:
    used = len(body) + len(_chunk(PADDING, b"")) + len(end)
    return body + _chunk(PADDING, bytes(-used % BUCKET)) + end


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
