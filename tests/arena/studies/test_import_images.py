"""Images, archives and DICOM: only clean pixels come in, everything doubtful is refused."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from django.test import override_settings
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    UltrasoundImageStorage,
)

from arena.core.errors import RowError
from arena.studies.formats import case_context, case_facts
from arena.studies.models import Asset, Case, CaseVersion, Study
from arena.studies.services import cases_import

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")  # type: ignore[attr-defined]


def load(study: Study, path: Path, **options: object) -> int:
    return cases_import(study=study, by=study.created_by, path=path, **options)


def picture(
    size: tuple[int, int] = (40, 30), mode: str = "RGB", kind: str = "PNG", **save: object
) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(buffer, format=kind, **save)
    return buffer.getvalue()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def slice_of(**tags: object) -> bytes:
    """A made-up MR slice whose tags name a patient; ``tags`` overrides."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    fields = {
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": "1.2.3",
        "Modality": "MR",
        "PatientName": "Doe^Jane",
        "PatientID": "SECRET-42",
        "Rows": 4,
        "Columns": 6,
        "PixelSpacing": [0.5, 0.25],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "RescaleSlope": 2,
        "RescaleIntercept": -100,
        "WindowCenter": 0.5,
        "WindowWidth": 101,
        "PixelData": np.arange(24, dtype="<i2").reshape(4, 6).__mul__(5).tobytes(),
    }
    for name, value in {**fields, **tags}.items():
        if value is not None:
            setattr(dataset, name, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def stored_bytes() -> bytes:
    with Asset.objects.get().file.open("rb") as file:
        return bytes(file.read())


def stored_image() -> Image.Image:
    return Image.open(io.BytesIO(stored_bytes()))


class TestPictures:
    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16", "CMYK", "LA"])
    def test_every_mode_becomes_eight_bit_grey_or_colour(
        self, image_study: Study, tmp_path: Path, mode: str
    ) -> None:
        kind = "JPEG" if mode == "CMYK" else "PNG"
        (tmp_path / "x.png").write_bytes(picture(mode=mode, kind=kind))
        assert load(image_study, tmp_path / "x.png") == 1
        image = stored_image()
        assert image.mode in {"L", "RGB"} and image.size == (40, 30)

    def test_no_metadata_comes_along(self, image_study: Study, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[0x013B] = "Dr Secret"
        exif[0x0112] = 6
        data = picture(kind="JPEG", exif=exif.tobytes(), comment=b"Jane Doe")
        (tmp_path / "x.jpg").write_bytes(data)
        load(image_study, tmp_path / "x.jpg")
        stored = stored_bytes()
        kinds = [stored[8:][i : i + 4] for i in chunk_starts(stored)]
        assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}
        assert stored_image().size == (30, 40), "the picture is turned as its tag said"

    def test_facts_and_pane_know_the_size(self, image_study: Study, tmp_path: Path) -> None:
        (tmp_path / "x.png").write_bytes(picture())
        load(image_study, tmp_path / "x.png")
        version = CaseVersion.objects.get()
        facts = case_facts(version)
        assert (facts.width, facts.height) == (40, 30)
        pane = case_context(version, lambda name: f"/somewhere/{name}")
        assert pane["template"] == "studies/formats/image-2d.html"
        assert pane["image"]["url"] == "/somewhere/image"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (picture((400, 300))[:200], "is truncated or damaged"),
            (picture(kind="JPEG")[:300], "x.png: is"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "is no image of a"),
            (b"%PDF-1.4", "is no image of a kind"),
            (b"", "is empty"),
        ],
        ids=["truncated PNG", "truncated JPEG", "SVG", "PDF", "empty"],
    )
    def test_what_is_no_whole_image_is_refused(
        self, image_study: Study, tmp_path: Path, data: bytes, message: str
    ) -> None:
        (tmp_path / "x.png").write_bytes(data)
        with pytest.raises(RowError, match=message):
            load(image_study, tmp_path / "x.png")
        assert not Case.objects.exists()

    @pytest.mark.parametrize("side", [7_000, 12_000, 60_000])
    def test_an_image_of_too_many_pixels_is_never_decoded(
        self, image_study: Study, tmp_path: Path, side: int
    ) -> None:
        (tmp_path / "x.png").write_bytes(png_claiming(side, side))
        with pytest.raises(RowError, match="pixels"):
            load(image_study, tmp_path / "x.png")

    def test_an_animation_is_refused(self, image_study: Study, tmp_path: Path) -> None:
        frames = [Image.new("L", (4, 4), shade) for shade in (0, 255)]
        frames[0].save(tmp_path / "x.tiff", save_all=True, append_images=frames[1:])
        with pytest.raises(RowError, match="has several frames"):
            load(image_study, tmp_path / "x.tiff")


def chunk_starts(png: bytes) -> list[int]:
    """Offsets of chunk names, counted from after the signature."""
    starts, place = [], 0
    while place + 8 < len(png):
        (length,) = struct.unpack(">I", png[8 + place : 12 + place])
        starts.append(place + 4)
        place += 12 + length
    return starts


def png_claiming(width: int, height: int) -> bytes:
    """A small file whose header claims a huge image."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


class TestFoldersAndArchives:
    def test_a_folder_becomes_a_case_per_image(self, image_study: Study, tmp_path: Path) -> None:
        folder = tmp_path / "set"
        (folder / "sub").mkdir(parents=True)
        (folder / "b.png").write_bytes(picture())
        (folder / "sub" / "a.jpg").write_bytes(picture(kind="JPEG"))
        (folder / ".DS_Store").write_bytes(b"x")
        assert load(image_study, folder) == 2
        assert list(Case.objects.values_list("key", flat=True)) == ["b", "sub/a"]

    def test_a_table_beside_the_images_describes_them(
        self, image_study: Study, tmp_path: Path
    ) -> None:
        table = (
            "file,key,title,caption,modality,reference\n"
            'x.png,case-1,First,A cell,microscopy,"{""width"":40,""height"":30,""objects"":[]}"\n'
        )
        path = zipped(tmp_path / "x.zip", {"cases.csv": table.encode(), "x.png": picture()})
        assert load(image_study, path) == 1
        version = CaseVersion.objects.get()
        assert (version.case.key, version.title) == ("case-1", "First")
        assert version.content == {"caption": "A cell"}
        assert version.assets.get().meta["modality"] == "microscopy"
        assert version.reference == {"width": 40, "height": 30, "objects": []}

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            ({"cases.csv": b"file\ny.png\n", "x.png": picture()}, "row 2, column 'file': there is"),
            ({"cases.csv": b"key\nx\n", "x.png": picture()}, "column 'file': is missing"),
            (
                {"cases.csv": b"file\nx.png\n", "x.png": picture(), "y.png": picture()},
                "cases.csv: says nothing about the file 'y.png'",
            ),
            ({"a.csv": b"file\nx\n", "b.csv": b"file\nx\n"}, "b.csv: is a second table"),
            ({"a.png": picture(), "a.jpg": picture(kind="JPEG")}, "'a' was already used in a.jpg"),
            ({"../x.png": picture()}, "leads outside the archive"),
            ({"/etc/x.png": picture()}, "leads outside the archive"),
            ({"C:\\x.png": picture()}, "leads outside the archive"),
            ({"inner.zip": b"x"}, "is an archive inside the archive"),
            ({"inner.png": b"PK\x03\x04rest"}, "is an archive inside the archive"),
            ({"x.png": picture(), "bomb.png": b"\0" * 5_000_000}, "unpacks to far more"),
            ({"notes.txt": b"hello"}, "notes.txt: is no image"),
            ({}, "x.zip: holds no cases"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_doubtful_archive_is_refused_whole(
        self, image_study: Study, tmp_path: Path, files: dict[str, bytes], message: str
    ) -> None:
        with pytest.raises(RowError, match=message):
            load(image_study, zipped(tmp_path / "x.zip", files))
        assert not Case.objects.exists()

    def test_links_are_refused(self, image_study: Study, tmp_path: Path) -> None:
        path = tmp_path / "x.zip"
        link = zipfile.ZipInfo("x.png")
        link.external_attr = 0o120777 << 16
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(link, "/etc/passwd")
        with pytest.raises(RowError, match="is a link"):
            load(image_study, path)
        folder = tmp_path / "set"
        folder.mkdir()
        (folder / "x.png").symlink_to("/etc/hostname")
        with pytest.raises(RowError, match=r"x\.png: is a link"):
            load(image_study, folder)

    def test_a_lying_or_broken_archive_is_refused(self, image_study: Study, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip", {"x.png": picture((200, 200))})
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(RowError, match="is not a zip archive that can be read"):
            load(image_study, path)
        path.write_bytes(whole.replace(whole[60:80], b"\xff" * 20))
        with pytest.raises(RowError, match=r"x\.zip"):
            load(image_study, path)

    def test_an_archive_over_the_limit_is_refused(self, image_study: Study, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 255, 200_000, dtype=np.uint8).tobytes()
        path = zipped(tmp_path / "x.zip", {"a.png": noise, "b.png": noise})
        with (
            override_settings(UPLOAD_LIMIT_BYTES=len(path.read_bytes()) - 100),
            pytest.raises(RowError, match="larger than"),
        ):
            load(image_study, path)
        with (
            override_settings(UPLOAD_LIMIT_BYTES=300_000),
            pytest.raises(RowError, match=r"larger than|unpacks to more"),
        ):
            load(image_study, path)

    def test_the_same_image_twice_is_one_file(self, image_study: Study, tmp_path: Path) -> None:
        load(image_study, zipped(tmp_path / "x.zip", {"a.png": picture(), "b.png": picture()}))
        paths = set(Asset.objects.values_list("file", flat=True))
        assert Asset.objects.count() == 2 and len(paths) == 1
        assert next(iter(paths)).startswith("assets/")

    def test_a_text_study_takes_no_images(self, note_study: Study, tmp_path: Path) -> None:
        with pytest.raises(RowError, match="is not a table"):
            load(note_study, zipped(tmp_path / "x.zip", {"a.png": picture()}))


class TestDicom:
    def test_values_are_rescaled_windowed_and_spacing_is_kept(
        self, image_study: Study, tmp_path: Path
    ) -> None:
        (tmp_path / "x.dcm").write_bytes(slice_of())
        load(image_study, tmp_path / "x.dcm")
        asset = Asset.objects.get()
        assert asset.meta == {
            "width": 6,
            "height": 4,
            "spacing_mm": [0.5, 0.25],
            "modality": "MR",
            "sides": [],
        }
        # Stored 0, 5, …, 115 → 2x - 100 = -100 … 130; the window shows -50 … 50.
        shown = np.asarray(stored_image()).ravel().astype(float)
        wanted = np.clip((np.arange(24) * 10 - 100 + 50) / 100, 0, 1) * 255
        assert np.abs(shown - wanted).max() <= 0.5

    def test_a_ct_slice_without_a_window_opens_on_soft_tissue(
        self, image_study: Study, tmp_path: Path
    ) -> None:
        tags = {"SOPClassUID": CTImageStorage, "Modality": "CT", "WindowCenter": None}
        (tmp_path / "x.dcm").write_bytes(slice_of(**tags, RescaleSlope=40, RescaleIntercept=-1024))
        load(image_study, tmp_path / "x.dcm")
        hounsfield = np.arange(24) * 200 - 1024
        wanted = np.clip((hounsfield + 160) / 400, 0, 1) * 255
        assert np.abs(np.asarray(stored_image()).ravel() - wanted).max() <= 0.5

    def test_an_mr_slice_without_a_window_leaves_out_the_extremes(
        self, image_study: Study, tmp_path: Path
    ) -> None:
        values = np.full(40 * 40, 50, dtype="<i2")
        values[:800], values[800] = 100, 30_000
        tags = {"Rows": 40, "Columns": 40, "WindowCenter": None, "PixelData": values.tobytes()}
        (tmp_path / "x.dcm").write_bytes(slice_of(**tags))
        load(image_study, tmp_path / "x.dcm")
        shown = np.asarray(stored_image()).ravel()
        assert (shown[0], shown[800], shown[-1]) == (255, 255, 0), (
            "one bright pixel darkens no other"
        )

    @pytest.mark.parametrize(
        ("tags", "sides"),
        [
            ({"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}, "R L A P"),
            ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, "A P H F"),
            ({"ImageOrientationPatient": [-0.97, 0.2, 0.1, 0.1, 0, -0.99]}, "L R H F"),
            ({"PatientOrientation": ["L", "F"]}, "R L H F"),
            ({"PatientOrientation": ["P", "FL"]}, "A P HR FL"),
            (
                {
                    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
                    "PatientOrientation": ["R", "H"],
                },
                "R L A P",
            ),
            ({"PatientOrientation": ["DOE", "F"]}, ""),
            ({"PatientOrientation": ["LR", "F"]}, ""),
            ({"PatientOrientation": ["", ""]}, ""),
            ({}, ""),
        ],
    )
    def test_the_sides_of_the_body_are_those_of_the_tags(
        self, image_study: Study, tmp_path: Path, tags: dict[str, object], sides: str
    ) -> None:
        (tmp_path / "x.dcm").write_bytes(slice_of(**tags))
        load(image_study, tmp_path / "x.dcm")
        version = CaseVersion.objects.get()
        assert case_facts(version).extra["sides"] == sides.split()
        assert case_context(version, str)["image"]["sides"] == sides.split()

    def test_inverted_grey_is_turned_round(self, image_study: Study, tmp_path: Path) -> None:
        data = slice_of(PhotometricInterpretation="MONOCHROME1", WindowCenter=None)
        (tmp_path / "x.dcm").write_bytes(data)
        load(image_study, tmp_path / "x.dcm")
        shown = np.asarray(stored_image()).ravel()
        assert (shown[0], shown[-1]) == (255, 0)

    def test_nothing_but_pixels_leaves_the_file(self, image_study: Study, tmp_path: Path) -> None:
        (tmp_path / "x.dcm").write_bytes(slice_of())
        load(image_study, tmp_path / "x.dcm")
        version = CaseVersion.objects.get()
        asset = version.assets.get()
        kept = stored_bytes() + repr([vars(version), vars(asset)]).encode()
        for token in (b"Doe", b"Jane", b"SECRET", b"1.2.3"):
            assert token not in kept

    @pytest.mark.parametrize(
        ("tags", "message"),
        [
            ({"BurnedInAnnotation": "YES"}, "text is burned into the image"),
            ({"BurnedInAnnotation": "MAYBE"}, "text is burned into the image"),
            ({"Modality": "US"}, r"of a kind \(US\)"),
            ({"Modality": "SC"}, r"of a kind \(SC\)"),
            ({"SOPClassUID": UltrasoundImageStorage}, "of a kind"),
            ({"SOPClassUID": None}, "of a kind"),
            ({"NumberOfFrames": 2}, "has several frames"),
            ({"PixelData": b"\0" * 40}, "pixels cannot be read"),
            ({"PixelData": None}, "pixels cannot be read"),
            ({"PhotometricInterpretation": "PALETTE COLOR"}, "pixels cannot be read"),
            ({"Rows": 65000, "Columns": 65000}, "has more than"),
        ],
    )
    def test_what_may_identify_or_cannot_be_read_is_refused_with_the_reason(
        self, image_study: Study, tmp_path: Path, tags: dict[str, object], message: str
    ) -> None:
        (tmp_path / "x.dcm").write_bytes(slice_of(**tags))
        with pytest.raises(RowError, match=message):
            load(image_study, tmp_path / "x.dcm")
        assert not Case.objects.exists()

    @pytest.mark.parametrize("keep", [140, 200, 400])
    def test_a_file_cut_short_is_refused(
        self, image_study: Study, tmp_path: Path, keep: int
    ) -> None:
        (tmp_path / "x.dcm").write_bytes(slice_of()[:keep])
        with pytest.raises(RowError, match=r"x\.dcm"):
            load(image_study, tmp_path / "x.dcm")

    def test_files_that_come_with_pydicom(self, image_study: Study, tmp_path: Path) -> None:
        for name in ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm"):
            source = get_testdata_file(name)
            (tmp_path / name).write_bytes(Path(str(source)).read_bytes())
        assert load(image_study, tmp_path) == 3

    def test_real_files_are_taken_or_refused_as_they_should(
        self, image_study: Study, shared_data: Path
    ) -> None:
        taken = set()
        for path in sorted((shared_data / "cases_dicom_small").glob("*.dcm")):
            try:
                load(image_study, path)
            except RowError as error:
                assert path.name in str(error)
            else:
                taken.add(path.stem)
        assert taken == {"CT_small", "MR_small", "MR_small_RLE", "examples_overlay"}
