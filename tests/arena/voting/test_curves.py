"""Curves and bars of both sides lie on the same axes, whatever their own range."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string

from arena.voting.presenters import presenter_for
from arena.voting.presenters.base import Shown
from arena.voting.presenters.plots import Axis, axis, band, line, stepped
from evaluation.kinds import CaseFacts, kind_for

LOW = {"t": [1, 2], "name": "pulse", "value": [60, 62], "lower": [55, 56], "upper": [64, 66]}
HIGH = {"t": [0, 9], "name": "pulse", "value": [80, 190]}
SHORT = {"t": [1, 3], "S": [0.9, 0.8], "name": "low risk"}
LONG = {
    "curves": [
        {"name": "low risk", "t": [10, 60], "S": [0.7, 0.2]},
        {"name": "high risk", "t": [5], "S": [0.1]},
    ]
}


def data(key: str, record: Any, other: Any) -> dict[str, Any]:
    valid = [None if r is None else kind_for(key).validate(r, CaseFacts()) for r in (record, other)]
    return presenter_for(key).data(Shown(valid[0] or {}, valid[1], CaseFacts(), lambda name: name))


def test_a_forecast_has_the_axes_of_both_sides() -> None:
    left, right = data("forecast", LOW, HIGH)["plots"], data("forecast", HIGH, LOW)["plots"]
    for ticks in ("x_ticks", "y_ticks"):
        assert left[0][ticks] == right[0][ticks]
    assert [tick["text"] for tick in left[0]["y_ticks"]] == ["50", "100", "150", "200"]
    alone = data("forecast", LOW, None)["plots"][0]
    assert [tick["text"] for tick in alone["y_ticks"]] != [t["text"] for t in left[0]["y_ticks"]]


def test_a_series_of_one_side_only_is_named_on_the_other() -> None:
    both = {
        "t": [1],
        "series": [{"name": "pulse", "value": [70]}, {"name": "lactate", "value": [2]}],
    }
    left, right = data("forecast", LOW, both), data("forecast", both, LOW)
    assert [p["name"] for p in left["plots"]] == [p["name"] for p in right["plots"]]
    assert [p["there"] for p in left["plots"]] == [False, True]
    assert left["plots"][0]["y_ticks"] == right["plots"][0]["y_ticks"]
    assert [row["t"] for row in left["times"]] == [row["t"] for row in right["times"]]


def test_survival_has_one_scale_of_time_and_one_line_for_a_name() -> None:
    left, right = data("survival-curve", SHORT, LONG), data("survival-curve", LONG, SHORT)
    assert left["x_ticks"] == right["x_ticks"]
    assert left["x_ticks"][-1]["text"] == "60"
    styles = [{c["name"]: c["style"] for c in side["curves"]} for side in (left, right)]
    assert styles[0] == styles[1] == {"high risk": 1, "low risk": 2}
    assert [c["there"] for c in left["curves"]] == [False, True]
    assert left["times"][-1]["cells"] == [None, None], "nothing is read off beyond a curve's end"
    assert right["times"][0]["cells"] == [100.0, 100.0]
    assert {c["name"]: c["median"] for c in right["curves"]} == {"high risk": 5, "low risk": 60}


@pytest.mark.parametrize(
    ("p", "other", "high", "people", "text"),
    [
        (0.2, 0.3, "30", 100, "20"),
        (0.02, 0.3, "30", 1000, "2"),
        (0.3, 0.02, "30", 1000, "30"),
        (0.0042, 0.0036, "0.5", 1000, "0.42"),
        (1, 0.5, "100", 100, "100"),
        (0, 0, "0.5", 1000, "0"),
        (0.987, 0.5, "100", 100, "98.7"),
    ],
)
def test_risks_share_their_scale_and_the_people_they_are_told_of(
    p: float, other: float, high: str, people: int, text: str
) -> None:
    one, two = {"p": p, "horizon": "1 year"}, {"p": other, "horizon": "1 year"}
    left, right = data("risk-score", one, two), data("risk-score", two, one)
    assert left["ticks"] == right["ticks"]
    assert left["people"] == right["people"] == people
    assert (left["percent"], left["affected"] + left["spared"]) == (text, people)
    if p or other:
        assert left["ticks"][-1]["percent"] == high


def test_an_interval_belongs_to_the_scale() -> None:
    wide = {"p": 0.1, "horizon": "1 year", "lower": 0.05, "upper": 0.55}
    left = data("risk-score", {"p": 0.1, "horizon": "1 year"}, wide)
    assert left["ticks"][-1]["percent"] == "60"
    assert data("risk-score", wide, None)["whisker"] == ["8.33%", "91.67%", "83.33%"]


def test_lines_steps_and_bands_go_where_the_numbers_are() -> None:
    x, y = Axis(0, 10, ()), Axis(0, 100, ())
    assert line([(0, 0), (5, 50), (10, 100)], x, y) == "M0.0 1000.0L500.0 500.0L1000.0 0.0"
    assert stepped([(0, 1), (2, 0.5)]) == [(0, 1), (2, 1), (2, 0.5)]
    assert band([(0, 0), (10, 0)], [(0, 50), (10, 50)], x, y) == (
        "M0.0 1000.0L1000.0 1000.0L1000.0 500.0L0.0 500.0z"
    )
    assert axis([3.0]).low < 3 < axis([3.0]).high


def test_a_plot_is_drawn_without_a_style_attribute() -> None:
    for key, record, other in (("forecast", LOW, HIGH), ("survival-curve", LONG, SHORT)):
        template = presenter_for(key).template
        html = render_to_string(template, {"data": data(key, record, other), "side": "left"})
        assert not re.search(r"\sstyle=", html)
        assert 'class="plot__line' in html
        assert "<table" in html
