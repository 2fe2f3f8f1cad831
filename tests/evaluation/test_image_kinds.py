"""Outputs that lie over an image: what is refused by which field, and how they score."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.kinds import CaseFacts, RecordError, kind_for
from evaluation.scores.boxes import Box, box_iou
from evaluation.scores.maps import correlation, mean_error, pointing_hit, resampled, similarity
from evaluation.scores.pairs import iou_matrix, pair_off
from evaluation.scores.polygons import polygon_iou, polygon_mask, ring_area

IMAGE = CaseFacts(width=40, height=30)
BOX = {"x": 1, "y": 2, "w": 10, "h": 5, "label": "nodule"}
POINT = {"x": 8, "y": 9, "label": "mitosis"}
SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]


def regions(*rings: Any, **more: Any) -> dict[str, Any]:
    return {"regions": [{"label": "tumour", "rings": list(rings), **more}]}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return {"type": "FeatureCollection", "features": [feature]}


REPORT = {
    "text": "Nodule on top. Heart normal. No effusion.",
    "regions": [
        {"id": "h", "x": 20, "y": 10, "w": 10, "h": 10},
        {"id": "n", "x": 0, "y": 0, "w": 4, "h": 4},
    ],
    "links": [{"start": 15, "end": 20, "region": "h"}, {"start": 0, "end": 6, "region": "n"}],
}


def report(**changes: Any) -> dict[str, Any]:
    return {**REPORT, **changes}


@pytest.mark.parametrize(
    ("key", "record", "field"),
    [
        ("grounded-text", report(links=[{"start": 0, "end": 0, "region": "h"}]), "links[0].end"),
        ("grounded-text", report(links=[{"start": 0, "end": 99, "region": "h"}]), "links[0].end"),
        ("grounded-text", report(links=[{"start": 0, "end": 2, "region": "z"}]), "links[0].region"),
        ("grounded-text", report(links=REPORT["links"][:1]), "regions[1].id"),
        ("grounded-text", report(regions=REPORT["regions"][:1] * 2), "regions[1].id"),
        (
            "grounded-text",
            report(
                regions=[{"id": "h", "x": 35, "y": 1, "w": 9, "h": 9}], links=REPORT["links"][:1]
            ),
            "regions[0].w",
        ),
        ("boxes", {"boxes": [BOX, {**BOX, "w": 39.5}]}, "boxes[1].w"),
        ("boxes", {"boxes": [{**BOX, "h": 28.1}]}, "boxes[0].h"),
        ("boxes", {"boxes": [{**BOX, "x": -0.5}]}, "boxes[0].x"),
        ("boxes", {"boxes": [{**BOX, "y": 31}]}, "boxes[0].y"),
        ("boxes", {"boxes": [{**BOX, "w": 0}]}, "boxes[0].w"),
        ("boxes", {"boxes": [{**BOX, "h": -3}]}, "boxes[0].h"),
        ("boxes", {"boxes": [{**BOX, "score": 1.5}]}, "boxes[0].score"),
        ("boxes", {"boxes": [{**BOX, "label": " "}]}, "boxes[0].label"),
        ("boxes", {"boxes": [BOX] * 501}, "boxes"),
        ("points", {"points": [{**POINT, "x": 40.5}]}, "points[0].x"),
        ("points", {"points": [{**POINT, "y": -1}]}, "points[0].y"),
        ("points", {"points": [{**POINT, "t": -1}]}, "points[0].t"),
        ("points", {"points": [POINT, [3, 4]]}, "points[1]"),
        ("polygons", regions(), "regions[0].rings"),
        ("polygons", regions([[0, 0], [1, 1]]), "regions[0].rings[0]"),
        ("polygons", regions([[0, 0], [5, 5], [9, 9]]), "regions[0].rings[0]"),
        ("polygons", regions(SQUARE, [[0, 0], [50, 0], [50, 9]]), "regions[0].rings[1][1][0]"),
        ("polygons", regions([[0, 0], [5, 5, 5], [9, 0]]), "regions[0].rings[0][1]"),
        ("polygons", regions([[0, 0], [5], [9, 0]]), "regions[0].rings[0][1]"),
        ("polygons", regions(SQUARE, score=2), "regions[0].score"),
        (
            "polygons",
            feature({"type": "Point", "coordinates": [1, 2]}, label="t"),
            "features[0].geometry.type",
        ),
        ("polygons", feature(None), "features[0].geometry"),
        (
            "polygons",
            feature({"type": "Polygon", "coordinates": [SQUARE]}),
            "features[0].properties.label",
        ),
        ("heat-map", {"values": []}, "values"),
        ("heat-map", {"values": [[]]}, "values"),
        ("heat-map", {"values": [[1, 2], [3]]}, "values[1]"),
        ("heat-map", {"values": [[1, -0.1]]}, "values[0][1]"),
        ("heat-map", {"values": [[1, None]]}, "values[0][1]"),
        ("heat-map", {"values": [[1] * 513]}, "values[0]"),
    ],
)
def test_what_leaves_the_image_or_has_no_size_is_refused_by_its_field(
    key: str, record: Any, field: str
) -> None:
    with pytest.raises(RecordError) as refused:
        kind_for(key).validate(record, IMAGE)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("key", "record"),
    [
        ("boxes", {"boxes": []}),
        ("points", {"points": []}),
        ("polygons", {"regions": []}),
        ("heat-map", {"values": [[1]]}),
    ],
)
def test_a_case_without_an_image_takes_none_of_them(key: str, record: Any) -> None:
    with pytest.raises(RecordError, match="the case has none"):
        kind_for(key).validate(record, CaseFacts(text="a note"))


@pytest.mark.parametrize(
    ("key", "field"), [("boxes", "boxes"), ("points", "points"), ("polygons", "regions")]
)
def test_to_find_nothing_is_an_answer(key: str, field: str) -> None:
    kind = kind_for(key)
    nothing = kind.validate({field: []}, IMAGE)
    assert not kind.is_empty(nothing)
    assert all(
        score == 1 or math.isnan(score) for score in kind.scores(nothing, nothing, IMAGE).values()
    )


def test_a_heat_map_without_weight_is_empty() -> None:
    kind = kind_for("heat-map")
    assert kind.is_empty(kind.validate({"values": [[0, 0]]}, IMAGE))
    assert not kind.is_empty(kind.validate({"values": [[0, 0.1]]}, IMAGE))


def test_equal_answers_in_another_order_are_equal_records() -> None:
    for key, field, items in (
        ("boxes", "boxes", [BOX, {**BOX, "x": 0.001, "score": 0.5}, {**BOX, "label": "a"}]),
        ("points", "points", [POINT, {**POINT, "t": 2}, {**POINT, "x": 0}]),
    ):
        there = kind_for(key).validate({field: items}, IMAGE)
        assert kind_for(key).validate({field: items[::-1]}, IMAGE) == there


def test_geojson_becomes_regions_and_keeps_only_what_is_shown() -> None:
    closed = [*SQUARE, SQUARE[0]]
    shift = [[[x + 15, y + 15] for x, y in closed]]
    geometry = {"type": "MultiPolygon", "coordinates": [[closed], shift]}
    found = kind_for("polygons").validate(
        feature(geometry, classification={"name": "Tumor", "color": [1, 2, 3]}, made_by="x"), IMAGE
    )
    assert [region["label"] for region in found["regions"]] == ["Tumor", "Tumor"]
    assert found["regions"][0]["rings"] == [[[float(x), float(y)] for x, y in SQUARE]]
    assert "made_by" not in str(found)


def test_scores_of_boxes_are_those_worked_out_by_hand() -> None:
    kind = kind_for("boxes")
    reference = kind.validate({"boxes": [BOX, {**BOX, "x": 25}]}, IMAGE)
    found = kind.validate({"boxes": [{**BOX, "score": 0.9}, {**BOX, "x": 12, "score": 0.8}]}, IMAGE)
    scores = kind.scores(found, reference, IMAGE)
    at_recalls = pytest.approx(51 / 101)  # right up to a recall of a half, at 51 of COCO's 101
    assert scores == {"ap_50": at_recalls, "map": at_recalls, "f1_50": 0.5}


def test_scores_of_points_pair_equal_labels_and_times_only() -> None:
    kind = kind_for("points")  # 2 % of a diagonal of 50 are 1 pixel
    reference = kind.validate({"points": [POINT, {**POINT, "x": 20, "t": 1}]}, IMAGE)
    near = kind.validate({"points": [{**POINT, "x": 8.9}, {**POINT, "x": 20, "t": 2}]}, IMAGE)
    assert kind.scores(near, reference, IMAGE) == {"f1": 0.5, "precision": 0.5, "recall": 0.5}
    other = kind.validate({"points": [{**POINT, "label": "other"}]}, IMAGE)
    assert kind.scores(other, reference, IMAGE)["f1"] == 0


def test_scores_of_regions_count_pixels_and_leave_holes_out() -> None:
    kind = kind_for("polygons")
    hole = [[2, 2], [8, 2], [8, 8], [2, 8]]
    whole, ring = (kind.validate(regions(*rings), IMAGE) for rings in ([SQUARE], [SQUARE, hole]))
    scores = kind.scores(ring, whole, IMAGE)
    assert scores == {"dice": pytest.approx(128 / 164), "iou": pytest.approx(0.64)}


def test_scores_of_heat_maps_are_those_worked_out_by_hand() -> None:
    assert correlation([[0, 1], [2, 3]], [[1, 3], [5, 7]]) == pytest.approx(1)
    assert similarity([[1, 1]], [[3, 1]]) == pytest.approx(0.75)
    assert similarity([[0, 0]], [[3, 1]]) == 0
    assert pointing_hit([[0, 5]], [[1, 0]]) == 0
    assert pointing_hit([[9, 5]], [[1, 0]]) == 1
    assert mean_error([[1.0, np.nan, 3.0]], [[2.0, 5.0, 1.0]]) == (1.5, 0.5)


def test_a_coarse_map_is_compared_with_a_fine_one_place_by_place() -> None:
    assert (
        resampled([[1, 2], [3, 4]], (4, 4)).tolist()
        == np.kron([[1, 2], [3, 4]], np.ones((2, 2))).tolist()
    )
    fine = np.kron([[0, 1], [2, 3]], np.ones((3, 3)))
    assert correlation([[0, 1], [2, 3]], fine) == pytest.approx(1)


boxes = st.builds(
    lambda x, y, w, h, label: Box(x, y, w, h, label),
    *(st.integers(0, 20) for _ in range(2)),
    *(st.integers(1, 12) for _ in range(2)),
    st.sampled_from("ab"),
)


@given(st.lists(boxes, max_size=5), st.lists(boxes, max_size=5))
def test_the_matrix_of_overlaps_holds_the_overlap_of_each_two(
    one: list[Box], two: list[Box]
) -> None:
    found = iou_matrix(one, two)
    assert found.shape == (len(one), len(two))
    for i, a in enumerate(one):
        for j, b in enumerate(two):
            assert found[i, j] == pytest.approx(box_iou(a, b) if a.label == b.label else 0)


def test_pairs_are_as_many_as_possible_before_they_are_as_like_as_possible() -> None:
    assert pair_off([[0.9, 0.6], [0.8, 0.0]], 0.5).tolist() == [[0, 1], [1, 0]]
    assert pair_off([[0.9, 0.2]], 0.5).tolist() == [[0, 0]]
    assert pair_off(np.zeros((0, 3)), 0.5).size == 0


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9))
def test_a_rectangle_fills_exactly_its_pixels(x: int, y: int, w: int, h: int) -> None:
    ring = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    mask = polygon_mask([ring], 20, 20)
    assert mask.sum() == ring_area(ring) == w * h
    assert mask[y : y + h, x : x + w].all()


def test_overlap_of_polygons_does_not_depend_on_their_size() -> None:
    triangle = [(0, 0), (10, 0), (0, 10)]
    for scale in (0.1, 1, 300):
        one = [[(x * scale, y * scale) for x, y in triangle]]
        square = [[(x * scale, y * scale) for x, y in SQUARE]]
        assert polygon_iou(one, square) == pytest.approx(0.5, abs=0.01)
    assert polygon_iou([triangle], [triangle]) == 1
    assert polygon_iou([triangle], [[(20, 20), (30, 20), (20, 30)]]) == 0


def test_regions_of_a_text_are_in_order_of_their_first_mention() -> None:
    found = kind_for("grounded-text").validate(REPORT, IMAGE)
    assert [region["id"] for region in found["regions"]] == ["n", "h"]
    assert [link["region"] for link in found["links"]] == ["n", "h"]


def test_scores_of_a_linked_text_are_those_worked_out_by_hand() -> None:
    kind = kind_for("grounded-text")
    reference = kind.validate(REPORT, IMAGE)
    half = {"id": "n", "x": 0, "y": 0, "w": 4, "h": 2}
    text = {
        "text": "A nodule. Nothing else.",
        "regions": [half],
        "links": [{"start": 0, "end": 8, "region": "n"}],
    }
    scores = kind.scores(kind.validate(text, IMAGE), reference, IMAGE)
    nodule = 2 * 8 / (8 + 16)
    assert scores == {"linked_dice": pytest.approx((nodule + 0) / 2), "ungrounded_rate": 0.5}
    assert kind.scores(reference, reference, IMAGE)["ungrounded_rate"] == pytest.approx(1 / 3)
    bare = kind.validate({"text": "Nothing.", "regions": [], "links": []}, IMAGE)
    assert math.isnan(kind.scores(reference, bare, IMAGE)["linked_dice"])
    assert kind.is_empty(kind.validate({"text": " ", "regions": [], "links": []}, IMAGE))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 25)), min_size=3, max_size=9))
@example([(0.0, 0.0), (0.0, 0.0), (1.0, 5e-324)])
def test_a_pixel_is_inside_if_a_ray_to_its_left_meets_an_odd_number_of_edges(
    ring: list[tuple[float, float]],
) -> None:
    """Any ring, crossing itself or leaving the grid, against the rule pixel by pixel."""
    mask = polygon_mask([ring], 20, 20)
    for row in range(20):
        for column in range(20):
            x, y, meets = column + 0.5, row + 0.5, 0
            for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
                if min(y0, y1) <= y < max(y0, y1):
                    cut = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
                    if abs(cut - x) < 1e-6:
                        break  # on the edge: either is right
                    meets += cut < x
            else:
                assert mask[row, column] == (meets % 2 == 1)


def looked(told: Any, case: CaseFacts = IMAGE) -> Any:
    record = {"steps": [{"type": "view", "input": told}]}
    return kind_for("agent-trajectory").validate(record, case)["steps"][0]["input"]


def test_what_an_agent_looked_at_is_a_place_in_the_image() -> None:
    told = {"w": 8, "h": 4, "x": 1.006, "y": 2, "magnification": 10, "stain": "HE", "level": 0}
    place = {"x": 1.01, "y": 2.0, "width": 8.0, "height": 4.0}
    assert looked(told) == {**place, "zoom": 10.0, "level": 0, "stain": "HE"}
    assert looked("the left lower lobe") == "the left lower lobe"
    assert looked({"frame": 3}) == {"frame": 3}


NAN, SLIDE = (
    float("nan"),
    CaseFacts(width=40, height=30, extra={"levels": [[40, 30, 8], [20, 15, 8]]}),
)
WHOLE = {"x": 0, "y": 0, "width": 40, "height": 30}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"x": -1}, "input.x: is -1; the image goes from 0 to 40"),
        ({"y": 31}, "input.y: is 31; the image goes from 0 to 30"),
        ({"x": NAN}, "input.x: must be a finite number"),
        ({"width": 41}, "input.width: ends at 41, but the image at 40"),
        ({"height": 0}, "input.height: is 0; a box must have a size"),
        ({"height": -2}, "input.height: is -2; a box must have a size"),
        ({"width": NAN}, "input.width: must be a finite number"),
        ({"width": None}, "input.width: is missing: a place needs x, y, width and height"),
        ({"w": 4}, "input.w: is said twice"),
        ({"zoom": 0}, "input.zoom: is 0"),
        ({"zoom": -10}, "input.zoom: is -10"),
        ({"zoom": NAN}, "input.zoom: must be a finite number"),
        ({"level": 2}, "input.level: is 2; the slide has the levels 0 to 1"),
        ({"level": -1}, "input.level: is -1"),
        ({"level": 0.5}, "input.level: must be a whole number"),
        ({"image": 7}, "input.image: must be text"),
        ({"image": "atlas", "x": -1}, "input.x: is -1; the image begins at 0"),
        ({"seen": NAN}, "input.seen: must be a finite number"),
    ],
)  # fmt: skip
def test_a_view_that_cannot_be_is_refused_by_its_field(changed: Any, told: str) -> None:
    with pytest.raises(RecordError) as refused:
        looked(WHOLE | changed, SLIDE)
    assert str(refused.value).startswith(f"steps[0].{told}")


def test_a_place_is_held_against_the_case_only_where_it_is_the_case_s() -> None:
    far = {"x": 900, "y": 900, "width": 10, "height": 10}
    assert looked({**far, "image": "atlas"})["image"] == "atlas"
    assert looked(far, CaseFacts(text="a note"))["x"] == 900.0
    with pytest.raises(RecordError, match="goes from 0 to 40"):
        looked({**far, "image": "slide"})
