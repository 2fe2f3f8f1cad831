"""Systems that take no files are shown pictures of them, or told them in words, or not asked."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from arena.generations.adapter_info import Sense
from arena.generations.models import Generation
from arena.generations.services import generation_request, study_system_add, system_register
from arena.generations.sight import look_for
from arena.generations.taking import systems_untaking
from arena.studies.drawings.raster import lines_of, raster
from arena.studies.formats import formats, in_words
from arena.studies.models import CaseVersion, Study
from arena.studies.readiness import Step, requirements
from arena.studies.stills.base import Look, evenly
from tests.inputs.test_every_kind import brought
from tests.inputs.world import load, study_reading, written
from tests.workers.chat_server import ChatServer, serving, whole
from workers import runner
from workers.adapters.base import AdapterError, Part
from workers.parts import parts_for, parts_of
from workers.residency import Residents

pytestmark = pytest.mark.django_db(transaction=True)
THREE = Look(most=3)
OF_FILES = sorted(key for key in formats() if not in_words(key))
SHOWN = {
    "image-2d": ["image"],
    "pdf-page": ["page-1"],
    "volume": ["axial"],
    "ecg": ["sheet-1"],
    "time-series": ["whole"],
    "wearable-signal": ["whole", "part-3", "part-8"],
    "whole-slide": ["whole", "field-1"],
    "video": ["frame-1", "frame-2", "frame-3"],
}


def case_of(kind: str, folder: Path) -> CaseVersion:
    study = study_reading(kind)
    load(study, brought(kind, folder), accept_phi_findings=True)
    return CaseVersion.objects.get(case__study=study)


def shown(version: CaseVersion, look: Look = THREE) -> list[Part]:
    return [p for p in parts_for(version, Sense.PICTURES, look) if p.kind == "image"]


def test_the_table_names_every_kind_of_files_but_sounds() -> None:
    assert sorted([*SHOWN, "audio"]) == OF_FILES


@pytest.mark.parametrize("kind", sorted(SHOWN))
def test_a_system_that_sees_is_shown_pictures_and_no_files(kind: str, tmp_path: Path) -> None:
    version = case_of(kind, tmp_path)
    parts = parts_for(version, Sense.PICTURES, THREE)
    assert {part.kind for part in parts} <= {"text", "image"}
    pictures = [part for part in parts if part.kind == "image"]
    names = {part.name for part in pictures}
    planes = {name.partition("-")[0] for name in names}
    assert set(SHOWN[kind]) == (planes if kind == "volume" else names)
    for part in pictures:
        with Image.open(io.BytesIO(part.data)) as image:
            assert image.size == (part.meta["width"], part.meta["height"])
        assert part.meta["said"] or kind == "image-2d"
    assert shown(version) == pictures, "the same case, the same bytes"


@pytest.mark.parametrize("kind", OF_FILES)
def test_a_system_that_reads_gets_all_of_it_in_words_or_nothing(kind: str, tmp_path: Path) -> None:
    version = case_of(kind, tmp_path)
    if kind in {"time-series", "pdf-page"}:
        parts = parts_for(version, Sense.WORDS, Look())
        assert {part.kind for part in parts} == {"text"}
        return
    with pytest.raises(AdapterError, match=f"Cannot take: {kind}") as caught:
        parts_for(version, Sense.WORDS, Look())
    assert (caught.value.failure, caught.value.retryable) == ("cannot_take", False)


@pytest.mark.parametrize("kind", sorted(formats()))
def test_a_system_that_takes_files_gets_what_it_always_got(kind: str, tmp_path: Path) -> None:
    version = case_of(kind, tmp_path)
    assert parts_for(version, Sense.FILES, Look()) == parts_of(version)


def test_a_sound_is_neither_seen_nor_read(tmp_path: Path) -> None:
    version = case_of("audio", tmp_path)
    with pytest.raises(AdapterError, match="use an adapter that is sent the files"):
        parts_for(version, Sense.PICTURES, Look())


def test_measurements_are_told_number_by_number_beside_their_picture(tmp_path: Path) -> None:
    version = case_of("time-series", tmp_path)
    (words,) = [p for p in parts_for(version, Sense.PICTURES, Look()) if p.name == "words"]
    head, *body = words.data.splitlines()
    meta = version.assets.get().meta
    assert head == "\t".join(["seconds", *meta["channels"]])
    assert len(body) == meta["rows"]


def test_a_long_waveform_is_not_told_in_words(tmp_path: Path) -> None:
    body = "\n".join(f"{n / 100},{n % 7}" for n in range(4000))
    written(tmp_path, {"ppg.csv": f"time,PPG\n{body}\n".encode()})
    study = study_reading("wearable-signal")
    load(study, tmp_path / "ppg.csv", accept_phi_findings=True)
    version = CaseVersion.objects.get(case__study=study)
    with pytest.raises(AdapterError, match="Cannot take: wearable-signal"):
        parts_for(version, Sense.WORDS, Look())
    pictures = shown(version)
    assert [part.name for part in pictures] == ["whole", "part-2", "part-4"]
    assert "sent are 2 of 4" in pictures[1].meta["said"]


def test_a_scanned_page_without_a_text_is_only_seen(tmp_path: Path) -> None:
    version = case_of("pdf-page", tmp_path)
    assert parts_for(version, Sense.WORDS, Look())
    version.content = {**version.content, "pages": ["", *version.content["pages"][1:]]}
    with pytest.raises(AdapterError, match="Cannot take: pdf-page"):
        parts_for(version, Sense.WORDS, Look())


# Volumes ----------------------------------------------------------------------------------------
def test_slices_are_of_the_chosen_plane_and_window_and_say_so(tmp_path: Path) -> None:
    version = case_of("volume", tmp_path)
    width = version.assets.get(name="volume").meta["shape"][0]
    look = look_for({"plane": "sagittal", "window": "-100, 300", "pictures": 2})
    pictures = shown(version, look)
    assert [p.name for p in pictures] == [f"sagittal-{n + 1}" for n in evenly(width, 2)]
    assert f"of {width} " in pictures[0].meta["said"]
    assert "from -100 (black) to 300 (white)" in pictures[0].meta["said"]
    assert f"sent are 2 of {width}" in pictures[0].meta["said"]
    every = shown(version, Look(most=3, plane="all"))
    assert [p.name.partition("-")[0] for p in every] == ["axial", "coronal", "sagittal"]


def test_a_narrow_window_is_black_and_white(tmp_path: Path) -> None:
    version = case_of("volume", tmp_path)
    (picture,) = shown(version, Look(most=1, window=(0.0, 1.0)))
    with Image.open(io.BytesIO(picture.data)) as image:
        values = np.asarray(image)
    assert {0, 255} & set(np.unique(values).tolist())


# ECG --------------------------------------------------------------------------------------------
def test_an_ecg_is_drawn_on_its_paper_to_scale(tmp_path: Path) -> None:
    (sheet,) = shown(case_of("ecg", tmp_path))
    assert sheet.meta["width"] == 265 * 6, "10 s at 25 mm/s and margins, six pixels a millimetre"
    assert "25 mm/s, 10 mm/mV" in sheet.meta["said"]
    with Image.open(io.BytesIO(sheet.data)) as image:
        dark = np.asarray(image.convert("L")) < 60
    assert 500 < dark.sum() < dark.size / 10, "a trace, on paper that is mostly bright"


# Slides -----------------------------------------------------------------------------------------
def test_fields_of_a_slide_are_taken_where_there_is_tissue(tmp_path: Path) -> None:
    pixels = np.full((2048, 6144, 3), 244, np.uint8)
    pixels[:, 4096:] = (190, 90, 160)
    pixels[:1024, 5120:] = (70, 20, 120)
    path = tmp_path / "slide.tif"
    plain = {"photometric": "rgb", "resolutionunit": "CENTIMETER", "resolution": (10_000, 10_000)}
    tifffile.imwrite(path, pixels, tile=(256, 256), compression="deflate", **plain)
    study = study_reading("whole-slide")
    load(study, path)
    version = CaseVersion.objects.get(case__study=study)
    whole_slide, *fields = shown(version, Look(most=9))
    assert "4 fields with tissue; sent are all of them" in whole_slide.meta["said"]
    assert [f.name for f in fields] == ["field-1", "field-2", "field-3", "field-4"]
    assert "67% from the left, 0% from the top; 1 µm a pixel" in fields[0].meta["said"]
    with Image.open(io.BytesIO(fields[1].data)) as image:
        red, green, blue = np.asarray(image, dtype=float).mean(axis=(0, 1))
    assert (round(red, -1), round(green, -1), round(blue, -1)) == (70, 20, 120)


# Clips ------------------------------------------------------------------------------------------
def test_frames_of_a_film_are_decoded_or_the_system_is_not_asked(tmp_path: Path) -> None:
    """The film is the example's, coded anew with frames that need those before them."""
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as out:
        stream = out.add_stream("libvpx-vp9", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(20):
            grey = np.full((48, 64, 3), 10 * n, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(stream.encode())
    (tmp_path / "film.webm").write_bytes(buffer.getvalue())
    study = study_reading("video")
    load(study, tmp_path / "film.webm")
    pictures = shown(CaseVersion.objects.get(case__study=study), Look(most=2))
    greys = []
    for part in pictures:
        with Image.open(io.BytesIO(part.data)) as image:
            greys.append(int(np.asarray(image.convert("L")).mean()))
    assert [p.name for p in pictures] == ["frame-6", "frame-16"]
    assert abs(greys[0] - 50) < 12 and abs(greys[1] - 150) < 12


def test_a_film_on_workers_without_a_decoder_is_a_failure_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr("arena.studies.stills.clips.WEBM", "none")
    version = case_of("video", tmp_path)
    with pytest.raises(AdapterError, match="pip install av") as caught:
        parts_for(version, Sense.PICTURES, Look())
    assert caught.value.failure == "cannot_take"


# Drawings as pixels -----------------------------------------------------------------------------
def test_paths_are_read_as_they_are_written() -> None:
    assert list(lines_of("M1 2h3v-1H0V0z")) == [[(1, 2), (4, 2), (4, 1), (0, 1), (0, 0), (1, 2)]]
    assert list(lines_of("M0 0L2 2l-1.5-1M5 5h.5")) == [
        [(0, 0), (2, 2), (0.5, 1)],
        [(5, 5), (5.5, 5)],
    ]


def test_a_drawing_with_parts_that_are_not_known_is_refused() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><image/></svg>'
    with pytest.raises(KeyError):
        raster(svg, 1)


@pytest.mark.parametrize(
    ("count", "most", "places"),
    [(3, 9, [0, 1, 2]), (10, 1, [5]), (9, 3, [1, 4, 7]), (40, 2, [10, 30])],
)
def test_places_are_the_middles_of_equal_stretches(
    count: int, most: int, places: list[int]
) -> None:
    assert evenly(count, most) == places


# Told before anything is asked ------------------------------------------------------------------
def chat(study: Study, slug: str, **config: Any) -> Any:
    wanted = {"base_url": "http://localhost:9/v1", "model": "m", **config}
    version = system_register(
        slug=slug, by=study.created_by, adapter="openai-compatible", config=wanted
    )
    return study_system_add(study=study, version=version, by=study.created_by)


@pytest.fixture
def study(tmp_path: Path, settings: Any) -> Study:
    settings.INSIDE_ENDPOINTS = ["localhost:9"]
    study = study_reading("volume")
    load(study, brought("volume", tmp_path), accept_phi_findings=True)
    chat(study, "reader")
    chat(study, "viewer", sees=True)
    return study


def test_the_systems_page_says_which_cannot_take_the_cases(study: Study, client: Client) -> None:
    client.force_login(study.created_by)
    page = client.get(reverse("manage-systems", args=[study.slug])).content.decode()
    assert "“reader” cannot be asked about 1 of 1 cases. Cannot take: volume." in page
    assert "“viewer” cannot" not in page
    (line,) = [r for r in requirements(study=study, step=Step.OPEN) if "take the cases" in r.text]
    assert (line.met, line.refuses) == (False, False)
    assert not Generation.objects.exists(), "nothing had to be asked for that"


def test_commands_say_it_as_well(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    config = ["--set", "base_url=http://localhost:9/v1", "--set", "model=m"]
    named = ["--owner", study.created_by.email, "--study", study.slug]
    call_command("register_system", "late", "--adapter", "openai-compatible", *config, *named)
    assert "“late” cannot be asked about 1 of 1 cases" in capsys.readouterr().err
    call_command("generate", study.slug)
    assert "“reader” cannot be asked" in capsys.readouterr().err


def test_only_cases_that_no_words_tell_are_counted(tmp_path: Path, settings: Any) -> None:
    settings.INSIDE_ENDPOINTS = ["localhost:9"]
    study = study_reading("wearable-signal")
    long = "\n".join(f"{n / 100},{n % 7}" for n in range(4000))
    short = "\n".join(f"{n},{n % 7}" for n in range(40))
    for name, body in {"long": long, "short": short}.items():
        written(tmp_path, {f"{name}.csv": f"time,PPG\n{body}\n".encode()})
        load(study, tmp_path / f"{name}.csv", accept_phi_findings=True)
    chat(study, "reader")
    (found,) = systems_untaking(study=study)
    assert (found.cases, found.of) == (1, 2)


# From the row to the server ---------------------------------------------------------------------
@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr("arena.generations.services.requests.enqueue", lambda *_, **__: None)
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        yield made


def test_one_that_sees_is_sent_slices_and_one_that_reads_is_not_asked(
    server: ChatServer, tmp_path: Path, settings: Any
) -> None:
    settings.INSIDE_ENDPOINTS = [server.place]
    server.say = lambda body: whole("A small effusion.")
    study = study_reading("volume")
    load(study, brought("volume", tmp_path), accept_phi_findings=True)
    place = f"http://{server.place}/v1"
    chat(study, "reader", base_url=place)
    chat(study, "viewer", base_url=place, sees=True, pictures=2)
    generation_request(study=study)
    for _ in range(3):
        runner.run(resource="remote")
    (body,) = server.bodies
    kinds = [part["type"] for part in body["messages"][-1]["content"]]
    assert kinds == ["text", "text", "image_url", "text", "image_url"]
    seen = Generation.objects.get(study_system__label="viewer")
    assert seen.status == "succeeded"
    assert [p["name"].partition("-")[0] for p in seen.provenance["pictures"]] == ["axial", "axial"]
    assert all(len(p["sha256"]) == 64 for p in seen.provenance["pictures"])
    unread = Generation.objects.get(study_system__label="reader")
    assert (unread.status, unread.failure) == ("failed", "cannot_take")
    assert "Cannot take: volume" in unread.error


def test_a_conversation_reaches_a_chat_turn_by_turn_and_is_led_anew_as_a_dialogue(
    server: ChatServer, tmp_path: Path, settings: Any
) -> None:
    settings.INSIDE_ENDPOINTS = [server.place]
    server.say = lambda body: whole(f"Reply {len(body['messages'])}")
    place = f"http://{server.place}/v1"
    for kind in ("text-answer", "chat-multi-turn"):
        study = study_reading("conversation", kind, slug=kind)
        folder = tmp_path / kind
        folder.mkdir()
        load(study, brought("conversation", folder), accept_phi_findings=True)
        chat(study, kind, base_url=place)
        generation_request(study=study)
        runner.run(resource="remote")
    assert set(Generation.objects.values_list("status", flat=True)) == {"succeeded"}
    told = [[m["role"] for m in body["messages"]] for body in server.bodies]
    assert told == [["user", "assistant", "user"], ["user"], ["user", "assistant", "user"]]
    sent = [str(body["messages"]) for body in server.bodies]
    assert all("Woman of 30.\\n\\nI have had a rash" in said for said in sent)
    assert ["Does it itch?" in said for said in sent] == [True, False, False]
    led = Generation.objects.get(study_system__study__slug="chat-multi-turn").record
    assert [turn["text"] for turn in led["turns"]][1::2] == ["Reply 1", "Reply 3"]
