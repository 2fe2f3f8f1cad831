"""PNG files whose bytes tell nothing but their pixels: fixed palette, no metadata, padded size."""

import struct
import zlib

import numpy as np

from evaluation.kinds.rle import Mask

BUCKET = 4096
"""Bytes; files are padded to a multiple, so that their size says little of their making."""
PADDING = b"paDd"  # ancillary, private, safe to copy: every reader skips it


def mask_png(mask: Mask, colour: tuple[int, int, int]) -> bytes:
    """A (height, width) mask as a palette PNG of one bit a pixel; background is transparent.

    Background is black where it is transparent, so that no reader tints what lies below.
    """
    height, width = mask.shape
    rows = np.packbits(mask, axis=1)
    lines = np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes()  # filter 0 on each row
    header = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    parts = [
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", header),
        _chunk(b"PLTE", bytes([0, 0, 0, *colour])),
        _chunk(b"tRNS", bytes([0, 255])),
        _chunk(b"IDAT", zlib.compress(lines, 9)),
    ]
    return _padded(b"".join(parts), _chunk(b"IEND", b""))


def _padded(body: bytes, end: bytes) -> bytes:
    used = len(body) + len(_chunk(PADDING, b"")) + len(end)
    return body + _chunk(PADDING, bytes(-used % BUCKET)) + end


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
