"""Other packages on the same arrays, for `rating_speed.py --peers` alone.

Each takes the number of systems and the columns `model_a`, `model_b`, `outcome`, and returns
log-strengths of mean 0 (Elo: scores). What starts from counts is given ours, made anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec

import numpy as np

from evaluation.bradley_terry import half_wins
from evaluation.comparisons import Comparisons

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]
EVALICA = np.array([1, 0, 2], np.uint8)  # its codes of a win, a tie and a loss
MOST_CELLS = 30_000_000  # of a design with a row per vote
Peer = Callable[[int, Columns], np.ndarray]


def counts(k: int, columns: Columns) -> np.ndarray:
    """(K, K) half-wins of row over column."""
    return half_wins(Comparisons(tuple(f"{i:03}" for i in range(k)), *columns).table)


def pairs(k: int, columns: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first, second, (P, 2) wins and losses) of the pairs that met, a tie half for each."""
    wins = counts(k, columns)
    first, second = np.nonzero(np.triu(wins + wins.T))
    return first, second, np.column_stack([wins[first, second], wins[second, first]])


def design(k: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(P, K − 1): +1 for the first system, −1 for the second; the last system is the reference."""
    x = np.zeros((len(first), k))
    x[np.arange(len(first)), first], x[np.arange(len(first)), second] = 1.0, -1.0
    return x[:, :-1]


def centred(theta: np.ndarray) -> np.ndarray:
    return np.asarray(theta - theta.mean())


def choix_dense(k: int, columns: Columns) -> np.ndarray:
    import choix

    return centred(choix.ilsr_pairwise_dense(counts(k, columns)))


def evalica_points(k: int, columns: Columns) -> np.ndarray:
    import evalica
    import pandas

    a, b, outcome = columns
    fit = evalica.bradley_terry(a, b, EVALICA[outcome], index=pandas.Index(range(k)))
    return centred(np.log(fit.scores.sort_index().to_numpy()))


def evalica_elo(k: int, columns: Columns) -> np.ndarray:
    import evalica
    import pandas

    a, b, outcome = columns
    return evalica.elo(a, b, EVALICA[outcome], index=pandas.Index(range(k)), k=4).scores.to_numpy()


def leaderbot_points(k: int, columns: Columns) -> np.ndarray:
    import leaderbot

    first, second, won = pairs(k, columns)
    data = {
        "models": [str(i) for i in range(k)],
        "X": np.column_stack([first, second]),
        "Y": np.column_stack([won, np.zeros(len(won))]),
    }
    model = leaderbot.models.BradleyTerry(data, k_cov=None)
    model.train()
    return centred(np.asarray(model.scores())[:k])


def scikit_learn(k: int, columns: Columns) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    first, second, won = pairs(k, columns)
    x = design(k, first, second)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8, max_iter=1000)
    model.fit(
        np.concatenate([x, x]),
        np.repeat([1, 0], len(x)),
        sample_weight=np.concatenate([won[:, 0], won[:, 1]]),
    )
    return centred(np.append(model.coef_[0], 0.0))


def statsmodels_votes(k: int, columns: Columns) -> np.ndarray:
    """A row per vote, as its documents show; wins are shares, since a tie is half a win."""
    import statsmodels.api as sm

    a, b, outcome = columns
    if k * len(a) > MOST_CELLS:
        raise MemoryError
    model = sm.GLM(np.array([1.0, 0.5, 0.0])[outcome], design(k, a, b), sm.families.Binomial())
    fit = model.fit(cov_type="HC0")
    fit.conf_int(0.05)
    return centred(np.append(fit.params, 0.0))


def statsmodels_fisher(k: int, columns: Columns) -> np.ndarray:
    return _statsmodels(k, columns, "nonrobust")


def statsmodels_sandwich(k: int, columns: Columns) -> np.ndarray:
    return _statsmodels(k, columns, "HC0")


def _statsmodels(k: int, columns: Columns, kind: str) -> np.ndarray:
    import statsmodels.api as sm

    first, second, won = pairs(k, columns)
    fit = sm.GLM(won, design(k, first, second), family=sm.families.Binomial()).fit(cov_type=kind)
    fit.conf_int(0.05)
    return centred(np.append(fit.params, 0.0))


def arena_rank(k: int, columns: Columns) -> np.ndarray:
    import pandas
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    a, b, outcome = columns
    winner = pandas.Categorical.from_codes(outcome, ["model_a", "tie", "model_b"])
    frame = pandas.DataFrame({"model_a": a, "model_b": b, "winner": winner})
    data = PairDataset.from_pandas(frame)
    result = BradleyTerry(n_competitors=k).compute_ratings_and_cis(data)
    rating = dict(zip(result["competitors"], np.asarray(result["ratings"]), strict=True))
    return centred(np.array([rating[i] for i in range(k)]) * np.log(10) / 400)


POINTS: Mapping[str, tuple[str, Peer]] = {
    "choix, our counts": ("choix", choix_dense),
    "leaderbot, our counts": ("leaderbot", leaderbot_points),
    "evalica": ("evalica", evalica_points),
    "scikit-learn, our counts": ("sklearn", scikit_learn),
}
INTERVALS: Mapping[str, tuple[str, Peer]] = {
    "statsmodels, its rows": ("statsmodels", statsmodels_votes),
    "statsmodels, our counts, Fisher": ("statsmodels", statsmodels_fisher),
    "statsmodels, our counts, HC0": ("statsmodels", statsmodels_sandwich),
    "arena-rank": ("arena_rank", arena_rank),
}
ELO: Mapping[str, tuple[str, Peer]] = {"evalica": ("evalica", evalica_elo)}


def installed(peers: Mapping[str, tuple[str, Peer]]) -> dict[str, Peer]:
    return {name: peer for name, (module, peer) in peers.items() if find_spec(module)}
