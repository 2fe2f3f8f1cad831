"""Arrays for viewers, gzipped: bytes that tell nothing but their numbers, padded in size."""

import gzip
import struct

import numpy as np
from numpy.typing import NDArray

from arena.voting.presenters.png import BUCKET

HEADER = 10  # bytes of a gzip header without extras
EXTRA = 4  # the field "extra" as a flag in the fourth byte


def packed(values: NDArray[np.uint8]) -> bytes:
    """The raveled values; padding stands in a field of the header that every reader skips."""
    plain = gzip.compress(values.tobytes(), compresslevel=4, mtime=0)
    padding = -(len(plain) + 2 + 4) % BUCKET
    field = b"pd" + struct.pack("<H", padding) + bytes(padding)
    header = bytearray(plain[:HEADER])
    header[3] |= EXTRA
    return bytes(header) + struct.pack("<H", len(field)) + field + plain[HEADER:]
