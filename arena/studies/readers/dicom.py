"""One DICOM image as pixels: what may identify a patient stays behind, or the file is refused.

Only the pixel values, their spacing, the modality and the letters of the body's sides leave this
module; no other tag does. Text
burned into the pixels cannot be seen by a program that reads tags, so kinds of images that
usually carry it (ultrasound, secondary capture, …) are refused, and so is anything that says
``BurnedInAnnotation`` YES. The list of accepted kinds is short on purpose: unknown means refused.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile
from arena.studies.readers.looks import Look, LookError, in_unit, looks_of
from arena.studies.readers.png import MOST_PIXELS, Pixels, shown_between, usual_window

ACCEPTED = {
    "1.2.840.10008.5.1.4.1.1.1": "Computed Radiography",
    "1.2.840.10008.5.1.4.1.1.1.1": "Digital X-Ray",
    "1.2.840.10008.5.1.4.1.1.1.2": "Digital Mammography",
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.20": "Nuclear Medicine",
    "1.2.840.10008.5.1.4.1.1.128": "PET",
}
OFTEN_BURNED_IN = frozenset({"US", "SC", "XA", "OT", "ES", "GM", "XC", "SM"})
PREFIX = slice(128, 132)
DIRECTION = re.compile(r"(?!.*([RL].*[RL]|[AP].*[AP]|[HF].*[HF]))[RLAPHF]{1,3}")
OPPOSITE = str.maketrans("RLAPHF", "LRPAFH")


def is_dicom(data: bytes) -> bool:
    return data[PREFIX] == b"DICM"


def dicom_image(file: SourceFile) -> Pixels:
    """8-bit grey pixels as the file asks them to be shown first, and its other looks.

    Raises ``RowError`` with the reason for refusal.
    """
    with opened(file) as dataset:
        modality = str(dataset.get("Modality", ""))
        (_, first), *others = _greys(dataset)
        sides = sides_of(dataset)
        return Pixels(first, _spacing(dataset), modality, sides, tuple(others))


@contextmanager
def opened(file: SourceFile) -> Iterator[pydicom.Dataset]:
    """The data set, if it may come in; any fault met within is told as one of the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd tag values of old scanners do not matter here
        try:
            dataset = pydicom.dcmread(io.BytesIO(file.data))
            _refuse_unsafe(dataset, file.name)
            yield dataset
        except RowError:
            raise
        except LookError as error:
            problem = f"does not say clearly how it is to be shown: {error}"
            raise RowError(problem, file.name) from error
        except (InvalidDicomError, EOFError) as error:
            raise RowError("is not a complete DICOM file: send it again", file.name) from error
        except Exception as error:  # pydicom raises nearly any class on damaged files
            raise RowError(f"its pixels cannot be read ({error})"[:300], file.name) from error


def _refuse_unsafe(dataset: pydicom.Dataset, name: str) -> None:
    modality = str(dataset.get("Modality", ""))
    if str(dataset.get("BurnedInAnnotation", "NO")).upper() != "NO":
        raise RowError("says that text is burned into the image: remove it first", name)
    if modality in OFTEN_BURNED_IN or str(dataset.get("SOPClassUID", "")) not in ACCEPTED:
        kinds = ", ".join(ACCEPTED.values())
        raise RowError(
            f"is of a kind ({modality or 'unknown'}) that may carry burned-in text or is not an "
            f"image; accepted are {kinds}: export it as PNG after looking at it",
            name,
        )
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        raise RowError("has several frames: export one slice per file", name)
    if int(dataset.get("Rows") or 0) * int(dataset.get("Columns") or 0) > MOST_PIXELS:
        raise RowError(f"has more than {MOST_PIXELS:,} pixels", name)


def _greys(dataset: pydicom.Dataset) -> list[tuple[str, NDArray[np.uint8]]]:
    """Each look the file asks for, by name: stored values → modality's unit → look → 0..255."""
    values = rescaled(dataset)
    looks = looks_of(dataset) or [_usual_look(values, str(dataset.get("Modality", "")))]
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    greys = ((look.name, look.grey(values)) for look in looks)
    return [(name, 255 - grey if inverted else grey) for name, grey in greys]


def _usual_look(values: NDArray[np.float64], modality: str) -> Look:
    low, high = usual_window(values, modality)
    return Look("", (low, high), lambda shown: shown_between(shown, low, high))


def rescaled(dataset: pydicom.Dataset) -> NDArray[np.float64]:
    """Values in the modality's unit (HU in CT); raises ``ValueError`` for colour."""
    photometric = dataset.PhotometricInterpretation
    if photometric not in {"MONOCHROME1", "MONOCHROME2"}:
        raise ValueError(f"{photometric} is not grey")
    return in_unit(dataset, dataset.pixel_array)


def _spacing(dataset: pydicom.Dataset) -> tuple[float, float] | None:
    spacing = dataset.get("PixelSpacing") or dataset.get("ImagerPixelSpacing")
    if not spacing or len(spacing) != 2 or min(map(float, spacing)) <= 0:
        return None
    return float(spacing[0]), float(spacing[1])


def sides_of(dataset: pydicom.Dataset) -> tuple[str, ...]:
    """Letters at the left, right, top and bottom, as the tags tell them; none where they do not.

    A slice says how its rows and columns run in the body; a radiograph says it in letters: R and L,
    A and P, H and F, the nearest side first where it lies askew (DICOM PS3.3 C.7.6.1.1.1).
    """
    along, down = _directions(dataset)
    if not (DIRECTION.fullmatch(along) and DIRECTION.fullmatch(down)):
        return ()
    return along.translate(OPPOSITE), along, down.translate(OPPOSITE), down


def _directions(dataset: pydicom.Dataset) -> tuple[str, str]:
    """Where the rows lead to, and the columns."""
    orientation = dataset.get("ImageOrientationPatient")
    if orientation and len(orientation) == 6:
        across, down = np.array(orientation, dtype=np.float64).reshape(2, 3)
        return _nearest(across), _nearest(down)
    given = dataset.get("PatientOrientation")
    if isinstance(given, MultiValue) and len(given) == 2:
        return str(given[0]), str(given[1])
    return "", ""


def _nearest(direction: NDArray[np.float64]) -> str:
    """The side that a direction in LPS leads to, or nearly so."""
    axis = int(np.abs(direction).argmax())
    return ("RL", "AP", "FH")[axis][int(direction[axis] > 0)]
