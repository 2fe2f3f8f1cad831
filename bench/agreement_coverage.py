"""How often 95 % intervals of agreement hold what other raters would say of other units.

    python bench/agreement_coverage.py [--studies 400]

Raters have a bias and a noise of their own, units a latent value that they grade in four steps;
20 % of the ratings are missing. The truth is the mean over very large studies.
"""

from __future__ import annotations

import argparse
import os
from itertools import product

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from evaluation.agreement import METHODS, OVER, agree

NAMES = ("percent", "conger", "krippendorff_alpha", "gwet_ac1")
DESIGNS = ((6, 100), (12, 50), (30, 40), (60, 10))
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def study(n_raters: int, n_units: int, seed: int, bias: float) -> Rows:
    """Long rows; `bias` is the spread of the raters' thresholds, their noise differs too."""
    rng = np.random.default_rng(seed)
    own, noise = rng.normal(0, bias, n_raters), 0.5 * np.exp(rng.normal(0, 0.4, n_raters))
    latent = rng.normal(0, 1, (n_units, 1)) + own + noise * rng.normal(size=(n_units, n_raters))
    unit, rater = np.nonzero(rng.random(latent.shape) >= 0.2)
    return unit, rater, np.digitize(latent[unit, rater], [-0.8, 0, 0.8])


def truth(bias: float) -> dict[str, float]:
    """Mean of every coefficient over twelve studies of 400 raters and 1,500 units."""
    plan = {"coefficients": NAMES, "interval": "linearised"}
    found = [agree(*study(400, 1500, seed, bias), **plan) for seed in range(12)]  # type: ignore[arg-type]
    return {n: float(np.mean([result[n].value for result in found])) for n in NAMES}


def coverage(design: tuple[int, int], bias: float, studies: int) -> dict[tuple[str, str], float]:
    """Share of intervals that hold the truth, by what they allow for and how they are made."""
    true = truth(bias)
    hits: dict[tuple[str, str], list[bool]] = {key: [] for key in product(OVER, METHODS)}
    for seed in range(studies):
        rows = study(*design, 1000 + seed, bias)
        for over, method in hits:
            found = agree(*rows, coefficients=NAMES, over=over, interval=method, resamples=400)
            hits[over, method] += [
                c.lower is not None and c.lower <= true[name] <= (c.upper or 0)
                for name, c in found.coefficients.items()
            ]
    return {key: float(np.mean(held)) for key, held in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400)
    studies = parser.parse_args().studies
    keys = list(product(OVER, METHODS))
    print("raters × units  bias  " + "  ".join(f"{f'{o}, {m}':>18}" for o, m in keys))
    for bias, design in product((0.0, 0.4), DESIGNS):
        held = coverage(design, bias, studies)
        shares = "  ".join(f"{held[key]:18.1%}" for key in keys)
        print(f"{design[0]:>6} × {design[1]:<7}{bias:>4}  {shares}", flush=True)


if __name__ == "__main__":
    main()
