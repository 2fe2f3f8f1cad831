"""The labelled embeddings a head is fitted on, and splits that keep a patient on one side."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.adapters.base import AdapterError

Floats = NDArray[np.float64]
FOLDS = 5
MOST_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Training:
    """N labelled embeddings of D numbers; a bag is what is labelled as one (a slide's tiles)."""

    embeddings: Floats
    """(N, D)"""
    groups: NDArray[np.str_]
    """(N,) patients or sites: none of them ever stands on both sides of a split."""
    labels: NDArray[np.str_] | None
    """(N,) classes; ``None`` where times are given instead."""
    time: Floats | None
    """(N,) until the event or the end of observation."""
    event: NDArray[np.bool_] | None
    """(N,) whether the event was observed."""
    bags: NDArray[np.str_] | None
    sha256: str
    encoder: str = ""
    """Digest of the weights that embedded it; empty where the file was made in another way."""
    pooling: str = ""

    @property
    def classes(self) -> list[str]:
        return sorted(set(self.labels.tolist())) if self.labels is not None else []

    def splits(self) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Rows to fit on and rows to judge by, group-wise; nothing for fewer than two groups."""
        from sklearn.model_selection import GroupKFold

        n_groups = len(set(self.groups.tolist()))
        if n_groups >= 2:
            yield from GroupKFold(min(FOLDS, n_groups)).split(self.embeddings, groups=self.groups)


def training_read(name: str) -> Training:
    """The training set ``name`` (NPZ) in ``CONSILIUM_TRAINING_DIR``.

    Raises ``AdapterError`` naming the array that is missing or does not fit.
    """
    path = _path(name)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError) as error:
        raise AdapterError(f"The training set {name} cannot be read: {error}.") from error
    return _checked(name, arrays, hashlib.sha256(path.read_bytes()).hexdigest())


def _checked(name: str, arrays: dict[str, Any], sha256: str) -> Training:
    told = {key: str(arrays.pop(key)) for key in ("encoder", "pooling") if key in arrays}
    embeddings = np.asarray(arrays.get("embeddings", ()), dtype=np.float64)
    if embeddings.ndim != 2 or not len(embeddings) or not np.isfinite(embeddings).all():
        raise AdapterError(f"{name} needs embeddings: a finite (N, D) array.")
    n = len(embeddings)
    for key, values in arrays.items():
        if values.ndim == 0 or len(values) != n:
            raise AdapterError(f"{key} of {name} must have {n} rows, as embeddings have.")
    times = {"time", "event"} <= set(arrays)
    if "labels" not in arrays and not times:
        raise AdapterError(f"{name} needs labels, or time and event.")
    return Training(
        embeddings=embeddings,
        groups=arrays.get("groups", np.arange(n)).astype(str),
        labels=arrays["labels"].astype(str) if "labels" in arrays else None,
        time=arrays["time"].astype(np.float64) if times else None,
        event=arrays["event"].astype(bool) if times else None,
        bags=arrays["bags"].astype(str) if "bags" in arrays else None,
        sha256=sha256,
        **told,
    )


def _path(name: str) -> Path:
    folder = os.environ.get("CONSILIUM_TRAINING_DIR", "")
    path = Path(folder) / name
    if not folder or not name or Path(name).name != name or not path.is_file():
        held = sorted(p.name for p in Path(folder).glob("*.npz")) if folder else []
        there = f"there are: {', '.join(held)}" if held else "there is none"
        raise AdapterError(f"There is no training set {name!r} in CONSILIUM_TRAINING_DIR; {there}.")
    if path.stat().st_size > MOST_BYTES:
        raise AdapterError(f"The training set {name} is larger than 4 GB.")
    return path
