"""Outputs made elsewhere as files: masks, arrays, outlines, texts; from folders, zips and tars."""

import io
import json
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from arena.core.errors import RowError, UserError
from arena.generations.models import Generation, OutputFile
from arena.generations.services import outputs_import
from arena.generations.services.output_records import case_named, record_of_file
from arena.studies.new_case import SourceFile
from evaluation.kinds import CaseFacts
from evaluation.kinds.mask import masks_by_label
from tests import media
from tests.arena.generations import world
from tests.arena.voting.world import system as output_system
from tests.arena.voting.world import world as voting_world

LABELS = np.array([[0, 1, 1], [2, 0, 1]], dtype=np.uint8)
NAMES = {"1": "liver", "2": "spleen"}


def png(values: Any = LABELS, mode: str = "") -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(values)
    (image.convert(mode) if mode else image).save(buffer, "PNG")
    return buffer.getvalue()


def npy(values: Any, *, pickled: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=pickled)
    return buffer.getvalue()


def nifti(values: Any, affine: Any = None, *, scale: float | None = None) -> bytes:
    image = nib.Nifti1Image(values, np.eye(4) if affine is None else affine)
    if scale:
        image.header.set_slope_inter(scale, 0)
    return image.to_bytes()


def record(name: str, data: bytes, kind: str = "mask", labels: Any = None) -> Any:
    return record_of_file(SourceFile(name, data), kind=kind, labels=labels)


# A file as a record ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("m.png", png()),
        ("m.png", png(mode="P")),
        ("m.png", png(LABELS.astype(np.uint16))),
        ("m.npy", npy(LABELS)),
        ("m.npy", npy(LABELS.astype(np.int64))),
    ],
    ids=["grey", "palette", "grey-16", "array", "array-64"],
)
def test_a_label_image_becomes_named_regions(name: str, data: bytes) -> None:
    found = record(name, data, labels=NAMES)
    masks = masks_by_label(found)
    assert (found["width"], found["height"]) == (3, 2)
    assert np.array_equal(masks["liver"], LABELS == 1)
    assert np.array_equal(masks["spleen"], LABELS == 2)


def test_one_region_may_be_named_by_a_word_and_unnamed_ones_are_counted() -> None:
    one = png((LABELS == 1).astype(np.uint8) * 255)
    assert record("m.png", one, labels="lesion")["objects"][0]["label"] == "lesion"
    assert record("m.png", one)["objects"][0]["label"] == "region"
    assert [item["label"] for item in record("m.png", png())["objects"]] == ["region 1", "region 2"]


def test_a_label_volume_lies_as_the_case_does_whichever_way_it_was_written() -> None:
    """The same voxels, stored with every axis the other way and two exchanged."""
    right_front_up = np.zeros((4, 3, 2), dtype=np.int16)
    right_front_up[3, 0, 1], right_front_up[0, 2, 0] = 1, 2
    turned = right_front_up[::-1, ::-1, ::-1].transpose(1, 0, 2)
    affine = np.array([[0, -1, 0, 3], [-1, 0, 0, 2], [0, 0, -1, 1], [0, 0, 0, 1]], dtype=float)
    straight = record("m.nii", nifti(right_front_up), labels=NAMES)
    assert record("m.nii", nifti(turned, affine), labels=NAMES) == straight
    assert (straight["width"], straight["height"], straight["depth"]) == (4, 3, 2)
    masks = masks_by_label(straight)
    assert np.argwhere(masks["liver"]).tolist() == [[1, 0, 3]]
    assert np.argwhere(masks["spleen"]).tolist() == [[0, 2, 0]]
    stacked = right_front_up.transpose(2, 1, 0)
    assert record("m.npy", npy(stacked), labels=NAMES) == straight


def test_labels_stored_as_real_or_scaled_numbers_are_whole_again() -> None:
    values = np.zeros((2, 2, 2), dtype=np.float32)
    values[1, 1, 1] = 2
    assert record("m.nii.gz", nifti(values))["objects"][0]["label"] == "region"
    scaled = record("m.nii", nifti(np.ones((2, 2, 2), dtype=np.int16), scale=2.0), labels=NAMES)
    assert scaled["objects"][0]["label"] == "spleen"


def test_other_kinds_are_read_from_their_files() -> None:
    outline = {"type": "FeatureCollection", "features": []}
    assert record("a.geojson", json.dumps(outline).encode(), "polygons") == outline
    assert record("a.json", b'{"spans": []}', "spans") == {"spans": []}
    assert record("a.txt", "Ödem.".encode(), "summary") == {"text": "Ödem."}
    assert record("a.npy", npy(np.eye(2)), "heat-map") == {"values": [[1.0, 0.0], [0.0, 1.0]]}
    assert record("clips/a.webm", b"", "video-generated") == {"video": "clips/a.webm"}
    assert record("m.json", b'{"width": 1}') == {"width": 1}


@pytest.mark.parametrize(
    ("name", "data", "kind", "labels", "said"),
    [
        ("m.png", png()[:-20], "mask", None, "no PNG that can be read"),
        ("m.png", b"GIF89a", "mask", None, "no PNG that can be read"),
        ("m.png", png(np.zeros((2, 2, 3), dtype=np.uint8)), "mask", None, "has colours"),
        ("m.png", png(np.arange(900).reshape(30, 30).astype(np.uint16)), "mask", None, "a picture"),
        ("m.npy", npy(np.ones((2, 2))), "mask", None, "holds float64: labels are whole"),
        ("m.npy", npy(np.array([{}]), pickled=True), "mask", None, "holds object"),
        ("m.npy", npy(LABELS)[:-2], "mask", None, "no array that is read"),
        ("m.npy", npy(np.ones(4, dtype=int)), "mask", None, "2 or 3 axes"),
        ("m.nii", nifti(np.full((2, 2, 2), 0.5, dtype=np.float32)), "mask", None, "not whole"),
        ("m.nii", nifti(np.full((2, 2, 2), np.nan, dtype=np.float32)), "mask", None, "no labels"),
        ("m.nii.gz", b"\x1f\x8b\x08\x00", "mask", None, "cut off|gzip"),
        ("m.tif", b"II*", "mask", None, "give PNG, NPY, NIfTI or JSON"),
        ("m.png", png(), "mask", {"1": "liver"}, "does not name the value 2"),
        ("m.png", png(), "mask", {"1": "liver", "2": 3}, "does not name the value 2"),
        ("m.png", png(), "mask", "liver", r"name each of \[1, 2\]"),
        ("a.geojson", b"{", "polygons", None, "not valid JSON"),
        ("a.txt", b"\xff\xfe", "summary", None, "not UTF-8"),
        ("a.pdf", b"%PDF", "summary", None, "no file from which summary can be read"),
    ],
    ids=range(18),
)
def test_a_file_that_is_no_record_is_told(
    name: str, data: bytes, kind: str, labels: Any, said: str
) -> None:
    with pytest.raises(RowError, match=said):
        record(name, data, kind, labels)


def test_a_file_is_called_as_its_case() -> None:
    names = ("a/case-1.nii.gz", "case-1.png", "case.1.txt")
    assert [case_named(name) for name in names] == ["case-1", "case-1", "case.1"]


# Archives ----------------------------------------------------------------------------------------
Files = dict[str, bytes]


def zipped(files: Files, path: Path) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path.with_suffix(".zip")


def tarred(mode: str, suffix: str) -> Callable[[Files, Path], Path]:
    def pack(files: Files, path: Path) -> Path:
        target = path.with_name(path.name + suffix)
        with tarfile.open(target, mode) as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return target

    return pack


def foldered(files: Files, path: Path) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


plain, squeezed = tarred("w", ".tar"), tarred("w:gz", ".tar.gz")
PACKERS = [
    zipped,
    plain,
    squeezed,
    tarred("w:bz2", ".tar.bz2"),
    tarred("w:xz", ".tar.xz"),
    foldered,
]


@pytest.fixture
def bring(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The cases here have no image, so that masks of any size fit."""
    module = sys.modules["arena.generations.services.outputs_import"]
    monkeypatch.setattr(module, "case_facts", lambda _: CaseFacts())
    study = world.study(output_kind="mask", input_kind="image-2d")
    world.cases(study, 2)
    world.system(study, "uploaded", adapter="precomputed")
    place = {"study": study, "by": study.created_by, "system_slug": "uploaded"}

    def call(files: Files, pack: Callable[[Files, Path], Path] = zipped) -> int:
        return outputs_import(**place, path=pack(files, tmp_path / "outputs"))

    return call


TABLE = b'case,file,labels\ncase-0,masks/a.png,"{""1"": ""liver"", ""2"": ""spleen""}"\n'


@pytest.mark.parametrize("pack", PACKERS)
def test_a_table_and_its_files_come_in_every_wrapping(
    bring: Callable[..., int], pack: Callable[[Files, Path], Path]
) -> None:
    lines = TABLE + b"case-1,masks/b.npy,lesion\n"
    one = (LABELS == 1).astype(np.uint8)
    files = {"x/outputs.csv": lines, "x/masks/a.png": png(), "x/masks/b.npy": npy(one)}
    assert bring(files, pack) == 2
    first, second = Generation.objects.order_by("case_version__case__position")
    assert [item["label"] for item in first.record["objects"]] == ["liver", "spleen"]
    assert second.record["objects"][0]["label"] == "lesion"
    assert not OutputFile.objects.exists()


@pytest.mark.parametrize("pack", [zipped, squeezed])
def test_without_a_table_files_are_called_as_their_cases(
    bring: Callable[..., int], pack: Callable[[Files, Path], Path]
) -> None:
    assert bring({"case-0.png": png(), "case-1.npy": npy(LABELS)}, pack) == 2


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"o.csv": TABLE}, "row 2, column 'file': there is no file 'masks/a.png'"),
        (
            {"o.csv": TABLE, "masks/a.png": png()[:-9]},
            "row 2, column 'file': masks/a.png: is no PNG",
        ),
        (
            {"o.csv": b"case,file,labels\ncase-0,a.png,liver\n", "a.png": png()},
            r"row 2, column 'labels': a.png: name each",
        ),
        (
            {"o.csv": b"case,file,labels\ncase-0,a.png,{\n", "a.png": png()},
            "row 2, column 'labels': is not valid JSON",
        ),
        ({"o.csv": b"case,file,text\ncase-0,a.png,x\n", "a.png": png()}, "row 2: needs case and"),
        ({"o.csv": TABLE, "masks/a.png": png(), "spare.png": png()}, "spare.png: lies beside"),
        ({"case-0.png": png(), "case-9.png": png()}, "the study has no case 'case-9'"),
        ({"case-0.png": png(), "case-0.npy": npy(LABELS)}, "answered in an earlier row"),
        ({"a.csv": TABLE, "b.csv": TABLE}, "holds 2 tables"),
        ({"o.csv": TABLE, "masks/a.png": png(), "inner.zip": b"PK"}, "archive inside the archive"),
        ({"../o.csv": TABLE}, "leads outside"),
        ({"/o.csv": TABLE}, "leads outside"),
        ({"C:/o.csv": TABLE}, "leads outside"),
    ],
)
@pytest.mark.parametrize("pack", [zipped, plain])
def test_a_faulty_archive_is_told_by_its_place_and_nothing_is_stored(
    bring: Callable[..., int], pack: Callable[[Files, Path], Path], files: Files, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        bring(files, pack)
    assert not Generation.objects.exists()


def test_links_and_devices_in_a_tar_are_refused(bring: Callable[..., int]) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):

        def pack(files: Files, path: Path, kind: bytes = kind) -> Path:
            target = path.with_name("odd.tar")
            with tarfile.open(target, "w") as archive:
                info = tarfile.TarInfo("o.csv")
                info.type, info.linkname = kind, "/etc/passwd"
                archive.addfile(info)
            return target

        with pytest.raises(UserError, match="is a link or no plain file"):
            bring({}, pack)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, "end"])
@pytest.mark.parametrize("pack", [zipped, plain, squeezed])
def test_a_cut_off_archive_brings_nothing(
    bring: Callable[..., int], pack: Callable[[Files, Path], Path], cut: float | str
) -> None:
    files = {f"case-{n}.png": png(np.random.default_rng(n).integers(0, 3, (64, 64), dtype=np.uint8))
             for n in range(2)}  # fmt: skip

    def half(files: Files, path: Path) -> Path:
        whole = pack(files, path)
        data = whole.read_bytes()
        kept = len(data) - 10_240 + 4096 if cut == "end" and pack is plain else 0
        keep = kept or int(len(data) * (0.97 if cut == "end" else float(cut)))
        whole.write_bytes(data[:keep].rstrip(b"\0") if pack is plain else data[:keep])
        return whole

    with pytest.raises(UserError, match=r"cut off|cannot be read|can be read"):
        bring(files, half)
    assert not Generation.objects.exists()


@pytest.mark.parametrize("pack", [zipped, squeezed])
def test_an_archive_that_unpacks_without_end_is_stopped_early(
    bring: Callable[..., int], pack: Callable[[Files, Path], Path], settings: Any
) -> None:
    settings.UPLOAD_LIMIT_BYTES = 2**20
    bomb = {"case-0.npy": bytes(64 * 2**20)}
    packed = pack(bomb, Path(settings.MEDIA_ROOT).parent / "bomb")
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="unpacks to"):
            bring({}, lambda *_: packed)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()
        packed.unlink()


def test_clips_and_sounds_come_by_the_file_column(db: None, tmp_path: Path) -> None:
    here = voting_world("audio-generated", n_cases=1, n_systems=0)
    slug = output_system(here.study, here.study.created_by, "One").version.system.slug
    files = {"o.csv": b"case,file\ncase-0,sounds/a.wav\n", "sounds/a.wav": media.wav()}
    path = zipped(files, tmp_path / "o")
    outputs_import(study=here.study, by=here.study.created_by, system_slug=slug, path=path)
    assert OutputFile.objects.get().media_type == "audio/wav"
