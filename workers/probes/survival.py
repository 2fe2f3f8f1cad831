"""Proportional hazards on embeddings: who has the event sooner (Cox 1972, JRSS B 34:187–220)."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from workers.adapters.base import AdapterError
from workers.probes.training import Floats, Training

POINTS = 50


@dataclass(frozen=True)
class Hazards:
    """A fitted model; ``curve`` gives S(t) = S₀(t)^exp(xβ), with Breslow's baseline."""

    centre: Floats
    scale: Floats
    beta: Floats
    times: Floats
    baseline: Floats
    """Cumulative baseline hazard at ``times``."""

    def risk(self, embedding: Floats) -> float:
        return float((embedding - self.centre) / self.scale @ self.beta)

    def curve(self, embedding: Floats) -> tuple[list[float], list[float]]:
        survival = np.exp(-self.baseline * np.exp(self.risk(embedding)))
        return self.times.tolist(), survival.tolist()

    def chance(self, embedding: Floats, horizon: float) -> float:
        """Probability of the event by ``horizon``, in the unit of the training times."""
        reached = np.searchsorted(self.times, horizon, side="right") - 1
        held = 0.0 if reached < 0 else float(self.baseline[reached])
        return float(1 - np.exp(-held * np.exp(self.risk(embedding))))


def hazards_fit(training: Training, ridge: float = 1.0) -> Hazards:
    """Breslow's partial likelihood with a ridge of ``ridge``/2·|β|², by L-BFGS.

    Raises ``AdapterError`` where no event was observed.
    """
    if training.time is None or training.event is None or not training.event.any():
        raise AdapterError("A survival head needs times, and one observed event at least.")
    centre, scale = training.embeddings.mean(axis=0), training.embeddings.std(axis=0) + 1e-6
    order = np.argsort(-training.time, kind="stable")
    x = ((training.embeddings - centre) / scale)[order]
    time, event = training.time[order], training.event[order]
    # With the longest times first, the rows up to the last of an equal time are those at risk.
    last = np.searchsorted(-time, -time, side="right") - 1

    def objective(beta: Floats) -> tuple[float, Floats]:
        score = x @ beta
        raised = np.exp(score - score.max())
        at_risk = np.cumsum(raised)[last]
        means = np.cumsum(raised[:, None] * x, axis=0)[last] / at_risk[:, None]
        value = (np.log(at_risk) + score.max() - score)[event].sum() + ridge / 2 * beta @ beta
        return float(value), np.asarray((means - x)[event].sum(axis=0) + ridge * beta)

    beta = minimize(objective, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    at_risk = np.cumsum(np.exp(x @ beta))[last]
    times = np.unique(time[event])
    steps = [(1 / at_risk[event & (time == t)]).sum() for t in times]
    return _thinned(Hazards(centre, scale, beta, times, np.cumsum(steps)))


def _thinned(model: Hazards) -> Hazards:
    """At most ``POINTS`` times, evenly chosen; the first and the last stay."""
    kept = np.unique(np.linspace(0, len(model.times) - 1, POINTS).round().astype(int))
    return Hazards(model.centre, model.scale, model.beta, model.times[kept], model.baseline[kept])
