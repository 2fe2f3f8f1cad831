"""Votes needed to reach the true order: adaptive and balanced pairing against uniform.

    python bench/pairing_votes.py [--rounds 40] [--systems 5 10 20]

Strengths are evenly spaced with sd 0.65 in random order (or normal with --normal, where near ties
make the true order itself elusive); no ties, no effects of raters or cases. The order is reached
when the mean share of misordered pairs, over simulated studies, stays below the stated share.
"""

from __future__ import annotations

import argparse

import numpy as np

from evaluation.newton import win_probability
from evaluation.pairing import Candidates, PairingState, choose, posterior_mode

SHARES = (0.05, 0.02, 0.01)


def simulate(
    strategy: str, theta: np.ndarray, n_votes: int, every: int, rng: np.random.Generator
) -> np.ndarray:
    """Share of misordered pairs after each `every` votes."""
    k = len(theta)
    first, second = np.triu_indices(k, 1)
    candidates = Candidates(np.zeros(len(first), int), first, second)
    shown, wins = np.zeros((k, k), int), np.zeros((k, k))
    state = PairingState(shown, np.zeros(k, int), np.zeros((1, k), int), wins)
    p = win_probability(theta)
    wrong = []
    for vote in range(1, n_votes + 1):
        choice = choose(strategy, candidates, state, rng)
        i, j = first[choice.index], second[choice.index]
        winner, loser = (i, j) if rng.random() < p[i, j] else (j, i)
        wins[winner, loser] += 1
        for a, b in ((i, j), (j, i)):
            shown[a, b] += 1
            state.shown_to_rater[a] += 1
            state.shown_on_case[0, a] += 1
        if vote % every == 0:
            found = posterior_mode(wins)
            wrong.append(
                np.mean((found[first] - found[second]) * (theta[first] - theta[second]) < 0)
            )
    return np.array(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--systems", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--normal", action="store_true")
    args = parser.parse_args()
    print("systems  misordered   uniform  balanced  adaptive  adaptive/uniform")
    for k in args.systems:
        n_votes, every = {5: (1200, 10), 10: (5000, 50), 20: (16000, 200)}.get(k, (40 * k * k, 100))
        curves = {}
        for strategy in ("uniform", "balanced", "adaptive"):
            rng = np.random.default_rng(0)
            truths = [truth(k, args.normal, rng) for _ in range(args.rounds)]
            runs = [simulate(strategy, theta, n_votes, every, rng) for theta in truths]
            curves[strategy] = np.mean(runs, axis=0)
        for share in SHARES:
            needed = {name: reached(curve, share) * every for name, curve in curves.items()}
            figures = "  ".join(f"{n:8.0f}" for n in needed.values())
            ratio = needed["adaptive"] / needed["uniform"]
            print(f"{k:7}  {share:10.0%}  {figures}  {ratio:16.2f}", flush=True)


def truth(k: int, normal: bool, rng: np.random.Generator) -> np.ndarray:
    """(K,) strengths of sd 0.65."""
    spaced = np.arange(k) - (k - 1) / 2
    return rng.normal(0, 0.65, k) if normal else 0.65 * rng.permutation(spaced) / spaced.std()


def reached(curve: np.ndarray, share: float) -> float:
    """First check from which the curve stays below `share`; NaN if it does not get there."""
    above = np.flatnonzero(curve >= share)
    at = above[-1] + 2 if len(above) else 1
    return at if at <= len(curve) else np.nan


if __name__ == "__main__":
    main()
