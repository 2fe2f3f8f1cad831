"""The slices of a DICOM series, put in order by where they lie in the body."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pydicom
from numpy.typing import NDArray

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile
from arena.studies.readers.dicom import opened, rescaled
from arena.studies.readers.looks import looks_of
from arena.studies.readers.volumes import LEAST, MOST, Volume, check_voxels

UNEVEN = 0.05
"""Share of the usual gap by which a gap may differ; scanners round positions."""
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Slice:
    name: str
    series: str
    modality: str
    values: NDArray[np.generic]
    """(row, column), in the modality's unit."""
    directions: NDArray[np.float64]
    """Unit vectors along a row and down a column, in LPS."""
    position: NDArray[np.float64]
    spacing: tuple[float, float]
    """Between rows, then between columns, in mm."""
    thickness: float
    windows: tuple[tuple[str, float, float], ...]
    """Name, and the values shown black and white; the first is the file's own."""
    negative: bool

    @property
    def height(self) -> float:
        """Along the normal of the slice."""
        normal = np.cross(self.directions[0], self.directions[1])
        return float(normal @ self.position)


def series_volume(files: Sequence[SourceFile]) -> Volume:
    """One volume of the slices; raises ``RowError`` naming the file that does not fit."""
    slices = _read(files)
    for other in slices[1:]:
        _refuse_other(slices[0], other)
    slices.sort(key=lambda one: one.height)
    gap = _gap(slices)
    first = slices[0]
    normal = np.cross(first.directions[0], first.directions[1])
    affine = np.eye(4)
    affine[:3, 0] = first.directions[0] * first.spacing[1]
    affine[:3, 1] = first.directions[1] * first.spacing[0]
    affine[:3, 2] = _step(slices, normal, gap)
    affine[:3, 3] = first.position
    values = np.stack([one.values.T for one in slices], axis=2)
    windows = first.windows if first.modality == "CT" else ()  # others' vary by slice
    turned = LPS_TO_RAS @ affine
    return Volume(values, turned, first.modality, windows=windows, negative=first.negative)


def _read(files: Sequence[SourceFile]) -> list[Slice]:
    slices: list[Slice] = []
    for file in files:
        slices.append(_slice(file))
        check_voxels((*slices[0].values.shape, len(slices)), file.name)
    return slices


def _slice(file: SourceFile) -> Slice:
    with opened(file) as dataset:
        orientation = dataset.get("ImageOrientationPatient")
        position = dataset.get("ImagePositionPatient")
        spacing = dataset.get("PixelSpacing")
        if not (orientation and position and spacing):
            raise RowError("does not say where in the body it lies: it is no slice", file.name)
        return Slice(
            name=file.name,
            series=str(dataset.get("SeriesInstanceUID", "")),
            modality=str(dataset.get("Modality", "")),
            values=_compact(rescaled(dataset)),
            directions=np.array(orientation, dtype=np.float64).reshape(2, 3),
            position=np.array(position, dtype=np.float64),
            spacing=(float(spacing[0]), float(spacing[1])),
            thickness=_thickness(dataset),
            windows=tuple((look.name, *look.span) for look in looks_of(dataset)),
            negative=dataset.PhotometricInterpretation == "MONOCHROME1",
        )


def _compact(values: NDArray[np.float64]) -> NDArray[np.generic]:
    """16 bits where they hold the values exactly, as in CT; else single precision."""
    whole = bool((values == np.rint(values)).all())
    if whole and values.min() >= LEAST and values.max() <= MOST:
        return values.astype(np.int16)
    return values.astype(np.float32)


def _thickness(dataset: pydicom.Dataset) -> float:
    """The distance to the next slice as the tags tell it; used where there is only one."""
    given = dataset.get("SpacingBetweenSlices") or dataset.get("SliceThickness")
    return abs(float(given)) if given else 1.0


def _refuse_other(first: Slice, other: Slice) -> None:
    """Each folder is one series; scouts and second phases do not belong into it."""
    alike = {
        "of another series: put each series into a folder of its own": other.series == first.series,
        "of another size": other.values.shape == first.values.shape,
        "turned otherwise (a scout?): leave it out": np.allclose(
            other.directions, first.directions, atol=1e-3
        ),
        "of another pixel spacing": np.allclose(other.spacing, first.spacing, rtol=1e-3),
    }
    for problem, holds in alike.items():
        if not holds:
            raise RowError(f"is {problem}; the others are like {first.name}", other.name)


def _gap(slices: Sequence[Slice]) -> float:
    """The distance between neighbours; raises ``RowError`` where slices are missing or double."""
    if len(slices) == 1:
        return slices[0].thickness
    gaps = np.diff([one.height for one in slices])
    usual = float(np.median(gaps))
    for number, gap in enumerate(gaps):
        name, before = slices[number + 1].name, slices[number].name
        if gap < 0.01:
            raise RowError(f"lies where {before} lies: give one phase of the series", name)
        if abs(gap - usual) > UNEVEN * usual:
            problem = f"lies {gap:.2f} mm from {before}, others {usual:.2f} mm: a slice is missing"
            raise RowError(problem, name)
    return usual


def _step(slices: Sequence[Slice], normal: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """From one slice to the next; not along the normal where the gantry was tilted."""
    if len(slices) == 1:
        return normal * gap
    return np.asarray((slices[-1].position - slices[0].position) / (len(slices) - 1))
