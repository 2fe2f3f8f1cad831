"""Classes of a model as labels of a study."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from workers.adapters.base import AdapterError, Record

MOST_CLASSES, MOST_TOLD = 1000, 40


def renamed(config: Mapping[str, Any], name: str) -> str | None:
    """The study's word for a class of the model; ``None`` where ``labels`` leaves it out."""
    labels = config.get("labels") or {}
    if not isinstance(labels, Mapping):
        raise AdapterError("'labels' must pair the model's classes with the study's labels.")
    found = labels.get(name, name)
    return None if found is None else str(found)


def labels_check(config: Mapping[str, Any], names: Collection[str]) -> None:
    """Raises ``AdapterError`` where ``labels`` renames a class that is none of ``names``, as after
    a slip of the pen: the model's own word would reach raters, or one that was to be left out.
    """
    odd = sorted(set(config.get("labels") or {}) - set(names))
    if odd:
        held = ", ".join(sorted(set(names))[:MOST_TOLD])
        problem = f"'labels' renames {odd[0]!r}, but the model has no such class; it has: {held}."
        raise AdapterError(problem, failure="rejected_by_policy")


def labels_record(
    config: Mapping[str, Any], names: Sequence[str], chances: Sequence[float]
) -> Record:
    """``{"labels": {name: probability}}``; classes that are given one label are added up."""
    labels: dict[str, float] = {}
    for name, chance in zip(names, chances, strict=True):
        label = renamed(config, name)
        if label is not None:
            labels[label] = min(1.0, labels.get(label, 0.0) + float(chance))
    return {"labels": labels}


def candidates(config: Mapping[str, Any]) -> list[str]:
    """What a zero-shot model is asked about; raises ``AdapterError`` for none or too many."""
    found = config.get("classes")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_CLASSES:
        problem = f"'classes' must list 1 to {MOST_CLASSES} classes."
        raise AdapterError(problem, failure="rejected_by_policy")
    return [str(name) for name in found]
