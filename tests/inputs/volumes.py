"""Made-up volumes, asymmetric on purpose: who swaps two sides is found out."""

import io
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

SHAPE = (20, 16, 12)
MARKER, FRONT, HEAD = 1000, 500, 250


def phantom(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.int16]:
    """In canonical order: a block each at the patient's right, front and head, all else -100."""
    x, y, z = shape
    values = np.full(shape, -100, dtype=np.int16)
    values[x - x // 4 :, y // 3 : 2 * y // 3, :] = MARKER
    values[x // 3 : 2 * x // 3, y - y // 4 :, :] = FRONT
    values[x // 3 : 2 * x // 3, y // 3 : 2 * y // 3, z - z // 4 :] = HEAD
    return values


def nifti(
    values: NDArray[Any] | None = None,
    *,
    axes: str = "RAS",
    spacing: tuple[float, float, float] = (1.0, 1.5, 2.0),
    name: str = ".nii.gz",
    **header: Any,
) -> bytes:
    """A canonical volume as a file whose axes run otherwise, e.g. ``LPS``."""
    values = phantom() if values is None else values
    image = nib.Nifti1Image(values, np.diag([*spacing, 1.0]))
    turn = nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt("RAS"), nib.orientations.axcodes2ornt(axes)
    )
    turned = image.as_reoriented(turn)
    for key, value in header.items():
        turned.header[key] = value
    data = turned.to_bytes()
    if name.endswith(".gz"):
        import gzip

        return gzip.compress(data, 1, mtime=0)
    return bytes(data)


def series(values: NDArray[np.int16] | None = None, **tags: Any) -> dict[str, bytes]:
    """A canonical volume as CT slices in shuffled order, whose tags name a patient.

    ``tags`` override those of every slice; a function is given the slice's number.
    """
    values = phantom() if values is None else values
    slices = [(k, slice_of(values, k, tags)) for k in range(values.shape[2])]
    order = np.random.default_rng(3).permutation(len(slices))
    return {f"scan/{place:03}.dcm": slices[k][1] for place, k in enumerate(order)}


def slice_of(values: NDArray[np.int16], k: int, tags: dict[str, Any]) -> bytes:
    """Rows run from front to back and columns from right to left, as scanners write them."""
    pixels = (values[::-1, ::-1, k].T + 1024).astype("<i2")
    x, y, _ = values.shape
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{k + 1}"
    fields = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": f"1.2.3.{k + 1}",
        "SeriesInstanceUID": "1.2.9",
        "Modality": "CT",
        "PatientName": "Doe^Jane",
        "PatientID": "SECRET-42",
        "StudyDate": "20240229",
        "InstitutionName": "Secret Hospital",
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [-(x - 1) * 1.0, -(y - 1) * 1.5, 2.0 * k],
        "PixelSpacing": [1.5, 1.0],
        "SliceThickness": 2.0,
        "Rows": y,
        "Columns": x,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "WindowCenter": 400,
        "WindowWidth": 1000,
        "PixelData": pixels.tobytes(),
    }
    for name, value in {**fields, **tags}.items():
        chosen = value(k) if callable(value) else value
        if chosen is not None:
            setattr(dataset, name, chosen)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
