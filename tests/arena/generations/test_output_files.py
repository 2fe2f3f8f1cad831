"""Files beside an answer: stored clean and by content, or refused as a failure of the system."""

from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage

from arena.generations.models import Generation, OutputFile
from arena.generations.services import generation_claim, generation_complete, generation_request
from arena.generations.services.output_files import MOST_BYTES, MOST_FILES, clean_file
from arena.studies.new_case import SourceFile
from tests import media
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
NAMED = {"image": "first.png"}


@pytest.fixture
def claimed(monkeypatch: pytest.MonkeyPatch) -> Generation:
    monkeypatch.setattr("arena.generations.services.requests.enqueue", lambda *_, **__: None)
    study = world.study(output_kind="image-generated")
    world.cases(study, 1)
    world.system(study)
    generation_request(study=study)
    return generation_claim(owner="w", resource="cpu", limit=1)[0]


def complete(row: Generation, record: Any, files: dict[str, bytes], owner: str = "w") -> Generation:
    generation_complete(
        generation_id=row.pk, owner=owner, record=record, provenance={}, files=files
    )
    row.refresh_from_db()
    return row


def test_a_file_is_stored_clean_and_the_record_knows_it_by_its_content(claimed: Generation) -> None:
    row = complete(claimed, NAMED, {"first.png": media.png()})
    stored = row.files.get()
    assert row.status == "succeeded"
    assert row.record == {
        "image": {
            "sha256": stored.digest,
            "media_type": "image/png",
            "width": 128.0,
            "height": 96.0,
        },
        "synthetic": True,
    }
    assert stored.file.name == f"outputs/{stored.digest[:2]}/{stored.digest}"
    with stored.file.open("rb") as file:
        body = file.read()
    assert len(body) == stored.size
    assert media.SECRET not in body


def test_the_same_picture_is_stored_once_whatever_its_tags(claimed: Generation) -> None:
    first = clean_file(SourceFile("a.png", media.png()))
    second = clean_file(SourceFile("b.png", media.png(secret=b"made by Wombat 9")))
    assert first.digest == second.digest
    complete(claimed, NAMED, {"first.png": media.png()})
    assert default_storage.exists(f"outputs/{first.digest[:2]}/{first.digest}")
    assert len(default_storage.listdir(f"outputs/{first.digest[:2]}")[1]) == 1


FORGED = {"sha256": "0" * 64, "media_type": "image/png", "width": 1, "height": 1}


@pytest.mark.parametrize(
    ("record", "files", "problem"),
    [
        (NAMED, {}, "image: names a file 'first.png' that did not come along"),
        (NAMED, {"other.png": media.png()}, "did not come along (other.png)"),
        ({"image": FORGED}, {}, "a file that did not come along"),
        (
            NAMED,
            {"first.png": media.png(), "spare.png": media.png(5)},
            "spare.png: came along, but the record does not name it",
        ),
        (NAMED, {"first.png": b"<html><script>alert(1)</script>"}, "first.png: is no image"),
        (NAMED, {"first.png": media.png()[:60]}, "first.png: is truncated or damaged"),
        (NAMED, {"first.png": b""}, "first.png: is no image"),
        (NAMED, {"first.png": media.gif()}, "image: is a file of type video/webm"),
        (NAMED, {"first.png": media.wav()}, "image: is a file of type audio/wav"),
        (NAMED, {"first.png": media.npy(np.zeros((2, 2)))}, "image: is a file of type"),
        ({"image": 7}, {}, "image: must be the name of a file"),
        ({"image": {"media_type": "text/html"}}, {}, "image: must be the name of a file"),
        (NAMED, {"first.png": bytes(MOST_BYTES + 1)}, "larger than 64 MB together"),
        (NAMED, {f"{n}.png": b"" for n in range(MOST_FILES + 1)}, "at most 16 fit"),
    ],
)
def test_a_file_that_is_missing_spare_hostile_or_too_large_fails_the_system(
    claimed: Generation, record: Any, files: dict[str, bytes], problem: str
) -> None:
    row = complete(claimed, record, files)
    assert (row.status, row.failure, row.record) == ("failed", "invalid_output", None)
    assert problem in row.error
    assert not OutputFile.objects.exists()


def test_a_late_answer_leaves_no_file_behind(claimed: Generation) -> None:
    row = complete(claimed, NAMED, {"first.png": media.png()}, owner="somebody else")
    assert row.status == "claimed"
    assert not OutputFile.objects.exists()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (media.png(), "image/png"),
        (media.webm(), "video/webm"),
        (media.mp4(), "video/mp4"),
        (media.gif(), "video/webm"),
        (media.wav(), "audio/wav"),
        (media.npy(np.ones((2, 3))), "application/x-npy"),
    ],
)
def test_what_a_file_is_its_bytes_say_and_not_its_name(data: bytes, media_type: str) -> None:
    assert clean_file(SourceFile("results.txt", data)).media_type == media_type
