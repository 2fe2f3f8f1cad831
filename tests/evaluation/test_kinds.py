"""Output kinds: what they accept, what they refuse and by which field, and how they score."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from evaluation.kinds import CaseFacts, RecordError, kind_for, kinds
from evaluation.kinds.rle import rle_decode, rle_encode

NOTE = CaseFacts(text="Fever since Monday. Took paracetamol.")
IMAGE = CaseFacts(width=4, height=3)
SPAN = {"start": 0, "end": 5, "type": "problem"}
FULL = {"label": "lung", "counts": [0, 12]}


def mask(**changes: Any) -> dict[str, Any]:
    return {"width": 4, "height": 3, "objects": [FULL], **changes}


def test_the_kinds_are_found_and_an_unknown_one_lists_them() -> None:
    assert {"mask", "spans", "summary", "text-answer"} <= set(kinds())
    with pytest.raises(KeyError, match=r"mask, .*summary"):
        kind_for("masks")


@pytest.mark.parametrize(
    ("key", "record", "field"),
    [
        ("text-answer", {}, "text"),
        ("text-answer", [], "record"),
        ("text-answer", {"text": 3}, "text"),
        ("text-answer", {"text": None}, "text"),
        ("text-answer", {"text": "a\x00b"}, "text"),
        ("text-answer", {"text": "\ud800"}, "text"),
        ("text-answer", {"text": "x" * 5_000_000}, "text"),
        ("text-answer", {"text": "ok", "steps": ["fine", 4]}, "steps[1]"),
        ("text-answer", {"text": "ok", "steps": "one"}, "steps"),
        ("summary", {"text": "ok", "model": "x"}, "model"),
        ("summary", {"text": math.nan}, "text"),
        ("spans", {"spans": {}}, "spans"),
        ("spans", {"spans": [SPAN, {"start": 1, "end": 2}]}, "spans[1].type"),
        ("spans", {"spans": [{**SPAN, "start": -1}]}, "spans[0].start"),
        ("spans", {"spans": [{**SPAN, "start": math.nan}]}, "spans[0].start"),
        ("spans", {"spans": [{**SPAN, "start": True}]}, "spans[0].start"),
        ("spans", {"spans": [{**SPAN, "start": 5}]}, "spans[0].end"),
        ("spans", {"spans": [SPAN, {**SPAN, "end": 38}]}, "spans[1].end"),
        ("spans", {"spans": [{**SPAN, "type": " "}]}, "spans[0].type"),
        ("spans", {"spans": [{**SPAN, "type": "a\nb"}]}, "spans[0].type"),
        ("spans", {"spans": [7]}, "spans[0]"),
        ("mask", mask(width=5), "width"),
        ("mask", mask(height=0), "height"),
        ("mask", mask(height=3.0), "height"),
        ("mask", mask(width=math.inf), "width"),
        ("mask", mask(objects=[{"label": "lung", "counts": [0, 11]}]), "objects[0].counts"),
        ("mask", mask(objects=[{"label": "lung", "counts": [13, -1]}]), "objects[0].counts[1]"),
        ("mask", mask(objects=[FULL, {"label": "", "counts": [12]}]), "objects[1].label"),
        ("mask", mask(objects=[{"counts": [12]}]), "objects[0].label"),
        ("mask", mask(objects=None), "objects"),
    ],
)
def test_a_faulty_record_is_refused_by_the_name_of_its_field(
    key: str, record: Any, field: str
) -> None:
    case = IMAGE if key == "mask" else NOTE
    with pytest.raises(RecordError) as caught:
        kind_for(key).validate(record, case)
    assert caught.value.field == field


def test_text_is_stored_with_plain_line_ends_in_nfc() -> None:
    record = kind_for("summary").validate({"text": "e\u0301\r\nb\rc"}, NOTE)
    assert record == {"text": "é\nb\nc"}


def test_spans_are_stored_in_order_and_once() -> None:
    late = {"start": 24, "end": 35, "type": "drug"}
    record = kind_for("spans").validate({"spans": [late, SPAN, late]}, NOTE)
    assert record == {"spans": [SPAN, late]}


def test_zero_runs_inside_a_mask_are_joined() -> None:
    loose = mask(objects=[{"label": "lung", "counts": [2, 3, 0, 4, 3]}])
    record = kind_for("mask").validate(loose, IMAGE)
    assert record["objects"][0]["counts"] == [2, 7, 3]


@pytest.mark.parametrize(
    ("key", "empty", "full"),
    [
        ("summary", {"text": " \n"}, {"text": "x"}),
        ("text-answer", {"text": ""}, {"text": "x"}),
        ("spans", {"spans": []}, {"spans": [SPAN]}),
        ("mask", mask(objects=[{"label": "lung", "counts": [12]}]), mask()),
    ],
)
def test_a_record_that_says_nothing_is_empty(key: str, empty: Any, full: Any) -> None:
    kind, case = kind_for(key), IMAGE if key == "mask" else NOTE
    assert kind.is_empty(kind.validate(empty, case))
    assert not kind.is_empty(kind.validate(full, case))


@given(npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_run_lengths_give_back_the_mask(pixels: Any) -> None:
    height, width = pixels.shape
    counts = rle_encode(pixels)
    assert sum(counts) == pixels.size
    assert all(counts[1:]), "only the first run may be zero"
    assert (rle_decode(counts, width=width, height=height) == pixels).all()


def test_run_lengths_that_do_not_fill_the_image_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 3"):
        rle_decode([3], width=2, height=2)


def test_scores_against_a_reference_are_those_worked_out_by_hand() -> None:
    text = kind_for("summary").scores(
        {"text": "the cat sat"}, {"text": "The cat was on the mat"}, NOTE
    )
    assert text == {"token_f1": pytest.approx(1 / 3), "rouge_l": pytest.approx(4 / 9)}
    half = mask(objects=[{"label": "lung", "counts": [6, 6]}])
    assert kind_for("mask").scores(half, mask(), IMAGE) == {
        "dice": pytest.approx(2 / 3),
        "iou": 0.5,
    }
    shifted = {"spans": [{**SPAN, "end": 4}]}
    spans = kind_for("spans").scores(shifted, {"spans": [SPAN]}, NOTE)
    assert spans == {"strict_f1": 0.0, "relaxed_f1": 1.0}


@pytest.mark.parametrize(
    ("key", "record"),
    [("summary", {"text": "x y"}), ("spans", {"spans": [SPAN]}), ("mask", mask())],
)
def test_a_record_scores_one_against_itself(key: str, record: Any) -> None:
    case = IMAGE if key == "mask" else NOTE
    assert set(kind_for(key).scores(record, record, case).values()) == {1.0}


def test_masks_that_would_unpack_to_gigabytes_are_refused() -> None:
    empty = {"label": "lung", "counts": [8192 * 8192]}
    few = {"width": 8192, "height": 8192, "objects": [empty] * 5}
    many = {**few, "objects": [empty] * 6}
    assert kind_for("mask").validate(few, CaseFacts())["width"] == 8192
    with pytest.raises(RecordError, match="objects"):
        kind_for("mask").validate(many, CaseFacts())
