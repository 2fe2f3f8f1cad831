"""Models that continue a time series: what comes next in each channel, by itself.

Each type of model is asked in its own way, see ``FAMILIES``; what surrounds that is the same.
"""

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.adapters.base import AdapterError, Answer, Ask, Part, Record
from workers.adapters.local_model import LocalModel

Floats = NDArray[np.float64]
Observed = NDArray[np.bool_]
SERIES = ("series", "signal")
MOST_CHANNELS = 8
ALONE = {
    "num_input_channels": 1, "input_size": 1, "num_time_features": 0,
    "num_dynamic_real_features": 0, "num_static_real_features": 0,
    "num_static_categorical_features": 0,
}  # fmt: skip
"""What a model may be configured for at most, where each channel is continued by itself."""
WITHIN = (0.025, 0.975)
"""Quantiles of the samples that a model of distributions draws."""


class Forecasting(LocalModel):
    """Values of every channel over the model's horizon, at the series' own pace.

    Uneven times are brought to the median step by linear interpolation; a series shorter than the
    model's context is filled up before its begin with what the model is told not to look at.
    """

    model_class = "AutoModel"
    processor_class = ""
    packages = ("torch", "transformers", "safetensors", "numpy")

    def auto_class(self) -> str:
        return FAMILIES[self._family][0]

    @property
    def _family(self) -> str:
        """Which type of model it is; raises ``AdapterError`` for one that is asked otherwise."""
        config = self.checkpoint.config
        found = str(config.get("model_type"))
        if found not in FAMILIES:
            problem = f"{found} is no type of forecasting model known here: {', '.join(FAMILIES)}."
            raise AdapterError(problem, failure="rejected_by_policy")
        needs = [key for key, most in ALONE.items() if int(config.get(key) or 0) > most]
        if needs:
            problem = f"The model wants more than the series of a case tells: {', '.join(needs)}."
            raise AdapterError(problem, failure="rejected_by_policy")
        return found

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
        seen, observed = even(times, values, step, self._context())
        return FAMILIES[self._family][1](self, seen, observed)

    def _context(self) -> int:
        """How many values the model looks at: lags reach back behind its context."""
        config = self.model.config
        lags: list[int] = getattr(config, "lags_sequence", None) or [0]
        return int(config.context_length) + max(lags)

    def patched(self, seen: Floats, observed: Observed) -> Record:
        """PatchTST and PatchTSMixer: one channel of (batch, time, channel)."""
        mixer = self._family == "patchtsmixer"
        inputs = self._inputs(
            past_values=seen[None, :, None],
            **{"observed_mask" if mixer else "past_observed_mask": observed[None, :, None]},
        )
        if self.model.config.loss == "nll":
            return self._drawn(inputs, lambda made: made[0, :, :, 0])
        found = self.model(**inputs).prediction_outputs[0, :, 0]
        return {"value": _listed(found.float().cpu().numpy())}

    def sampled(self, seen: Floats, observed: Observed) -> Record:
        """TimeSeriesTransformer: draws what comes next; knows no features of time here."""
        horizon = int(self.model.config.prediction_length)
        inputs = self._inputs(
            past_values=seen[None],
            past_observed_mask=observed[None],
            past_time_features=np.zeros((1, len(seen), 0)),
            future_time_features=np.zeros((1, horizon, 0)),
        )
        return self._drawn(inputs, lambda made: made[0])

    def decoded(self, seen: Floats, observed: Observed) -> Record:
        """TimesFM: reads series of any length, so nothing is filled up."""
        series = self._inputs(past_values=seen[observed])["past_values"]
        found = self.model(past_values=[series], freq=[0]).mean_predictions[0]
        return {"value": _listed(found.float().cpu().numpy())}

    def _inputs(self, **arrays: NDArray[Any]) -> dict[str, Any]:
        """As tensors on the model's device; what is observed stays yes or no."""
        import torch

        tensors = {
            key: torch.as_tensor(array, dtype=None if array.dtype == np.bool_ else torch.float32)
            for key, array in arrays.items()
        }
        return self.on_device(tensors)

    def _drawn(self, inputs: dict[str, Any], one: Callable[[Any], Any]) -> Record:
        """Mean and 95 % of the samples; the same on every run."""
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(0)
            drawn = one(self.model.generate(**inputs).sequences).float().cpu().numpy()
        lower, upper = np.quantile(drawn, WITHIN, axis=0)
        middle = np.clip(drawn.mean(axis=0), lower, upper)
        return {"value": _listed(middle), "lower": _listed(lower), "upper": _listed(upper)}


FAMILIES: dict[str, tuple[str, Callable[[Forecasting, Floats, Observed], Record]]] = {
    "patchtst": ("PatchTSTForPrediction", Forecasting.patched),
    "patchtsmixer": ("PatchTSMixerForPrediction", Forecasting.patched),
    "time_series_transformer": ("TimeSeriesTransformerForPrediction", Forecasting.sampled),
    "timesfm": ("TimesFmModelForPrediction", Forecasting.decoded),
}
"""By type of model: the class that loads it, and how it is asked."""


def even(times: Floats, values: Floats, step: float, count: int) -> tuple[Floats, Observed]:
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
