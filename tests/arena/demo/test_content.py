"""What the demo shows is made here or ships inside dependencies, and is marked as such."""

import io

import numpy as np
import pytest
from PIL import Image

from arena.demo.images import SAMPLES, pictures
from arena.demo.notes import entities_split, note_read, notes

PICTURES = list(pictures())


def test_every_sample_file_is_installed_with_its_package() -> None:
    assert {key for _, _, key, *_ in SAMPLES} <= {picture.key for picture in PICTURES}


def test_keys_are_unique() -> None:
    keys = [picture.key for picture in PICTURES]
    assert len(keys) == len(set(keys))


def test_synthetic_pictures_say_so_and_carry_their_mask() -> None:
    for picture in PICTURES:
        assert picture.synthetic == (picture.mask is not None)
        assert picture.synthetic == picture.source.startswith("Synthesised")


def test_synthetic_pictures_are_the_same_every_time() -> None:
    again = {picture.key: picture.data for picture in pictures()}
    assert all(again[picture.key] == picture.data for picture in PICTURES)


@pytest.mark.parametrize(
    "picture", [p for p in PICTURES if p.mask is not None], ids=lambda p: p.key
)
def test_the_mask_covers_a_sensible_part_of_the_picture(picture) -> None:  # type: ignore[no-untyped-def]
    pixels = np.asarray(Image.open(io.BytesIO(picture.data)))
    assert picture.mask is not None
    assert picture.mask.shape == pixels.shape[:2]
    assert 0.02 < picture.mask.mean() < 0.6


def test_marks_become_spans_over_plain_text() -> None:
    text, spans = entities_split("No {problem:fever}; {medication:insulin} {dose:4 units}.")
    assert text == "No fever; insulin 4 units."
    assert [(text[s["start"] : s["end"]], s["type"]) for s in spans] == [  # type: ignore[misc]
        ("fever", "problem"),
        ("insulin", "medication"),
        ("4 units", "dose"),
    ]


def test_a_note_keeps_its_fields_apart_from_its_text() -> None:
    source = "title: A\nspecialty: b\nsummary: c: d\n---\nPlan:\nRest.\n"
    note = note_read(key="k", source=source)
    assert (note.title, note.specialty, note.summary, note.text) == (
        "A",
        "b",
        "c: d",
        "Plan:\nRest.",
    )


def test_twelve_notes_of_several_specialties_with_all_entity_types() -> None:
    found = list(notes())
    assert len(found) == 12
    assert len({note.specialty for note in found}) >= 10
    types = {str(span["type"]) for note in found for span in note.spans}
    assert types == {"problem", "medication", "dose", "test", "anatomy"}
