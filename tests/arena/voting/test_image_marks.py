"""How marks over an image are told apart and compared with the other side's."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from arena.voting.presenters import presenter_for
from arena.voting.presenters.base import Shown
from arena.voting.presenters.scales import nice_ticks
from evaluation.kinds import CaseFacts, kind_for

CASE = CaseFacts(width=100, height=100, extra={"spacing_mm": [0.5, 2.0]})


def shown(key: str, record: Any, other: Any | None) -> Shown:
    valid = [None if r is None else kind_for(key).validate(r, CASE) for r in (record, other)]
    return Shown(valid[0] or {}, valid[1], CASE, lambda name: f"/{name}")


def box(x: float, label: str, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": 10, "w": 20, "h": 20, "label": label, **more}


def square(x: float, label: str) -> dict[str, Any]:
    return {"label": label, "rings": [[[x, 10], [x + 20, 10], [x + 20, 30], [x, 30]]]}


@pytest.mark.parametrize(
    ("key", "field", "make"), [("boxes", "boxes", box), ("polygons", "regions", square)]
)
def test_the_four_ways_two_sides_meet(key: str, field: str, make: Any) -> None:
    own = {field: [make(0, "a"), make(25, "b"), make(50, "c"), make(75, "d")]}
    other = {field: [make(1, "a"), make(37, "b"), make(50, "x")]}
    data = presenter_for(key).data(shown(key, own, other))
    assert [s["meeting"] for s in data["shapes"]] == ["both", "boundary", "type", "only"]
    mirrored = presenter_for(key).data(shown(key, other, own))
    assert [s["meeting"] for s in mirrored["shapes"]] == ["both", "boundary", "type"]


def test_points_meet_by_label_time_and_nearness() -> None:
    def point(x: float, label: str = "a", **more: Any) -> dict[str, Any]:
        return {"x": x, "y": 5, "label": label, **more}

    own = {"points": [point(0), point(20), point(40, "b"), point(60, t=1)]}
    other = {"points": [point(2), point(25), point(40), point(60, t=2)]}
    data = presenter_for("points").data(shown("points", own, other))
    met = {(s["x"], s["meeting"]) for s in data["shapes"]}
    assert met == {(0.0, "both"), (20.0, "only"), (40.0, "type"), (60.0, "only")}
    assert data["timed"]


def test_beside_an_output_that_cannot_be_shown_nothing_is_compared() -> None:
    data = presenter_for("boxes").data(shown("boxes", {"boxes": [box(0, "a")]}, None))
    assert (data["shapes"][0]["meeting"], data["shapes"][0]["told"]) == (None, "")


def test_a_label_has_one_colour_and_a_row_on_both_sides() -> None:
    own, other = {"boxes": [box(0, "b")]}, {"boxes": [box(0, "a"), box(40, "b", score=0.3)]}
    left, right = (
        presenter_for("boxes").data(shown("boxes", *pair)) for pair in ((own, other), (other, own))
    )
    assert [row["colour"] for row in left["labels"]] == [row["colour"] for row in right["labels"]]
    assert [(row["label"], row["count"]) for row in left["labels"]] == [("a", 0), ("b", 1)]
    assert left["shapes"][0]["colour"] == right["shapes"][1]["colour"]
    assert left["scored"], "a score on one side gives both the column"
    assert left["shapes"][0]["size_told"] == "40.0 × 10.0 mm", (
        "columns are 2 mm apart, rows half a mm"
    )


def test_two_thousand_points_are_shown_at_once_without_their_numbers() -> None:
    rng = np.random.default_rng(5)
    many = {
        "points": [
            {"x": float(x), "y": float(y), "label": "cell"}
            for x, y in rng.uniform(0, 100, (2000, 2))
        ]
    }
    data = presenter_for("points").data(shown("points", many, many))
    assert {s["meeting"] for s in data["shapes"]} == {"both"}
    assert {s["text"] for s in data["shapes"]} == {""}
    assert data["folded"]


def test_weights_of_both_sides_share_their_colours_and_none_hides_the_image() -> None:
    key = "heat-map"
    small, large = {"values": [[0, 1], [2, 0]]}, {"values": [[0, 4], [2, 1]]}
    pixels = {}
    for name, pair in (("small", (small, large)), ("large", (large, small))):
        given = shown(key, *pair)
        assert presenter_for(key).data(given)["legend"]["high"] == 4
        body = presenter_for(key).asset(given, "layer-1")
        assert body is not None
        assert len(body) % 4096 == 0
        with Image.open(io.BytesIO(body)) as image:
            pixels[name] = np.asarray(image)
    assert pixels["small"][0, 0].tolist() == [0, 0, 0, 0]
    assert pixels["small"][1, 0].tolist() == pixels["large"][1, 0].tolist(), "2 is 2 on either side"
    assert pixels["large"][0, 1, 3] == 255
    assert presenter_for(key).asset(shown(key, small, large), "layer-2") is None


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (3, 97, [0, 20, 40, 60, 80, 100]),
        (-2, 2, [-2, -1, 0, 1, 2]),
        (7, 7, [2, 4, 6, 8, 10, 12]),
    ],
)
def test_ticks_are_round_and_hold_all_numbers(low: float, high: float, ticks: list[float]) -> None:
    found = nice_ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert found == ticks


def trace(*looks: Any) -> dict[str, Any]:
    steps = [{"type": "view", "name": "viewer", "input": look} for look in looks]
    return {"steps": [*steps, {"type": "message", "output": "Benign."}]}


def test_places_an_agent_looked_at_are_outlined_and_told() -> None:
    place = {"x": 10, "y": 20, "width": 30, "height": 40, "zoom": 2.5, "stain": "HE"}
    own = trace("all of it", place, {**place, "image": "atlas"}, {**place, "x": 70})
    data = presenter_for("agent-trajectory").data(shown("agent-trajectory", own, trace(place)))
    assert [(s["number"], s["x"], s["meeting"]) for s in data["shapes"]] == [
        (1, 10.0, "both"),
        (2, 70.0, "only"),
    ]
    words, looked, elsewhere, _, _ = data["steps"]
    assert "view" not in words
    assert words["parts"][0]["text"] == "all of it"
    numbers = {"x": "10", "y": "20", "width": "30", "height": "40", "zoom": "2.5"}
    assert (looked["view"], looked["number"]) == (numbers, 1)
    assert looked["parts"][0]["text"] == '{"stain": "HE"}'
    assert (elsewhere["view"], "number" in elsewhere) == ({"image": "atlas", **numbers}, False)


def test_both_panes_have_the_image_as_soon_as_one_side_looked_at_it() -> None:
    place = {"x": 1, "y": 2, "width": 3, "height": 4}
    present = presenter_for("agent-trajectory").data
    sides = [trace("here"), trace(place)]
    left, right = (present(shown("agent-trajectory", *pair)) for pair in (sides, sides[::-1]))
    assert (left["image_url"], left["shapes"]) == ("/image", [])
    assert right["image_url"] == "/image"
    assert "image_url" not in present(shown("agent-trajectory", sides[0], sides[0]))
    clip = Shown(trace(place), None, CaseFacts(width=9, height=9), str)
    assert "shapes" not in present(clip)
