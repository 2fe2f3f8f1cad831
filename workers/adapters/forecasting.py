"""Models that continue a time series: what comes next in each channel, by itself."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.adapters.base import AdapterError, Answer, Ask, Part, Record
from workers.adapters.local_model import LocalModel

Floats = NDArray[np.float64]
SERIES = ("series", "signal")
MOST_CHANNELS = 8
WITHIN = (0.025, 0.975)
"""Quantiles of the samples that a model of distributions draws."""


class Forecasting(LocalModel):
    """PatchTST: values of every channel over the model's horizon, at the series' own pace.

    Uneven times are brought to the median step by linear interpolation; a series shorter than the
    model's context is filled up before its begin with what the model is told not to look at.
    """

    model_class = "PatchTSTForPrediction"
    processor_class = ""
    packages = ("torch", "transformers", "safetensors", "numpy")

    def size(self, ask: Ask) -> int:
        return len(_part(ask).data)

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        return [Answer(self._record(_part(ask))) for ask in asks]

    def _record(self, part: Part) -> Record:
        table = _table(part)
        names = [str(name) for name in part.meta.get("channels") or ()][:MOST_CHANNELS]
        step = _step(table[:, 0])
        channels = [self._next(table[:, 0], table[:, n], step) for n in range(1, len(names) + 1)]
        horizon = len(channels[0]["value"])
        last = float(table[-1, 0])
        return {
            "t": [round(last + step * (n + 1), 6) for n in range(horizon)],
            "time_unit": "s",
            "series": [{"name": name, **c} for name, c in zip(names, channels, strict=True)],
        }

    def _next(self, times: Floats, values: Floats, step: float) -> Record:
        import torch

        context = int(self.model.config.context_length)
        seen, observed = even(times, values, step, context)
        inputs = {
            "past_values": torch.as_tensor(seen, dtype=torch.float32)[None, :, None],
            "past_observed_mask": torch.as_tensor(observed)[None, :, None],
        }
        if self.model.config.loss == "nll":
            return self._drawn(self.on_device(inputs))
        found = self.model(**self.on_device(inputs)).prediction_outputs[0, :, 0]
        return {"value": _listed(found.float().cpu().numpy())}

    def _drawn(self, inputs: dict[str, Any]) -> Record:
        """Mean and 95 % of the samples; the same on every run."""
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(0)
            drawn = self.model.generate(**inputs).sequences[0, :, :, 0].float().cpu().numpy()
        lower, upper = np.quantile(drawn, WITHIN, axis=0)
        middle = np.clip(drawn.mean(axis=0), lower, upper)
        return {"value": _listed(middle), "lower": _listed(lower), "upper": _listed(upper)}


def even(
    times: Floats, values: Floats, step: float, count: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """The last ``count`` values at an even pace, and which of them are real; gaps are bridged."""
    known = np.isfinite(values)
    if not known.any():
        raise AdapterError("A channel of the series holds no value.", failure="rejected_by_policy")
    grid = times[-1] - step * np.arange(count)[::-1]
    found = np.interp(grid, times[known], values[known])
    return found, grid >= times[known][0]


def _part(ask: Ask) -> Part:
    found = next((part for part in ask.parts if part.name in SERIES), None)
    if found is None:
        raise AdapterError("The case has no time series.", failure="rejected_by_policy")
    return found


def _table(part: Part) -> Floats:
    """(row, 1 + channel): time in seconds, then the values."""
    stored = np.load(io.BytesIO(part.data), allow_pickle=False)
    values: Floats = np.asarray(stored, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < 2 or len(values) < 2:
        problem = "A series needs a time, a channel and two rows at least."
        raise AdapterError(problem, failure="rejected_by_policy")
    return values


def _step(times: Floats) -> float:
    steps = np.diff(times)
    return float(np.median(steps[steps > 0]))


def _listed(values: NDArray[Any]) -> list[float]:
    return [round(float(value), 6) for value in values]
