"""Maps of quantities, cells and folds: one scale and one order for both sides."""

import io
from typing import Any

import numpy as np
from PIL import Image

from arena.voting.presenters import presenter_for
from arena.voting.presenters.base import Shown
from evaluation.kinds import CaseFacts, kind_for


def shown(key: str, record: Any, other: Any, **facts: Any) -> Shown:
    case = CaseFacts(**facts)
    valid = [None if r is None else kind_for(key).validate(r, case) for r in (record, other)]
    return Shown(valid[0] or {}, valid[1], case, lambda name: f"/{name}")


def t2(*values: Any, unit: str = "ms") -> dict[str, Any]:
    return {"quantity": "T2", "unit": unit, "values": [list(values)]}


def pixels(given: Shown) -> Any:
    body = presenter_for("parameter-map").asset(given, "layer-1")
    assert isinstance(body, bytes)
    with Image.open(io.BytesIO(body)) as image:
        return np.asarray(image)[0].tolist()


def test_the_same_value_has_the_same_colour_on_both_sides() -> None:
    left = shown("parameter-map", t2(10, 50, None), t2(50, 90))
    right = shown("parameter-map", t2(50, 90), t2(10, 50, None))
    assert pixels(left)[1] == pixels(right)[0], "both are 50 ms"
    assert pixels(left)[2] == [0, 0, 0, 0], "a gap shows what lies below"
    data = presenter_for("parameter-map").data(left)
    assert (data["legend"]["low"], data["legend"]["high"], data["shared"]) == (10, 90, True)


def test_other_units_do_not_share_a_scale_and_say_so() -> None:
    data = presenter_for("parameter-map").data(
        shown("parameter-map", t2(10, 50), t2(0.05, 0.09, unit="s"))
    )
    assert (data["legend"]["high"], data["shared"]) == (50, False)


def test_a_map_lies_over_the_image_or_stands_alone() -> None:
    present = presenter_for("parameter-map").data
    over = present(shown("parameter-map", t2(1, 2), None, width=40, height=30))
    assert (over["width"], over["image_url"], len(over["layers"])) == (40, "/image", 1)
    alone = present(shown("parameter-map", t2(1, 2), None))
    assert (alone["width"], alone["height"], alone["image_url"]) == (2, 1, "/layer-1")
    assert "layers" not in alone


def test_folds_of_both_sides_have_one_scale_and_are_compared_pair_by_pair() -> None:
    key = "structure-3d"
    short = {"sequence": "GGGAAACCC", "structure": "(((...)))"}
    long = {"sequence": "GGGAAACCC" + "U" * 91, "pairs": [[1, 9], [2, 8], [20, 100]]}
    left = presenter_for(key).data(shown(key, short, long))
    right = presenter_for(key).data(shown(key, long, short))
    assert left["ticks"] == right["ticks"]
    assert left["arcs"][0]["path"] == right["arcs"][0]["path"]
    assert [arc["meeting"] for arc in left["arcs"]] == ["both", "both", "only"]
    assert left["stems"] == [
        {"from": "1–3", "to": "7–9", "pairs": 3, "told": "2 of 3 on both sides"}
    ]
    assert [stem["told"] for stem in right["stems"]] == ["on both sides", "only here"]
    assert right["lines"][1]["start"] == 31
    assert left["lines"][0]["structure"] == "(((...)))"


def test_cells_of_both_sides_stand_in_one_order() -> None:
    key = "cell-state"
    one = {"composition": {"T cell": 0.7, "B cell": 0.3}}
    two = {"composition": {"NK cell": 0.8, "B cell": 0.2}}
    left, right = (presenter_for(key).data(shown(key, *pair)) for pair in ((one, two), (two, one)))
    names = [row["key"] for row in left["rows"]]
    assert names == [row["key"] for row in right["rows"]] == ["NK cell", "T cell", "B cell"]
    assert [row["percent"] for row in left["rows"]] == ["", "70", "30"]
