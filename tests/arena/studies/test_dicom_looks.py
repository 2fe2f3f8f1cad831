"""A DICOM image is shown as its tables and windows ask, or refused with the tag that is wrong."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataelem import DataElement
from pydicom.pixels import apply_modality_lut, apply_voi, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

from arena.core.errors import RowError
from arena.studies.formats import case_context
from arena.studies.models import Asset, CaseVersion, Study
from arena.studies.readers.looks import NAMES
from arena.studies.stills.base import Look as Seen
from arena.studies.stills.volumes import volume_stills
from arena.voting.viewer_words import TEXTS
from tests.arena.studies.test_import_images import load, slice_of
from tests.inputs.volumes import series
from tests.inputs.world import study_reading, written

pytestmark = pytest.mark.django_db
LUT_DATA = 0x00283006
CURVE = [round(255 * (i / 63) ** 2) for i in range(64)]


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture
def images() -> Study:
    return study_reading("image-2d", slug="looks")


def table(
    entries: list[int], first: int = 0, bits: int = 8, *, vr: str = "US", name: str = ""
) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [len(entries), first, bits])
    data = np.array(entries, "<u2").tobytes() if vr == "OW" else entries
    item.add(DataElement(LUT_DATA, vr, data))
    if name:
        item.LUTExplanation = name
    return item


def asked(**tags: Any) -> bytes:
    """Stored values 0, 5, …, 115, without rescaling or windows but those of ``tags``."""
    none = dict.fromkeys(("RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth"))
    return slice_of(**{**none, **tags})


def shown(study: Study, folder: Path, data: bytes) -> NDArray[np.float64]:
    (folder / "x.dcm").write_bytes(data)
    load(study, folder / "x.dcm")
    return pixels("image")


def pixels(name: str) -> NDArray[np.float64]:
    """Of the case that came in last."""
    asset = Asset.objects.filter(name=name).order_by("pk").last()
    assert asset
    with asset.file.open() as file, Image.open(file) as image:
        return np.asarray(image, dtype=np.float64)


def by_pydicom(data: bytes, apply: Callable[..., NDArray[Any]]) -> NDArray[np.float64]:
    """What pydicom makes of its values."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    found = apply(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    return np.asarray(found, dtype=np.float64)


@pytest.mark.parametrize(
    "item",
    [
        table(CURVE, first=20),
        table(CURVE, first=20, vr="OW"),
        table([8 * value for value in CURVE], first=-10, bits=11),
        table([64 * value for value in CURVE], first=30, bits=16),
        table(CURVE[::-1]),
    ],
    ids=["numbers", "bytes", "first below zero", "16 bits", "falling"],
)
def test_a_table_shows_each_value_as_it_says(
    images: Study, tmp_path: Path, item: pydicom.Dataset
) -> None:
    data = asked(VOILUTSequence=Sequence([item]), WindowCenter=50, WindowWidth=10)
    wanted = by_pydicom(data, apply_voi) / (2 ** item.LUTDescriptor[2] - 1) * 255
    assert np.abs(shown(images, tmp_path, data) - wanted).max() <= 0.5
    assert np.ptp(wanted) > 20


@pytest.mark.parametrize("entries", [CURVE, CURVE[:63]])
def test_two_entries_of_8_bits_may_share_a_word(
    images: Study, tmp_path: Path, entries: list[int]
) -> None:
    item = table(entries, first=20, vr="OW")
    wanted = shown(images, tmp_path, asked(VOILUTSequence=Sequence([item])))
    item[LUT_DATA].value = bytes([*entries, 0][: len(entries) + len(entries) % 2])
    assert (shown(images, tmp_path, asked(VOILUTSequence=Sequence([item]))) == wanted).all()
    assert np.ptp(wanted) > 20


def test_implicit_tags_are_read_as_well(images: Study, tmp_path: Path) -> None:
    explicit = asked(VOILUTSequence=Sequence([table(CURVE, first=20, vr="OW")]))
    dataset = pydicom.dcmread(io.BytesIO(explicit))
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer, implicit_vr=True, little_endian=True)
    wanted = by_pydicom(explicit, apply_voi)
    assert np.abs(shown(images, tmp_path, buffer.getvalue()) - wanted).max() <= 0.5


def test_a_table_of_the_modality_comes_before_the_window(images: Study, tmp_path: Path) -> None:
    modality = table([10 * i for i in range(100)], bits=16)
    window = {"WindowCenter": 300, "WindowWidth": 401}
    data = asked(ModalityLUTSequence=Sequence([modality]), **window)
    unit = by_pydicom(data, lambda values, _: values)
    wanted = np.clip((unit - 99.5) / 400, 0, 1) * 255
    assert unit.max() == 990, "what lies beyond the table is as its end"
    assert np.abs(shown(images, tmp_path, data) - wanted).max() <= 0.5


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_window_is_of_the_function_the_file_names(
    images: Study, tmp_path: Path, function: str
) -> None:
    data = asked(WindowCenter=50, WindowWidth=40, VOILUTFunction=function)
    found = by_pydicom(data, apply_windowing)
    wanted = (found + 2**15) / (2**16 - 1) * 255
    assert np.abs(shown(images, tmp_path, data) - wanted).max() <= 0.5


def test_inverted_grey_is_turned_round_after_the_table(images: Study, tmp_path: Path) -> None:
    item = Sequence([table(CURVE, first=20)])
    data = asked(VOILUTSequence=item, PhotometricInterpretation="MONOCHROME1")
    wanted = 255 - by_pydicom(data, apply_voi)
    assert np.abs(shown(images, tmp_path, data) - wanted).max() <= 0.5


def test_further_windows_are_offered_and_their_names_tell_nobody(
    images: Study, tmp_path: Path
) -> None:
    names = ["NORMAL", "harder", "Doe^Jane 1959"]
    windows = {"WindowCenter": [50, 60, 20], "WindowWidth": [101, 21, 11]}
    first = shown(images, tmp_path, asked(**windows, WindowCenterWidthExplanation=names))
    version = CaseVersion.objects.get()
    told = json.loads(case_context(version, lambda name: f"/{name}")["image"]["looks"])
    assert told == [["Harder", "/look-2"], ["", "/look-3"]]
    stored = np.arange(24).reshape(4, 6) * 5
    assert np.abs(first - np.clip((stored + 0.5) / 100, 0, 1) * 255).max() <= 0.5
    assert np.abs(pixels("look-2") - np.clip((stored - 49.5) / 20, 0, 1) * 255).max() <= 0.5
    assert np.abs(pixels("look-3") - np.clip((stored - 14.5) / 10, 0, 1) * 255).max() <= 0.5
    assert "Doe" not in repr([vars(asset) for asset in Asset.objects.all()])


def test_every_name_of_a_look_can_be_said_in_another_language() -> None:
    assert set(NAMES) - set(TEXTS) == set()


BROKEN = {
    "of no descriptor": ("LUTDescriptor", None, r"LUT Descriptor \(0028,3002\) is missing"),
    "of no data": ("LUTData", None, r"LUT Data \(0028,3006\) has 0 entries"),
    "too short": ("LUTDescriptor", [100, 0, 8], "has 64 entries, and LUT Descriptor .* says 100"),
    "too deep": ("LUTDescriptor", [64, 0, 32], "says 32 bits"),
    "too bright": ("LUTData", [300] * 64, "holds 300, and LUT Descriptor .* says 8 bits"),
}


@pytest.mark.parametrize("sequence", ["VOILUTSequence", "ModalityLUTSequence"])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_table_is_refused_by_file_and_tag(
    images: Study, tmp_path: Path, broken: str, sequence: str
) -> None:
    name, value, message = BROKEN[broken]
    item = table(CURVE)
    if value is None:
        delattr(item, name)
    else:
        setattr(item, name, value)
    tag = r"\(0028,3010\)" if sequence.startswith("VOI") else r"\(0028,3000\)"
    with pytest.raises(RowError, match=rf"x\.dcm.*{tag}.*{message}"):
        shown(images, tmp_path, asked(**{sequence: Sequence([item])}))
    assert not Asset.objects.exists()


def test_an_unknown_function_is_refused_by_file_and_tag(images: Study, tmp_path: Path) -> None:
    data = asked(WindowCenter=50, WindowWidth=40, VOILUTFunction="CUBIC")
    with pytest.raises(RowError, match=r"x\.dcm.*VOI LUT Function \(0028,1056\) is 'CUBIC'"):
        shown(images, tmp_path, data)


def volume_of(folder: Path, slug: str = "series", /, **tags: Any) -> dict[str, Any]:
    study = study_reading("volume", slug=slug)
    load(study, written(folder, series(**tags)), accept_phi_findings=True)
    version = CaseVersion.objects.get(case__study=study)
    meta: dict[str, Any] = version.assets.get(name="volume").meta
    return meta


@pytest.mark.parametrize("odd", ["nan  ", "1e999", "-inf "])
@pytest.mark.parametrize("tag", ["WindowCenter", "WindowWidth"])
def test_a_window_that_is_no_number_is_as_none(
    images: Study, tmp_path: Path, tag: str, odd: str
) -> None:
    tags = {"WindowCenter": "77.50", "WindowWidth": "88.50"}
    said = tags[tag].encode()
    usual = shown(images, tmp_path, asked())
    assert (shown(images, tmp_path, asked(**tags).replace(said, odd.encode())) == usual).all()
    study = study_reading("volume", slug="series")
    files = {name: data.replace(said, odd.encode()) for name, data in series(**tags).items()}
    load(study, written(tmp_path / "series", files), accept_phi_findings=True)
    version = CaseVersion.objects.get(case__study=study)
    assert version.assets.get(name="volume").meta["window"] == [-160, 240]


def test_a_series_offers_the_windows_of_its_slices(tmp_path: Path) -> None:
    tags = {"WindowCenter": [40, -600], "WindowWidth": [401, 1601]}
    meta = volume_of(tmp_path, **tags, WindowCenterWidthExplanation=["Secret", "LUNG"])
    assert meta["window"] == [-160.5, 239.5]
    assert meta["windows"] == [["Lung", -1400.5, 199.5]]


def test_a_series_with_a_table_begins_with_the_values_it_tells_apart(tmp_path: Path) -> None:
    curve = [0] * 100 + list(range(1, 256)) + [255] * 100
    meta = volume_of(tmp_path, VOILUTSequence=Sequence([table(curve, first=-200)]))
    assert meta["window"] == [-101.0, 154.0]
    assert meta["windows"] == [["", -100.0, 899.0]], "the window beside it"


def test_a_series_of_inverted_grey_is_turned_round_wherever_it_is_seen(tmp_path: Path) -> None:
    plain, turned = tmp_path / "plain", tmp_path / "turned"
    usual = volume_of(plain, "usual")
    shown_so = {name: pixels(name) for name in ("axial", "coronal", "sagittal")}
    meta = volume_of(turned, "turned", PhotometricInterpretation="MONOCHROME1")
    assert meta == {**usual, "negative": True}, "the values stay as they are"
    assert all(np.abs(255 - pixels(name) - grey).max() <= 1 for name, grey in shown_so.items())
    asset = Asset.objects.filter(name="volume")[0]
    with asset.file.open() as file:
        data = file.read()
    (one,), (other,) = (volume_stills(data, found, Seen(most=1)) for found in (usual, meta))
    assert "-100 (black) to 899 (white)" in one.said and "899 (black) to -100 (white)" in other.said
    greys = [np.asarray(Image.open(io.BytesIO(still.data)), np.float64) for still in (one, other)]
    assert np.abs(255 - greys[0] - greys[1]).max() <= 1
