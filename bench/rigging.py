"""How far a few raters can push one system, and what the outlier test gets back.

    python bench/rigging.py [--sets 20]

Six systems, 40 honest raters who each vote on 60 comparisons; some further accounts vote for one
mid-table system whenever they see it and at random otherwise. Printed: the push on that system in
rating points over all votes, without the accounts the outlier test accuses (p < 0.001), and with
raters weighed by reliability; and how many accounts and how many honest raters were accused.
"""

from __future__ import annotations

import argparse

import numpy as np

from evaluation.bradley_terry import bradley_terry
from evaluation.comparisons import Comparisons
from evaluation.raters import outlier_p_values, reliability

THETA = np.array([0.9, 0.5, 0.15, -0.15, -0.5, -0.9])
PUSHED = 3
HONEST, EACH = 40, 60
POINTS = 400 / np.log(10)


def study(n_accounts: int, rng: np.random.Generator) -> Comparisons:
    """Honest votes with a taste per rater (sd 0.3), then those of the rigging accounts."""
    k, raters = len(THETA), HONEST + n_accounts
    rater = np.repeat(np.arange(raters), EACH)
    a = rng.integers(0, k, len(rater))
    b = (a + rng.integers(1, k, len(rater))) % k
    strength = THETA + rng.normal(0, 0.3, (raters, k))
    d = strength[rater, a] - strength[rater, b]
    honest = np.where(rng.random(len(rater)) < 1 / (1 + np.exp(-d)), 0, 2)
    rigged = np.where(a == PUSHED, 0, np.where(b == PUSHED, 2, 2 * rng.integers(0, 2, len(rater))))
    outcome = np.where(rater < HONEST, honest, rigged)
    return Comparisons(tuple("ABCDEF"), a, b, outcome, rater=rater)


def pushed(theta: np.ndarray, clean: np.ndarray) -> float:
    return float(POINTS * (theta[PUSHED] - clean[PUSHED]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=20)
    args = parser.parse_args()
    print("accounts  push, all  push, tested  push, weighed  accounts found  honest accused")
    for n_accounts in (1, 2, 4, 8, 12):
        rows = []
        for seed in range(args.sets):
            votes = study(n_accounts, np.random.default_rng([seed, n_accounts]))
            honest = bradley_terry(votes.select(votes.rater < HONEST).table).theta
            accused = outlier_p_values(votes) < 0.001
            kept = bradley_terry(votes.select(~accused[votes.rater]).table).theta
            weighed = reliability(votes).theta
            clean = reliability(votes.select(votes.rater < HONEST)).theta
            everything = bradley_terry(votes.table).theta
            rows.append(
                (
                    pushed(everything, honest),
                    pushed(kept, honest),
                    pushed(weighed, clean),
                    accused[HONEST:].mean(),
                    accused[:HONEST].mean(),
                )
            )
        push, tested, less, found, blamed = np.mean(rows, axis=0)
        figures = f"{n_accounts:8}  {push:9.1f}  {tested:12.1f}  {less:13.1f}"
        print(f"{figures}  {found:14.0%}  {blamed:14.1%}", flush=True)


if __name__ == "__main__":
    main()
