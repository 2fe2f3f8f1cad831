"""Votes that several tests share: published tables, and votes simulated from a known truth."""

from __future__ import annotations

import numpy as np

from evaluation.comparisons import Comparisons, Outcome

JOURNALS = ("Biometrika", "CommStat", "JASA", "JRSSB")
CITATIONS = [
    ("Biometrika", "CommStat", 730, 33, 0),
    ("Biometrika", "JASA", 498, 320, 0),
    ("Biometrika", "JRSSB", 221, 284, 0),
    ("CommStat", "JASA", 68, 813, 0),
    ("CommStat", "JRSSB", 17, 276, 0),
    ("JASA", "JRSSB", 142, 325, 0),
]
WIKIPEDIA = [
    ("A", "B", 2, 3, 0),
    ("A", "D", 1, 4, 0),
    ("B", "C", 5, 3, 0),
    ("C", "D", 1, 3, 0),
]


def from_totals(totals: list[tuple[str, str, int, int, int]]) -> Comparisons:
    """Votes from rows of (first, second, first's wins, second's wins, ties)."""
    rows = [
        (first, second, label)
        for first, second, won, lost, tied in totals
        for label, count in (("model_a", won), ("model_b", lost), ("tie", tied))
        for _ in range(count)
    ]
    return Comparisons.from_labels(*zip(*rows, strict=True))


def simulated(
    n_raters: int = 12,
    n_cases: int = 30,
    theta: tuple[float, ...] = (0.6, 0.2, -0.2, -0.6),
    *,
    tie_weight: float = 0.8,
    seed: int = 0,
) -> Comparisons:
    """Every rater votes once on every case; Davidson's model with tastes of raters and cases."""
    rng = np.random.default_rng(seed)
    k = len(theta)
    taste = rng.normal(0, 0.3, (n_raters, k))
    suits = rng.normal(0, 0.7, (n_cases, k))
    rater, case = np.divmod(np.arange(n_raters * n_cases), n_cases)
    a = rng.integers(0, k, len(rater))
    b = (a + rng.integers(1, k, len(rater))) % k
    strength = np.asarray(theta) + taste[rater] + suits[case]
    rows = np.arange(len(rater))
    half = (strength[rows, a] - strength[rows, b]) / 2
    weights = np.exp(np.column_stack([half, np.full(len(half), np.log(tie_weight)), -half]))
    chances = (weights / weights.sum(1, keepdims=True)).cumsum(1)
    outcome = (rng.random((len(half), 1)) > chances[:, :2]).sum(1)
    assert Outcome.MODEL_B == 2
    names = tuple(f"system {i}" for i in range(k))
    return Comparisons(names, a, b, outcome, rater=rater, case=case)


# Davidson (1970), table 1: 45 rounds of six chocolate puddings.
PUDDING = [
    ("1", "2", 19, 22, 16),
    ("1", "3", 16, 19, 12),
    ("2", "3", 19, 19, 10),
    ("1", "4", 18, 23, 13),
    ("2", "4", 23, 19, 9),
    ("3", "4", 19, 20, 15),
    ("1", "5", 13, 19, 18),
    ("2", "5", 16, 20, 12),
    ("3", "5", 16, 15, 17),
    ("4", "5", 17, 14, 16),
    ("1", "6", 18, 21, 12),
    ("2", "6", 22, 20, 12),
    ("3", "6", 13, 18, 10),
    ("4", "6", 14, 19, 18),
    ("5", "6", 11, 21, 12),
]

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
# Agresti (2002), table 10.10: (home wins, away wins) of each team at home against the others.
BASEBALL = [
    [(4, 3), (4, 2), (4, 3), (6, 1), (4, 2), (6, 0)],
    [(3, 3), (4, 2), (4, 3), (6, 0), (6, 1), (4, 3)],
    [(2, 5), (4, 3), (2, 4), (4, 3), (4, 2), (6, 0)],
    [(3, 3), (5, 1), (2, 5), (4, 3), (4, 2), (6, 1)],
    [(5, 1), (2, 5), (3, 3), (4, 2), (5, 2), (6, 0)],
    [(2, 5), (3, 3), (3, 4), (4, 3), (4, 2), (2, 4)],
    [(2, 5), (1, 5), (1, 6), (2, 4), (1, 6), (3, 4)],
]


def baseball() -> Comparisons:
    """The 1987 games, the home team being shown left."""
    return from_totals(
        [
            (home, away, won, lost, 0)
            for home, row in zip(TEAMS, BASEBALL, strict=True)
            for away, (won, lost) in zip((t for t in TEAMS if t != home), row, strict=True)
        ]
    )
