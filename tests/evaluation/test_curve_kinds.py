"""Risks, forecasts and survival curves: what is refused by which field, and how they score."""

import math
from typing import Any

import pytest

from evaluation.kinds import CaseFacts, RecordError, kind_for
from evaluation.scores.curves import curve_at, restricted_mean, time_below

CASE = CaseFacts()
RISK = {"p": 0.2, "horizon": "30 days"}
SERIES = {"name": "pulse", "value": [80, 82]}
CURVE = {"name": "low", "t": [1, 2], "S": [0.9, 0.7]}


def forecast(**changes: Any) -> dict[str, Any]:
    return {"t": [1, 2], "series": [{**SERIES, **changes}]}


def curves(**changes: Any) -> dict[str, Any]:
    return {"curves": [{**CURVE, **changes}]}


@pytest.mark.parametrize(
    ("key", "record", "field"),
    [
        ("risk-score", {**RISK, "p": 1.2}, "p"),
        ("risk-score", {**RISK, "p": "20 %"}, "p"),
        ("risk-score", {**RISK, "horizon": " "}, "horizon"),
        ("risk-score", {"p": 0.2}, "horizon"),
        ("risk-score", {**RISK, "lower": 0.1}, "upper"),
        ("risk-score", {**RISK, "lower": 0.3, "upper": 0.4}, "lower"),
        ("risk-score", {**RISK, "lower": 0.1, "upper": 0.15}, "upper"),
        ("risk-score", {**RISK, "outcome": "a\nb"}, "outcome"),
        ("forecast", {"t": [], "value": []}, "t"),
        ("forecast", {"t": [1, 1], "value": [1, 2]}, "t[1]"),
        ("forecast", {"t": [2, 1], "value": [1, 2]}, "t[1]"),
        ("forecast", {"t": [1, 2], "value": [1]}, "value"),
        ("forecast", {"t": [1], "value": [1], "lower": [0]}, "upper"),
        ("forecast", {"t": [1], "value": [1], "lower": [2], "upper": [3]}, "lower[0]"),
        ("forecast", {"t": [1], "value": [1], "lower": [0], "upper": [0.5]}, "upper[0]"),
        ("forecast", {"t": list(range(2001)), "value": [1] * 2001}, "t"),
        ("forecast", {"t": [1], "series": [SERIES], "value": [1]}, "value"),
        ("forecast", forecast(value=[1, 2, 3]), "series[0].value"),
        ("forecast", forecast(upper=[90, 91]), "series[0].lower"),
        ("forecast", {"t": [1, 2], "series": [SERIES, SERIES]}, "series[1].name"),
        ("forecast", {"t": [1, 2], "series": [SERIES] * 9}, "series"),
        ("survival-curve", curves(S=[0.9, 0.95]), "curves[0].S[1]"),
        ("survival-curve", curves(S=[1.1, 0.9]), "curves[0].S[0]"),
        ("survival-curve", curves(t=[-1, 2]), "curves[0].t[0]"),
        ("survival-curve", curves(t=[1]), "curves[0].S"),
        ("survival-curve", curves(lower=[0.8, 0.6]), "curves[0].upper"),
        ("survival-curve", {"curves": [CURVE, CURVE]}, "curves[1].name"),
        ("survival-curve", {"t": [1], "S": [0.5], "curve": 1}, "curve"),
    ],
)
def test_a_faulty_record_is_refused_by_its_field(key: str, record: Any, field: str) -> None:
    with pytest.raises(RecordError) as refused:
        kind_for(key).validate(record, CASE)
    assert refused.value.field == field


def test_one_series_or_curve_may_stand_in_the_record_itself() -> None:
    short = kind_for("forecast").validate({"t": [1], "value": [2], "unit": "mmol/L"}, CASE)
    assert short["series"] == [{"name": "", "unit": "mmol/L", "value": [2.0]}]
    curve = kind_for("survival-curve").validate({"t": [1], "S": [0.5]}, CASE)
    assert curve == {"time_unit": "", "curves": [{"name": "", "t": [1.0], "S": [0.5]}]}


def test_no_series_and_no_curve_say_nothing() -> None:
    for key, record in (("forecast", {"t": [1], "series": []}), ("survival-curve", {"curves": []})):
        assert kind_for(key).is_empty(kind_for(key).validate(record, CASE))


def test_a_risk_is_scored_against_what_happened_within_the_same_time() -> None:
    kind = kind_for("risk-score")
    record = kind.validate(RISK, CASE)
    happened = kind.validate({"p": 1, "horizon": "30 Days"}, CASE)
    assert kind.scores(record, happened, CASE) == {
        "brier": pytest.approx(0.64),
        "absolute_error": pytest.approx(0.8),
    }
    later = kind.validate({"p": 1, "horizon": "1 year"}, CASE)
    assert all(math.isnan(score) for score in kind.scores(record, later, CASE).values())


def test_forecasts_are_scored_at_times_and_series_that_both_have() -> None:
    kind = kind_for("forecast")
    found = {"t": [1, 2, 4], "value": [10, 20, 90], "lower": [9, 5, 80], "upper": [11, 21, 99]}
    record = kind.validate(found, CASE)
    came = kind.validate({"t": [1, 2, 3], "value": [12, 20, 7]}, CASE)
    scores = kind.scores(record, came, CASE)
    assert scores == {"mae": 1.0, "smape": pytest.approx(2 / 22), "coverage": 0.5}
    other = kind.validate({"t": [1], "value": [12], "unit": "mg"}, CASE)
    assert math.isnan(kind.scores(record, other, CASE)["mae"])
    elsewhere = kind.validate({"t": [9], "value": [12]}, CASE)
    assert math.isnan(kind.scores(record, elsewhere, CASE)["mae"])


def test_a_curve_against_a_known_event_has_its_integrated_brier_score() -> None:
    """The patient dies at 2; the curve says 1, 0.5 from 1 on, and ends at 4."""
    kind = kind_for("survival-curve")
    record = kind.validate({"t": [1, 4], "S": [0.5, 0.5]}, CASE)
    event = kind.validate({"t": [2, 4], "S": [0, 0]}, CASE)
    scores = kind.scores(record, event, CASE)
    assert scores["integrated_brier"] == pytest.approx((0 * 1 + 0.25 * 1 + 0.25 * 2) / 4)
    assert scores["rmst_error"] == pytest.approx(2.5 - 2)
    unnamed = kind.validate({"t": [1], "S": [0.5], "name": "other"}, CASE)
    assert all(math.isnan(score) for score in kind.scores(unnamed, event, CASE).values())
    at_once = kind.validate({"t": [0], "S": [1]}, CASE)
    assert math.isnan(kind.scores(at_once, event, CASE)["integrated_brier"])


def test_a_curve_is_read_like_a_staircase() -> None:
    times, heights = [1, 3], [0.8, 0.4]
    assert curve_at(times, heights, [0, 0.9, 1, 2.9, 3, 99]).tolist() == [1, 1, 0.8, 0.8, 0.4, 0.4]
    assert restricted_mean(times, heights, 4) == pytest.approx(1 + 1.6 + 0.4)
    assert time_below(times, heights) == 3
    assert time_below(times, heights, 0.3) is None
