"""Heads on frozen embeddings: nearest neighbours, linear, prototypes, attention over a bag.

Each is fitted once, when the system is loaded, and is the same on every run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from workers.adapters.base import AdapterError
from workers.probes.training import Floats, Training

Fitted = Callable[[Floats], Floats]
"""(M, D) embeddings of one case → (C,) probabilities of the classes."""


class Classifier(Protocol):
    """What scikit-learn's classifiers have in common."""

    classes_: Any

    def fit(self, embeddings: Floats, labels: Any) -> Any: ...

    def predict_proba(self, embeddings: Floats) -> Floats: ...


@dataclass
class Head:
    """A fitted head, and how it was chosen."""

    classes: list[str]
    probabilities: Fitted
    chosen: dict[str, Any]


def head_fit(kind: str, training: Training, options: Mapping[str, Any]) -> Head:
    """The head named ``kind``; raises ``AdapterError`` for an unknown one or too few classes."""
    if kind not in HEADS:
        raise AdapterError(f"There is no head {kind!r}; there are: {', '.join(HEADS)}.")
    if training.labels is None or len(training.classes) < 2:
        raise AdapterError("A head needs labels of two classes or more.")
    return HEADS[kind](training, options)


def nearest_neighbours(training: Training, options: Mapping[str, Any]) -> Head:
    """``k`` nearest by cosine distance, weighted by closeness; k is chosen by cross-validation."""
    from sklearn.neighbors import KNeighborsClassifier

    def made(k: int) -> Classifier:
        return KNeighborsClassifier(k, weights="distance", metric="cosine")  # type: ignore[no-any-return]

    most = max(1, len(training.embeddings) * 4 // 5)
    choices = [int(options["k"])] if options.get("k") else [1, 5, 10, 20]
    return _best(training, {f"k={k}": partial(made, k) for k in choices if k <= most})


def linear(training: Training, options: Mapping[str, Any]) -> Head:
    """Logistic regression on standardised embeddings; the ridge is chosen by cross-validation."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def made(c: float) -> Classifier:
        return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000))  # type: ignore[no-any-return]

    choices = [float(options["c"])] if options.get("c") else [0.001, 0.01, 0.1, 1.0, 10.0]
    return _best(training, {f"C={c:g}": partial(made, c) for c in choices})


def prototypes(training: Training, options: Mapping[str, Any]) -> Head:
    """Closeness to the mean of each class (SimpleShot: Wang et al. 2019, arXiv 1911.04623)."""
    centre = training.embeddings.mean(axis=0)
    means = np.stack(
        [
            _unit(training.embeddings[training.labels == c] - centre).mean(axis=0)
            for c in training.classes
        ]
    )
    sharpness = float(options.get("sharpness", 10.0))

    def probabilities(embeddings: Floats) -> Floats:
        closeness = _unit(embeddings - centre) @ _unit(means).T
        return _mean(_softmax(sharpness * closeness))

    return Head(training.classes, probabilities, {"sharpness": sharpness})


def attention(training: Training, options: Mapping[str, Any]) -> Head:
    """Attention over the embeddings of a bag (Ilse et al. 2018, arXiv 1802.04712)."""
    from workers.probes.bags import attention_fit

    return Head(training.classes, *attention_fit(training, options))


def _best(training: Training, made: Mapping[str, Callable[[], Classifier]]) -> Head:
    """The candidate of least log loss on held-out groups, fitted on all."""
    losses = {name: _loss(training, make) for name, make in made.items()}
    name = min(losses, key=lambda each: losses[each])
    final = made[name]()
    final.fit(training.embeddings, training.labels)

    def probabilities(embeddings: Floats) -> Floats:
        return _mean(final.predict_proba(embeddings))

    found = {"setting": name, "log_loss": _rounded(losses[name])}
    return Head(training.classes, probabilities, found)


def _loss(training: Training, make: Callable[[], Classifier]) -> float:
    """Mean log loss over held-out groups; a class that a fold lacks has probability 0 there."""
    assert training.labels is not None  # noqa: S101  (head_fit asked)
    losses: list[float] = []
    for fitted_on, judged_by in training.splits():
        if len(set(training.labels[fitted_on].tolist())) < 2:
            continue
        model = make()
        model.fit(training.embeddings[fitted_on], training.labels[fitted_on])
        chances = model.predict_proba(training.embeddings[judged_by])
        place = {label: n for n, label in enumerate(model.classes_)}
        true = [
            row[place[label]] if label in place else 0.0
            for row, label in zip(chances, training.labels[judged_by], strict=True)
        ]
        losses += (-np.log(np.maximum(true, 1e-6))).tolist()
    return float(np.mean(losses)) if losses else float("inf")


def _mean(rows: Floats) -> Floats:
    return np.asarray(rows.mean(axis=0))


def _unit(values: Floats) -> Floats:
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12))


def _softmax(values: Floats) -> Floats:
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


HEADS = {
    "knn": nearest_neighbours,
    "linear": linear,
    "prototype": prototypes,
    "attention-mil": attention,
}
