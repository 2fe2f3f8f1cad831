"""A file as the record of an output kind: label images and volumes, arrays, outlines, texts.

Pictures, clips and sounds stay files; their record names them. Everything else is read into the
record itself. What a record may hold, its kind checks afterwards.
"""

import io
import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile
from arena.studies.readers.arrays import npy_shape
from arena.studies.readers.nifti import is_nifti, nifti_volume
from arena.studies.readers.volumes import MOST_VOXELS, canonical
from evaluation.kinds.mask import MOST_PIXELS_A_SIDE, record_of_volume
from evaluation.kinds.rle import rle_encode

KEPT = {"image-generated": "image", "video-generated": "video", "audio-generated": "audio"}
"""Kinds whose record names the file, and the field that does."""
PNG_ENDS = b"IEND"
TEXTS = (".txt", ".md")
OBJECTS = (".json", ".geojson")
MOST_LABELS, MOST_LABEL = 256, 2**30
Labels = Mapping[str, str] | str | None
Numbers = NDArray[np.integer[Any]]


def case_named(name: str) -> str:
    """The case a file is called after: ``masks/case-1.nii.gz`` answers ``case-1``."""
    last = PurePosixPath(name).name
    return last[: -len(".nii.gz")] if last.lower().endswith(".nii.gz") else PurePosixPath(last).stem


def record_of_file(file: SourceFile, *, kind: str, labels: Labels) -> Any:
    """The record; raises ``RowError`` where the file cannot be read or does not suit the kind.

    ``labels`` names the numbers of a label image or volume, as in ``{"1": "liver"}``; a word
    names the only one.
    """
    suffix = PurePosixPath(file.name).suffix.lower()
    if kind in KEPT:
        return {KEPT[kind]: file.name}
    if kind == "mask" and suffix not in OBJECTS:
        return _mask(file, suffix, labels)
    if suffix in OBJECTS:
        return _object(file)
    if suffix in TEXTS:
        return {"text": _decoded(file)}
    if kind == "heat-map" and suffix == ".npy":
        return {"values": _array(file, "fiu", sides=(2,)).tolist()}
    raise RowError(f"is no file from which {kind} can be read", file.name)


def _object(file: SourceFile) -> Any:
    try:
        return json.loads(_decoded(file))
    except (ValueError, RecursionError) as error:
        raise RowError(f"is not valid JSON ({error})", file.name) from error


def _decoded(file: SourceFile) -> str:
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8 text: save it as UTF-8", file.name) from error


def _mask(file: SourceFile, suffix: str, labels: Labels) -> dict[str, Any]:
    readers: dict[str, Callable[[SourceFile], Numbers]] = {".png": _picture, ".npy": _label_array}
    if not is_nifti(file.name) and suffix not in readers:
        raise RowError("is no label image: give PNG, NPY, NIfTI or JSON", file.name)
    values = _volume(file) if is_nifti(file.name) else readers[suffix](file)
    names = _names(values, labels, file)
    if values.ndim == 3:
        return record_of_volume(values, names)
    height, width = values.shape
    objects = [
        {"label": name, "counts": rle_encode(values == number)} for number, name in names.items()
    ]
    return {"width": width, "height": height, "objects": objects}


def _names(values: Numbers, labels: Labels, file: SourceFile) -> dict[int, str]:
    """The name of each number that occurs; 0 is background."""
    found = [int(number) for number in np.unique(values) if number]
    if len(found) > MOST_LABELS:
        problem = f"holds {len(found)} different values: is it a picture, not a label image?"
        raise RowError(problem, file.name)
    if isinstance(labels, str):
        if len(found) > 1:
            problem = f'name each of {found}, as in {{"1": "liver"}}'
            raise RowError(problem, file.name, column="labels")
        return dict.fromkeys(found, labels)
    if labels is None:
        return {n: "region" if len(found) == 1 else f"region {n}" for n in found}
    return {number: _named(labels, number, file) for number in found}


def _named(labels: Mapping[str, str], number: int, file: SourceFile) -> str:
    name = labels.get(str(number)) if isinstance(labels, Mapping) else None
    if not isinstance(name, str):
        problem = f'does not name the value {number}; write it as in {{"{number}": "liver"}}'
        raise RowError(problem, file.name, column="labels")
    return name


def _picture(file: SourceFile) -> Numbers:
    """A palette or grey image whose values are the labels."""
    if PNG_ENDS not in file.data:
        raise RowError("is no PNG that can be read (it is cut off)", file.name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(file.data), formats=["PNG"])
            if max(image.size) > MOST_PIXELS_A_SIDE:
                problem = f"has a side above {MOST_PIXELS_A_SIDE:,} pixels"
                raise RowError(problem, file.name)
            if image.mode not in {"1", "L", "P", "I;16", "I"}:
                problem = "has colours: save the labels as a grey or palette image"
                raise RowError(problem, file.name)
            return np.asarray(image).astype(np.int64)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Warning) as error:
        raise RowError(f"is no PNG that can be read ({error})", file.name) from error


def _label_array(file: SourceFile) -> Numbers:
    """(height, width), or (depth, height, width) from the feet up."""
    return _array(file, "iub", sides=(2, 3)).astype(np.int64)


def _array(file: SourceFile, kinds: str, *, sides: tuple[int, ...]) -> NDArray[Any]:
    try:
        shape, dtype = npy_shape(file.data)
        if len(shape) not in sides or int(np.prod(shape)) > MOST_VOXELS:
            wanted = " or ".join(map(str, sides))
            raise ValueError(f"its shape is {shape}: {wanted} axes are read")
        if dtype.kind not in kinds:
            raise ValueError(f"it holds {dtype}: labels are whole numbers")
        found: NDArray[Any] = np.load(io.BytesIO(file.data), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError) as error:
        raise RowError(f"is no array that is read: {error}", file.name) from error
    return found


def _volume(file: SourceFile) -> Numbers:
    """(depth, height, width) in the canonical order of axes, whichever way the file was written."""
    volume = nifti_volume(file)
    values, _ = canonical(volume, file.name)
    if (volume.slope, volume.intercept) != (1.0, 0.0):
        values = values * volume.slope + volume.intercept
    whole = values if values.dtype.kind in "iu" else _whole(values, file)
    return whole.transpose(2, 1, 0)


def _whole(values: NDArray[Any], file: SourceFile) -> Numbers:
    """Labels that were stored as real numbers, as many programs do."""
    if not np.isfinite(values).all() or np.abs(values).max(initial=0) > MOST_LABEL:
        raise RowError("holds values that are no labels", file.name)
    whole = values.astype(np.int32)
    if not np.array_equal(whole, values):
        raise RowError("holds numbers that are not whole: labels are", file.name)
    return whole
