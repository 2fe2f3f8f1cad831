"""Where a mask lies, in words and numbers, as a reader without pictures is told."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.voting.presenters import presenter_for
from arena.voting.presenters.base import Shown
from arena.voting.presenters.whereabouts import in_the_body, in_the_image, place_of
from evaluation.kinds import CaseFacts
from evaluation.kinds.mask import record_of_volume
from evaluation.kinds.rle import rle_encode, rle_rows
from tests.inputs.test_volume_masks import lesions

SIZE = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 6))


@st.composite
def volumes(draw: st.DrawFn) -> np.ndarray:
    shape = draw(SIZE)
    count = int(np.prod(shape))
    return np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count))).reshape(shape)


def record_of(mask: np.ndarray, **more: Any) -> dict[str, Any]:
    depth, height, width = mask.shape
    objects = [{"label": "x", "counts": rle_encode(mask.reshape(-1, width))}]
    return {"width": width, "height": height, "depth": depth, "objects": objects, **more}


@given(volumes())
def test_rows_are_those_of_the_mask(mask: np.ndarray) -> None:
    flat = mask.reshape(-1, mask.shape[2])
    again = np.zeros_like(flat)
    for row, first, length in zip(*rle_rows(rle_encode(flat), mask.shape[2]), strict=True):
        assert not again[row, first : first + length].any()
        again[row, first : first + length] = True
    assert (again == flat).all()


@given(volumes())
def test_bounds_and_middle_are_those_of_the_mask(mask: np.ndarray) -> None:
    place = place_of(record_of(mask), "x")
    if not mask.any():
        assert place is None
        return
    assert place is not None
    set_at = np.argwhere(mask)[:, ::-1]
    assert place.low == tuple(set_at.min(axis=0)) and place.high == tuple(set_at.max(axis=0))
    middle = (set_at.mean(axis=0) + 0.5) / mask.shape[::-1]
    assert place.centre == pytest.approx(tuple(middle))


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        (slice(0, 3), slice(0, 3), "upper left"),
        (slice(6, 9), slice(3, 6), "lower middle"),
        (slice(3, 6), slice(6, 9), "middle right"),
        (slice(0, 9), slice(0, 9), "in the middle"),
    ],
)
def test_thirds_of_an_image_are_named(rows: slice, columns: slice, words: str) -> None:
    mask = np.zeros((1, 9, 9), dtype=bool)
    mask[0, rows, columns] = True
    record = record_of(mask)
    told = in_the_image(place_of({k: v for k, v in record.items() if k != "depth"}, "x"))
    bounds = [[columns.start, columns.stop - 1], [rows.start, rows.stop - 1]]
    assert told == {"thirds": words, "bounds": bounds}


def test_slices_of_a_volume_are_counted_as_the_viewer_does() -> None:
    told = in_the_body(place_of(lesions(), "liver"))
    assert told["thirds"] == "towards the right"
    assert [(s["plane"], s["first"], s["last"]) for s in told["slices"]] == [
        ("axial", 4, 6),
        ("coronal", 5, 9),
        ("sagittal", 15, 19),
    ]
    middle = np.zeros((9, 9, 9), np.uint8)
    middle[4, 4, 4] = 1
    told = in_the_body(place_of(record_of_volume(middle, {1: "x"}), "x"))
    assert told["thirds"] == "in the middle"


def test_a_label_without_any_pixel_has_no_place_on_either_side() -> None:
    empty = {"width": 2, "height": 2, "objects": [{"label": "x", "counts": [4]}]}
    full = {**empty, "objects": [{"label": "x", "counts": [0, 4]}]}
    for record, other, thirds in ((empty, full, ""), (full, empty, "in the middle")):
        data = presenter_for("mask").data(Shown(record, other, CaseFacts(), lambda name: name))
        assert [layer["thirds"] for layer in data["layers"]] == [thirds]
        assert set(data["layers"][0]) >= {"thirds", "bounds", "percent"}
