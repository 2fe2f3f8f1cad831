"""CT and MR volumes: right stays right, values stay values, names stay behind."""

import gzip
import struct
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from django.test import Client, override_settings
from django.urls import reverse

from arena.core.errors import RowError
from arena.studies.formats import case_facts
from arena.studies.models import Asset, Case, CaseVersion, Study
from tests.inputs.volumes import SHAPE, nifti, phantom, series
from tests.inputs.world import load, study_reading, written

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def study() -> Study:
    return study_reading("volume", "text-answer")


def stored(name: str = "volume") -> bytes:
    with Asset.objects.get(name=name).file.open() as file:
        return bytes(file.read())


def stored_volume() -> nib.Nifti1Image:
    return nib.Nifti1Image.from_bytes(gzip.decompress(stored()))


@pytest.mark.parametrize("axes", ["RAS", "LPS", "LAS", "SRA", "PIL"])
def test_the_order_of_axes_in_the_file_changes_nothing(
    study: Study, tmp_path: Path, axes: str
) -> None:
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(nifti(axes=axes))
    assert load(study, path) == 1
    image = stored_volume()
    assert nib.aff2axcodes(image.affine) == ("R", "A", "S")
    assert (np.asarray(image.dataobj) == phantom()).all()
    meta = Asset.objects.get(name="volume").meta
    assert (meta["shape"], meta["spacing_mm"]) == (list(SHAPE), [1.0, 1.5, 2.0])
    assert Case.objects.get().key == "scan"


def test_a_dicom_series_gives_the_same_volume_whatever_the_order_of_its_files(
    study: Study, tmp_path: Path
) -> None:
    load(study, written(tmp_path / "upload", series()))
    image = stored_volume()
    assert (np.asarray(image.dataobj) == phantom()).all()
    assert np.allclose(np.abs(np.diag(image.affine))[:3], [1.0, 1.5, 2.0])
    meta = Asset.objects.get(name="volume").meta
    assert (meta["modality"], meta["window"]) == ("CT", [-100.0, 899.0])
    assert Case.objects.get().key == "scan"


def test_no_tag_of_the_slices_and_no_text_of_the_header_comes_along(
    study: Study, tmp_path: Path
) -> None:
    written(tmp_path / "upload", series())
    named = nifti(descrip=b"Jane Doe", aux_file=b"SECRET-42", intent_name=b"Hospital")
    (tmp_path / "upload" / "other.nii.gz").write_bytes(named)
    load(study, tmp_path / "upload")
    for asset in Asset.objects.all():
        with asset.file.open() as file:
            data = file.read()
        data += gzip.decompress(data) if asset.name == "volume" else b""
        for secret in (b"Jane", b"SECRET", b"Hospital", b"20240229", b"1.2.9"):
            assert secret not in data
        assert "SECRET" not in str(asset.meta)


def test_equal_volumes_are_equal_bytes(study: Study, tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").write_bytes(nifti())
    (tmp_path / "b.nii").write_bytes(nifti(axes="LPS", name=".nii"))
    load(study, tmp_path)
    digests = set(Asset.objects.filter(name="volume").values_list("digest", flat=True))
    assert len(digests) == 1
    assert load(study, tmp_path) == 0


def test_real_numbers_are_kept_to_a_part_in_thirty_thousand(study: Study, tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(0.5, 0.2, SHAPE).astype(np.float32)
    values[0, 0, 0] = np.nan
    (tmp_path / "map.nii.gz").write_bytes(nifti(values))
    load(study, tmp_path)
    kept = stored_volume().get_fdata()
    finite = np.isfinite(values)
    assert np.abs(kept - values)[finite].max() <= np.ptp(values[finite]) / 30_000
    assert np.isfinite(kept).all()


def test_a_slope_in_the_header_is_applied(study: Study, tmp_path: Path) -> None:
    data = bytearray(nifti(name=".nii"))
    data[112:120] = struct.pack("<ff", 2.0, -5.0)
    (tmp_path / "scaled.nii").write_bytes(data)
    load(study, tmp_path / "scaled.nii")
    assert (stored_volume().get_fdata() == 2.0 * phantom() - 5.0).all()


def test_outputs_may_know_the_size_of_the_volume(study: Study, tmp_path: Path) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    load(study, tmp_path)
    facts = case_facts(CaseVersion.objects.get())
    assert (facts.width, facts.height, facts.extra["depth"]) == SHAPE


def header_claiming(*sides: int) -> bytes:
    """A NIfTI file that is all header: so large, it says."""
    image = nib.Nifti1Image(np.zeros((1, 1, 1), dtype=np.int16), np.eye(4))
    header = image.header.copy()
    header["dim"][: len(sides) + 1] = [len(sides), *sides]
    header["vox_offset"] = 352
    return header.binaryblock + b"\0" * 4 + b"\0" * 1000


def nameless_place() -> bytes:
    """A file whose header holds neither of the two codes that say what its axes mean."""
    data = nifti(name=".nii")
    return data[:252] + bytes(4) + data[256:]


REFUSED = {
    "empty": (b"", "is empty"),
    "no NIfTI": (b"hello" * 200, "is no NIfTI file that can be read"),
    "cut off": (nifti(name=".nii")[:2000], "is shorter than its header says"),
    "gzip cut off": (nifti()[:300], "is cut off"),
    "no gzip": (b"\x1f\x8b" + b"x" * 500, "is not a gzip file"),
    "huge": (header_claiming(2000, 2000, 2000), "voxels; at most"),
    "flat": (header_claiming(64, 64), "has 2 axes"),
    "over time": (nifti(np.zeros((4, 4, 4, 3), np.int16)), "has 4 axes"),
    "colours": (nifti(np.zeros(SHAPE, np.complex64)), "holds complex64 values"),
    "no place": (nameless_place(), "does not say which side is right"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_damaged_or_doubtful_file_is_refused_with_a_sentence(
    study: Study, tmp_path: Path, fault: str
) -> None:
    data, message = REFUSED[fault]
    (tmp_path / "scan.nii.gz").write_bytes(data)
    with pytest.raises(RowError, match=message):
        load(study, tmp_path / "scan.nii.gz")
    assert not Case.objects.exists() and not Asset.objects.exists()


def test_a_bomb_is_not_unpacked(study: Study, tmp_path: Path) -> None:
    zeros = zlib.compressobj(9, zlib.DEFLATED, 31)
    (tmp_path / "scan.nii.gz").write_bytes(zeros.compress(bytes(9_000_000)) + zeros.flush())
    with (
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(RowError, match="unpacks to far more than a volume holds"),
    ):
        patch.setattr("arena.studies.readers.nifti.MOST_BYTES", 8_000_000)
        load(study, tmp_path / "scan.nii.gz")


ODD_SERIES = {
    "burned in": ({"BurnedInAnnotation": "YES"}, "says that text is burned into the image"),
    "ultrasound": ({"Modality": "US"}, "that may carry burned-in text"),
    "no place": ({"ImagePositionPatient": None}, "does not say where in the body it lies"),
    "two series": (
        {"SeriesInstanceUID": lambda k: f"1.2.{9 + (k == 4)}"},
        "is of another series: put each series into a folder of its own",
    ),
    "a scout": (
        {"ImageOrientationPatient": lambda k: ([1, 0, 0, 0, k != 4, -(k == 4)])},
        "is turned otherwise",
    ),
    "a gap": (
        {"ImagePositionPatient": lambda k: [0, 0, 2.0 * k + (2.0 if k > 5 else 0)]},
        "a slice is missing",
    ),
    "two phases": ({"ImagePositionPatient": lambda k: [0, 0, 2.0 * (k // 2)]}, "lies where"),
    "a tilted gantry": (
        {"ImagePositionPatient": lambda k: [0, 0.4 * k, 2.0 * k]},
        "is sheared \\(a tilted gantry\\)",
    ),
    "colour": ({"PhotometricInterpretation": "RGB"}, "its pixels cannot be read"),
    "short": ({"PixelData": b"\0" * 50}, "its pixels cannot be read"),
}


@pytest.mark.parametrize("fault", ODD_SERIES)
def test_a_series_that_is_not_one_volume_is_refused(
    study: Study, tmp_path: Path, fault: str
) -> None:
    tags, message = ODD_SERIES[fault]
    with pytest.raises(RowError, match=message):
        load(study, written(tmp_path / "upload", series(**tags)))
    assert not Case.objects.exists()


def test_a_table_beside_the_folders_describes_each(study: Study, tmp_path: Path) -> None:
    folder = written(tmp_path / "upload", series())
    (folder / "mr.nii.gz").write_bytes(nifti())
    (folder / "cases.csv").write_text(
        "file,key,caption,modality\nscan,ct-1,Fall from a ladder.,\nmr.nii.gz,mr-1,,mr\n"
    )
    assert load(study, folder) == 2
    captions = dict(CaseVersion.objects.values_list("case__key", "content__caption"))
    assert captions == {"ct-1": "Fall from a ladder.", "mr-1": ""}
    modalities = [a.meta["modality"] for a in Asset.objects.filter(name="volume").order_by("pk")]
    assert modalities == ["CT", "MR"]


def test_more_voxels_than_the_limit_are_refused_before_they_are_unpacked(
    study: Study, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arena.studies.readers.volumes.MOST_VOXELS", 20 * 16 * 5)
        with pytest.raises(RowError, match="voxels; at most 1,600 fit: crop or resample it"):
            load(study, written(tmp_path / "upload", series()))


def test_the_page_shows_three_middle_slices_without_a_viewer(
    study: Study, tmp_path: Path, client: Client
) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    load(study, tmp_path)
    client.force_login(study.created_by)
    page = client.get(reverse("manage-case", args=[study.slug, study.cases.get().pk]))
    html = page.content.decode()
    for plane in ("axial", "coronal", "sagittal"):
        assert f"/assets/{plane}" in html and f"Middle slice, {plane}" in html
    assert "20 × 16 × 12 voxels of 1 × 1.5 × 2 mm" in html


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data")
@override_settings(UPLOAD_LIMIT_BYTES=2**20)
def test_real_files_come_in(study: Study, tmp_path: Path) -> None:
    for name in ("anatomical.nii", "someones_epi.nii.gz"):
        (tmp_path / name).write_bytes((DATA / "cases_nifti_small" / name).read_bytes())
    for name in ("CT_small.dcm", "MR_small_RLE.dcm"):
        slices = tmp_path / name.split("_")[0]
        slices.mkdir()
        (slices / name).write_bytes((DATA / "cases_dicom_small" / name).read_bytes())
    assert load(study, tmp_path) == 4
    meta = {a.case_version.case.key: a.meta for a in Asset.objects.filter(name="volume")}
    assert meta["CT"]["shape"] == [128, 128, 1]
    assert meta["someones_epi"]["tilt_degrees"] == 17.2
