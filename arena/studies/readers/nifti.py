"""NIfTI files, plain or gzipped: voxels, their place, and nothing of the header's texts."""

import zlib

import nibabel as nib
import numpy as np

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile
from arena.studies.readers.volumes import MOST_VOXELS, Volume, check_voxels

GZIP = b"\x1f\x8b"
MOST_BYTES = 8 * MOST_VOXELS + 2**20
REAL = "iuf"


def is_nifti(name: str) -> bool:
    return name.lower().endswith((".nii", ".nii.gz"))


def nifti_volume(file: SourceFile) -> Volume:
    """The volume; raises ``RowError`` if it is none, incomplete, too large or of colours."""
    data = gunzipped(file) if file.data.startswith(GZIP) else file.data
    try:
        image = _image(data)
        header, proxy = image.header, image.dataobj  # the header forgets offset and slope
        shape = tuple(int(side) for side in header.get_data_shape())
        dtype, offset = header.get_data_dtype(), int(proxy.offset)
        affine = np.asarray(image.affine, dtype=np.float64)
    except Exception as error:  # nibabel raises many classes on damaged headers
        raise RowError("is no NIfTI file that can be read", file.name) from error
    shape = shape[:3] if shape[3:] and set(shape[3:]) == {1} else shape
    check_voxels(shape, file.name)
    if not (int(header["sform_code"]) or int(header["qform_code"])):
        problem = "does not say which side is right (no qform, no sform): convert it again"
        raise RowError(problem, file.name)
    if dtype.kind not in REAL:
        raise RowError(f"holds {dtype} values: give one of whole or real numbers", file.name)
    voxels = int(np.prod(shape))
    if len(data) - offset < voxels * dtype.itemsize:
        raise RowError("is shorter than its header says: copy it again", file.name)
    values = np.frombuffer(data, dtype, voxels, offset).reshape(shape, order="F")
    return Volume(values, affine, slope=float(proxy.slope), intercept=float(proxy.inter))


def gunzipped(file: SourceFile) -> bytes:
    """What the file unpacks to; a bomb is stopped at the largest volume that fits."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(file.data, MOST_BYTES + 1)
    except zlib.error as error:
        raise RowError("is not a gzip file that can be read: copy it again", file.name) from error
    if len(data) > MOST_BYTES:
        raise RowError("unpacks to far more than a volume holds", file.name)
    if not unpacker.eof:
        raise RowError("is cut off: copy it again", file.name)
    return data


def _image(data: bytes) -> nib.Nifti1Image:
    """By the header's own size: 348 bytes is NIfTI-1, 540 is NIfTI-2, in either byte order."""
    sizes = {int.from_bytes(data[:4], order) for order in ("little", "big")}
    return (nib.Nifti2Image if 540 in sizes else nib.Nifti1Image).from_bytes(data)
