"""Forecasts of small models of each type: even series, uneven and short ones, full of gaps."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="no torch: pip install '.[models]'")

from evaluation.kinds import CaseFacts, kind_for
from tests.workers import task_checkpoints as small
from workers.adapters.base import AdapterError, Ask, Part, Record, Result
from workers.adapters.forecasting import even
from workers.adapters.registry import adapter_for

CHANNELS = ["heart rate (1/min)", "systolic (mmHg)"]


def part(times: Any, *channels: Any) -> Part:
    kept = io.BytesIO()
    np.save(kept, np.column_stack([times, *channels]).astype(float))
    meta = {"channels": CHANNELS[: len(channels)]}
    return Part("application", kept.getvalue(), "series", "application/x-npy", meta)


def answered(model: Path, *parts: Part) -> Result:
    adapter = adapter_for("time-series-forecast", {"model": str(model), "dtype": "float32"})
    adapter.load()
    (result,) = adapter.results([Ask("c", "What comes next?", parts, "forecast")])
    adapter.close()
    return result


def record(model: Path, *parts: Part) -> Record:
    result = answered(model, *parts)
    assert result.answer is not None, result.error
    kind_for("forecast").validate(result.answer.record, CaseFacts())
    return result.answer.record


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("patchtst")
    return {loss: small.patchtst(folder / loss, loss) for loss in ("mse", "nll")}


def test_every_channel_goes_on_at_its_own_pace(models: dict[str, Path]) -> None:
    times = np.arange(40) * 60.0
    found = record(models["mse"], part(times, 80 + np.sin(times), 120 - np.cos(times)))
    assert found["t"] == [40 * 60.0 + 60 * n for n in range(8)]
    assert [one["name"] for one in found["series"]] == CHANNELS
    alone = record(models["mse"], part(times, 80 + np.sin(times)))
    assert alone["series"][0] == found["series"][0], "one channel tells nothing of another"


def test_a_model_of_distributions_gives_intervals_and_repeats_itself(
    models: dict[str, Path],
) -> None:
    series = part(np.arange(40.0), np.sin(np.arange(40.0)))
    (one,) = record(models["nll"], series)["series"]
    assert all(
        a <= b <= c for a, b, c in zip(one["lower"], one["value"], one["upper"], strict=True)
    )
    assert record(models["nll"], series)["series"] == [one]


@pytest.mark.parametrize("family", ["patchtsmixer", "time_series", "timesfm"])
def test_other_types_of_models_go_on_too_and_repeat_themselves(family: str, tmp_path: Path) -> None:
    made = getattr(small, family)(tmp_path / family)
    series = part(np.arange(40.0), np.sin(np.arange(40.0)), np.arange(40.0))
    found = record(made, series)
    assert found["t"] == [40.0 + n for n in range(8)]
    assert [len(one["value"]) for one in found["series"]] == [8, 8]
    assert record(made, series) == found
    assert len(record(made, part([0, 1, 2], [1, 2, 3]))["t"]) == 8, "a short series as well"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda at: small.time_series(at, num_time_features=2), "num_time_features"),
        (lambda at: small.vit(at, {0: "x"}), "vit is no type of forecasting model"),
    ],
)
def test_a_model_that_needs_more_than_a_series_is_refused_by_name(
    make: Any, problem: str, tmp_path: Path
) -> None:
    adapter = adapter_for("time-series-forecast", {"model": str(make(tmp_path / "odd"))})
    with pytest.raises(AdapterError, match=problem):
        adapter.load()


def test_uneven_times_and_gaps_are_bridged_and_what_is_missing_before_is_masked() -> None:
    times, values = np.array([0.0, 1, 2, 4, 5]), np.array([np.nan, 1, 2, 4, 5])
    found, observed = even(times, values, 1.0, 7)
    assert found.tolist() == [1, 1, 1, 2, 3, 4, 5]
    assert observed.tolist() == [False, False, True, True, True, True, True]


def test_a_short_series_is_answered_too(models: dict[str, Path]) -> None:
    assert len(record(models["mse"], part([0, 1, 2], [1, 2, 3]))["t"]) == 8


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((), "no time series"),
        ((part([0], [1]),), "two rows"),
        ((part([0, 1], [np.nan, np.nan]),), "holds no value"),
    ],
)
def test_what_cannot_be_continued_is_told(
    models: dict[str, Path], parts: tuple[Part, ...], problem: str
) -> None:
    assert problem in str(answered(models["mse"], *parts).error)
