"""How a DICOM file asks to be shown: its lookup tables and windows (PS3.3 C.11.1 and C.11.2).

A file may ask for several looks, each as good as the others; tables come before windows, as pydicom
has it. Of what a look is called only words of ``NAMES`` are kept: it is text like any other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.multival import MultiValue
from pydicom.pixels import apply_modality_lut

from arena.studies.readers.png import shown_between

MODALITY = "Modality LUT Sequence (0028,3000)"
VOI = "VOI LUT Sequence (0028,3010)"
DESCRIPTOR, DATA = "LUT Descriptor (0028,3002)", "LUT Data (0028,3006)"
FUNCTION = "VOI LUT Function (0028,1056)"
NAMES = (
    *("Normal", "Harder", "Softer", "Standard", "High contrast"),
    *("Lung", "Bone", "Brain", "Soft tissue", "Mediastinum", "Liver", "Abdomen"),
)
MOST_LOOKS = 8

Values = NDArray[np.float64]
Grey = NDArray[np.uint8]


class LookError(ValueError):
    """A table or window that says no clear thing; the message names its tag."""


@dataclass(frozen=True)
class Look:
    name: str
    """One of ``NAMES``; empty where the file has no name or another."""
    span: tuple[float, float]
    """The values shown black and white, or nearly so."""
    grey: Callable[[Values], Grey]
    """Before MONOCHROME1 turns black into white."""


@dataclass(frozen=True)
class Table:
    """Entry by entry, what values from ``first`` on become; others become what the nearest does."""

    first: int
    entries: NDArray[np.uint16]
    bits: int

    def of(self, values: NDArray[Any]) -> NDArray[np.uint16]:
        places = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        found: NDArray[np.uint16] = self.entries[places.astype(np.intp)]
        return found

    def grey(self, values: Values) -> Grey:
        return shown_between(self.of(values).astype(np.float64), 0, 2**self.bits - 1)

    @property
    def span(self) -> tuple[float, float]:
        """From the last value as dark as any to the first as bright as any, in either order."""
        darkest = np.flatnonzero(self.entries == self.entries.min())
        brightest = np.flatnonzero(self.entries == self.entries.max())
        rising = darkest[0] <= brightest[-1]
        ends = (darkest[-1], brightest[0]) if rising else (brightest[-1], darkest[0])
        low, high = sorted(int(end) for end in ends)
        return float(self.first + low), float(self.first + max(high, low + 1))


def in_unit(dataset: pydicom.Dataset, stored: NDArray[Any]) -> Values:
    """Stored values in the modality's unit, by its table or by slope and intercept."""
    items = dataset.get("ModalityLUTSequence")
    found = _table(dataset, items[0], MODALITY).of(stored) if items else None
    return np.asarray(apply_modality_lut(stored, dataset) if found is None else found, np.float64)


def looks_of(dataset: pydicom.Dataset) -> list[Look]:
    """Those the file asks for, the first of which is its own; raises ``LookError``."""
    return [*_tables(dataset), *_windows(dataset)][:MOST_LOOKS]


def _tables(dataset: pydicom.Dataset) -> Iterator[Look]:
    for item in dataset.get("VOILUTSequence") or ():
        table = _table(dataset, item, VOI)
        yield Look(_known(item.get("LUTExplanation")), table.span, table.grey)


def _table(dataset: pydicom.Dataset, item: pydicom.Dataset, sequence: str) -> Table:
    count, first, bits = _descriptor(item, sequence)
    words = _words(item.get("LUTData"), little=dataset.original_encoding[1] is not False)
    entries = _halves(words) if bits == 8 and len(words) == (count + 1) // 2 else words
    if len(entries) < count:
        problem = f"{DATA} has {len(entries)} entries, and {DESCRIPTOR} says {count}"
        raise LookError(f"{sequence}: {problem}")
    if entries[:count].max() >= 2**bits:
        problem = f"{DATA} holds {entries[:count].max()}, and {DESCRIPTOR} says {bits} bits"
        raise LookError(f"{sequence}: {problem}")
    return Table(first, entries[:count], bits)


def _descriptor(item: pydicom.Dataset, sequence: str) -> tuple[int, int, int]:
    """How many entries, the value of the first, and bits of each."""
    given = item.get("LUTDescriptor")
    if not isinstance(given, MultiValue | list) or len(given) != 3:
        raise LookError(f"{sequence}: {DESCRIPTOR} is missing or is not three numbers")
    count, first, bits = (int(number) for number in given)
    if not 8 <= bits <= 16:
        raise LookError(f"{sequence}: {DESCRIPTOR} says {bits} bits; 8 to 16 are read")
    return count or 2**16, first, bits


def _words(given: Any, *, little: bool) -> NDArray[np.uint16]:
    """Bytes (OW) in the file's order, or numbers; none where there are none."""
    if isinstance(given, bytes):
        words = np.frombuffer(given[: len(given) // 2 * 2], "<u2" if little else ">u2")
        return words.astype(np.uint16)
    return np.asarray(_each(given), dtype=np.int64).astype(np.uint16)


def _halves(words: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Entries of 8 bits come two in a word, the lower first; some files have one in each."""
    return words.astype("<u2").view(np.uint8).astype(np.uint16)


def _windows(dataset: pydicom.Dataset) -> Iterator[Look]:
    """Those between numbers, of a width that the function can have."""
    function = str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper()
    given = (_each(dataset.get(name)) for name in ("WindowCenter", "WindowWidth"))
    names = [_known(name) for name in _each(dataset.get("WindowCenterWidthExplanation"))]
    for number, edges in enumerate(zip(*given, strict=False)):
        centre, width = map(float, edges)
        wide = width >= 1 or (width > 0 and function != "LINEAR")
        if wide and isfinite(centre) and isfinite(width):
            name = names[number] if number < len(names) else ""
            yield _window(name, centre, width, function)


def _window(name: str, centre: float, width: float, function: str) -> Look:
    """By the functions of PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    if function not in {"LINEAR", "LINEAR_EXACT", "SIGMOID"}:
        problem = "; LINEAR, LINEAR_EXACT and SIGMOID are read"
        raise LookError(f"{FUNCTION} is {function[:16]!r}{problem}")
    if function == "LINEAR":
        centre, width = centre - 0.5, width - 1
    low, high = centre - width / 2, centre + width / 2
    if function == "SIGMOID":
        return Look(name, (low, high), lambda values: _sigmoid(values, centre, width))
    return Look(name, (low, high), lambda values: shown_between(values, low, high))


def _sigmoid(values: Values, centre: float, width: float) -> Grey:
    power = np.clip(-4 * (values - centre) / width, -50, 50)
    return shown_between(1 / (1 + np.exp(power)), 0, 1)


def _each(value: Any) -> list[Any]:
    """One or several, or none."""
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, MultiValue | list) else [value]


def _known(explanation: object) -> str:
    told = " ".join(str(explanation or "").replace("_", " ").split()).capitalize()
    return told if told in NAMES else ""
