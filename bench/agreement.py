"""Speed of agreement coefficients against peers on the same arrays, printed as ratios.

    python bench/agreement.py [--large]

Peers (`pip install krippendorff evalica`) are timed where they are installed; they are no
dependency. Every entry starts from columnar integer arrays in memory, the conversion each peer
needs included; ours also validates. "with interval" adds the linearised one, where peers give the
value only. Times are CPU time. "memory" is what a call holds at most beyond its input, as a
multiple of it. `--large` adds 1,000 raters × 100,000 units (needs about 8 GB).
"""

from __future__ import annotations

import argparse
import os
import time
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from evaluation.agreement import agree

Q = 5
SIZES = ((3, 1_000), (3, 10_000), (3, 100_000), (10, 1_000), (10, 10_000), (10, 100_000))
ALPHA = ("krippendorff_alpha",)
VALUE = {"coefficients": ALPHA, "interval": "none"}
ANALYTIC = {"coefficients": ALPHA, "interval": "linearised"}
# What is timed: our settings, and the resamples of the peers (None: no peer does it).
TASKS: dict[str, tuple[dict[str, object], int | None]] = {
    "alpha": (VALUE, 0),
    "alpha with interval": (ANALYTIC, 0),
    "alpha, 1000 resamples": ({"coefficients": ALPHA}, 1000),
    "alpha, over raters too": ({**ANALYTIC, "over": "both"}, None),
    "all coefficients": ({}, None),
}
Data = tuple[np.ndarray, np.ndarray, np.ndarray]


def rows(n_raters: int, n_units: int) -> Data:
    """Long rows with 20 % missing, 5 categories and a true value behind each unit."""
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(n_units, dtype=np.int32), n_raters)
    rater = np.tile(np.arange(n_raters, dtype=np.int32), n_units)
    truth = rng.integers(0, Q, n_units, dtype=np.int8)[unit]
    value = np.where(rng.random(unit.size) < 0.6, truth, rng.integers(0, Q, unit.size))
    kept = rng.random(unit.size) < 0.8
    return unit[kept], rater[kept], value[kept].astype(np.int8)


def matrix(data: Data) -> np.ndarray:
    """Raters × units with NaN for missing: what the peers take."""
    unit, rater, value = data
    table = np.full((rater.max() + 1, unit.max() + 1), np.nan)
    table[rater, unit] = value
    return table


def ours(data: Data, **settings: object) -> object:
    return agree(*data, **settings)  # type: ignore[arg-type]


def peers(resamples: int) -> dict[str, Callable[[Data], object]]:
    """Alpha (or its bootstrap, if `resamples`) by every peer that is installed."""
    found: dict[str, Callable[[Data], object]] = {}
    if find_spec("krippendorff") and not resamples:
        import krippendorff

        found["krippendorff"] = lambda data: krippendorff.alpha(
            matrix(data), level_of_measurement="nominal"
        )
    if find_spec("evalica"):
        import evalica
        import pandas as pd

        found["evalica"] = lambda data: (
            evalica.alpha_bootstrap(
                pd.DataFrame(matrix(data)), distance="nominal", n_resamples=resamples
            )
            if resamples
            else evalica.alpha(pd.DataFrame(matrix(data)), distance="nominal")
        )
    return found


def seconds(call: Callable[[], object], repeats: int = 7) -> float:
    """Median CPU time of several runs after one that warms up; slow calls run once."""
    first = _timed(call)
    if first > 5:
        return first
    return median(_timed(call) for _ in range(repeats))


def _timed(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def memory(call: Callable[[], object]) -> float:
    """Most bytes held beyond what was held before."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    sizes = (*SIZES, (1_000, 100_000)) if parser.parse_args().large else SIZES
    print(
        f"{'raters × units':>16}  {'task':<24}{'ours ms':>9}  {'memory':>7}  peers, times as long"
    )
    for n_raters, n_units in sizes:
        data = rows(n_raters, n_units)
        for task, (settings, resamples) in TASKS.items():
            if data[0].size > 5_000_000 and resamples != 0:
                continue
            _print(f"{n_raters} × {n_units:,}", task, data, settings, resamples)


def _print(
    place: str, task: str, data: Data, settings: dict[str, object], resamples: int | None
) -> None:
    own = seconds(lambda: ours(data, **settings))
    held = memory(lambda: ours(data, **settings)) / sum(column.nbytes for column in data)
    slow = data[0].size > 100_000
    others = {} if resamples is None else peers(resamples)
    ratios = [
        f"{name} {seconds(lambda p=peer: p(data)) / own:.1f}"
        for name, peer in others.items()
        if name != "evalica" or not (slow and (resamples or data[0].size > 5_000_000))
    ]
    print(f"{place:>16}  {task:<24}{own * 1e3:9.2f}  {held:6.1f}×  {', '.join(ratios) or '–'}")


if __name__ == "__main__":
    main()
