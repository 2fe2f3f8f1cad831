"""Arrays of numbers (NPY), of two or three dimensions."""

import io
import math
import warnings
from typing import Any

import numpy as np

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile

ARRAY = "array"
MAGIC = b"\x93NUMPY"
MOST_NUMBERS = 2**26
MOST_SIDE = 2048


def clean_array(file: SourceFile) -> NewAsset:
    """An image (height, width) or a loop (frames, height, width) of finite real numbers.

    Written anew as 32-bit floats; raises ``RowError``. Objects are never unpickled.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = _array(file.data)
    except (
        ValueError,
        EOFError,
        OSError,
        OverflowError,
        MemoryError,
        SyntaxError,
        Warning,
    ) as error:
        raise RowError(f"is no array that is read: {error}", file.name) from error
    low, high = (float(np.percentile(values, q)) for q in (1, 99))
    meta = {
        "frames": values.shape[0],
        "height": values.shape[1],
        "width": values.shape[2],
        "low": float(f"{low:.6g}"),
        "high": float(f"{high:.6g}"),
    }
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return NewAsset(ARRAY, "application/x-npy", buffer.getvalue(), meta)


def array_of(body: bytes) -> np.ndarray:
    """(frames, height, width) of what ``clean_array`` wrote."""
    found: np.ndarray = np.load(io.BytesIO(body), allow_pickle=False)
    return found


def npy_shape(data: bytes) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """What the header says; raises ``ValueError`` where the file does not hold as much.

    To be looked at first: a header may promise more than fits into memory.
    """
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"version {version} of the format is not known")
    shape, _, kind = readers[version](stream)
    if kind.kind not in "fiub":
        raise ValueError(f"it holds {kind}, not real numbers")
    if math.prod(shape) * kind.itemsize > len(data):
        raise ValueError("it is cut off")
    return shape, kind


def _array(data: bytes) -> np.ndarray:
    shape, _ = npy_shape(data)
    if len(shape) not in (2, 3) or not all(0 < side <= MOST_SIDE for side in shape):
        raise ValueError(
            f"its shape is {shape}: two or three sides of at most {MOST_SIDE} are shown"
        )
    if int(np.prod(shape)) > MOST_NUMBERS:
        raise ValueError(f"it has more than {MOST_NUMBERS:,} numbers")
    values = np.load(io.BytesIO(data), allow_pickle=False).astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("a value is no finite number")
    return np.ascontiguousarray(values if values.ndim == 3 else values[None])
