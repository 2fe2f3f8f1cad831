"""Speed of ratings on columnar arrays against counting alone and against peers, as ratios.

    python bench/rating_speed.py [--peers] [--plot speed.svg]

Arrays `model_a`, `model_b` (int32) and `outcome` (int8) are in memory; every figure is the median
of several warm runs, in processor time. Peers (`pip install evalica choix`) are needed only for
`--peers`. Hold BLAS to one thread: OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from evaluation.bradley_terry import bradley_terry
from evaluation.comparisons import Comparisons
from evaluation.intervals import covariance
from evaluation.ties import TIES

SIZES = (
    *((20, 10_000), (20, 1_000_000), (100, 10_000), (100, 100_000), (100, 1_000_000)),
    *((100, 10_000_000), (300, 10_000), (300, 1_000_000), (300, 10_000_000)),
)
# Floor of the point fit in milliseconds, measured once on two cores of an AMD EPYC; another machine
# shows other milliseconds, so the ratios against counting and peers are what to compare.
FLOOR_MS = dict(zip(SIZES, (0.30, 4.6, 1.0, 1.5, 6.1, 39, 4.2, 11, 48), strict=True))


def arrays(k: int, n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Votes with uneven pairs (popular systems met more) and a quarter of ties."""
    popular = 0.8 / np.arange(1, k + 1) / np.sum(1 / np.arange(1, k + 1)) + 0.2 / k
    a = rng.choice(k, n, p=popular)
    b = rng.choice(k, n, p=popular)
    b = np.where(a == b, (a + 1 + rng.integers(0, k - 1, n)) % k, b)
    theta = rng.normal(0, 0.65, k)
    u, p = rng.random(n), 1 / (1 + np.exp(theta[b] - theta[a]))
    outcome = np.where(u < 0.75 * p, 0, np.where(u < 0.75, 2, 1))
    return a.astype(np.int32), b.astype(np.int32), outcome.astype(np.int8)


def median_ms(work: Callable[[], object], limit: float = 4.0) -> float:
    """Median milliseconds of 3 to 15 runs after a warm one."""
    work()
    times: list[float] = []
    while len(times) < 3 or (sum(times) < limit and len(times) < 15):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * float(np.median(times))


def comparisons(k: int, columns: tuple[np.ndarray, ...], **more: np.ndarray) -> Comparisons:
    return Comparisons(tuple(f"{i:03}" for i in range(k)), *columns, **more)


def point(k: int, columns: tuple[np.ndarray, ...]) -> np.ndarray:
    return bradley_terry(comparisons(k, columns).table).theta


def with_interval(k: int, columns: tuple[np.ndarray, ...], interval: str, **more: np.ndarray):
    votes = comparisons(k, columns, **more)
    return covariance(votes, bradley_terry(votes.table), interval).matrix


def davidson(k: int, columns: tuple[np.ndarray, ...]) -> np.ndarray:
    model = TIES["davidson"]
    return model.fit(model.table(comparisons(k, columns))).theta


def counting(k: int, columns: tuple[np.ndarray, ...]) -> np.ndarray:
    a, b, y = columns
    return np.bincount((a * np.int64(k) + b) * 4 + y, minlength=4 * k * k)


def peers() -> dict[str, Callable[[int, tuple[np.ndarray, ...]], object]]:
    import choix
    import evalica

    winners = np.array([evalica.Winner.X, evalica.Winner.Draw, evalica.Winner.Y])

    def by_evalica(k: int, columns: tuple[np.ndarray, ...]) -> object:
        a, b, y = columns
        return evalica.bradley_terry(a, b, winners[y], index={i: i for i in range(k)})

    def by_choix(k: int, columns: tuple[np.ndarray, ...]) -> object:
        table = comparisons(k, columns).table
        wins = table[:, :, 0] + table[:, :, 2].T + 0.5 * (table[:, :, 1] + table[:, :, 1].T)
        return choix.ilsr_pairwise_dense(wins)

    return {"evalica": by_evalica, "choix dense, our counts": by_choix}


def table_of_sizes(with_peers: bool) -> list[tuple[int, int, float]]:
    others = peers() if with_peers else {}
    heads = ["systems", "votes", "ms", "/ floor", "/ counting", "sandwich", "Davidson", *others]
    print("  ".join(f"{head:>10}" for head in heads))
    rows = []
    for k, n in SIZES:
        columns = arrays(k, n, np.random.default_rng(k + n))
        ours = median_ms(lambda c=columns, k=k: point(k, c))
        counted = median_ms(lambda c=columns, k=k: counting(k, c))
        sandwich = median_ms(lambda c=columns, k=k: with_interval(k, c, "vote"))
        tied = median_ms(lambda c=columns, k=k: davidson(k, c))
        figures = [f"{k:10}", f"{n:10,}", f"{ours:10.2f}", f"{ours / FLOOR_MS[k, n]:10.2f}"]
        figures += [f"{x / ours:9.2f}×" for x in (counted, sandwich, tied)]
        for work in others.values():
            figures.append(f"{median_ms(lambda w=work, c=columns, k=k: w(k, c)) / ours:9.1f}×")
        print("  ".join(figures), flush=True)
        rows.append((k, n, ours))
    return rows


def two_way() -> None:
    k, n = 50, 1_000_000
    rng = np.random.default_rng(0)
    columns = arrays(k, n, rng)
    rater, case = (
        rng.integers(0, 500, n).astype(np.int32),
        rng.integers(0, 5000, n).astype(np.int32),
    )
    fit = median_ms(lambda: point(k, columns))
    both = median_ms(lambda: with_interval(k, columns, "two-way", rater=rater, case=case))
    size = sum(x.nbytes for x in (*columns, rater, case))
    tracemalloc.start()
    with_interval(k, columns, "two-way", rater=rater, case=case)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    point(k, columns)
    peak_point = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"\ntwo-way intervals, K = 50, N = 1,000,000, 500 raters, 5,000 cases: {both / fit:.1f}×")
    print(f"the point fit ({both:.0f} ms); extra memory {peak / size:.1f}× the input", end="")
    print(f" (point fit {peak_point / size:.2f}×)")


def plot(rows: list[tuple[int, int, float]], path: str) -> None:
    """Milliseconds over votes, both logarithmic, one line per number of systems, as SVG."""
    colours = {20: "#0b6e4f", 100: "#1f4e9c", 300: "#b3400f"}

    def x(n: float) -> float:
        return 60 + 150 * (np.log10(n) - 4)

    def y(ms: float) -> float:
        return 260 - 80 * (np.log10(ms) + 1)

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 580 300" font-size="12">']
    parts += [f'<text x="{x(10**e) - 10:.0f}" y="285">10^{e}</text>' for e in range(4, 8)]
    parts += [f'<text x="5" y="{y(10.0**e) + 4:.0f}">{10.0**e:g} ms</text>' for e in range(-1, 3)]
    for k, colour in colours.items():
        points = " ".join(f"{x(n):.1f},{y(ms):.1f}" for size, n, ms in rows if size == k)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        last = [(n, ms) for size, n, ms in rows if size == k][-1]
        parts.append(f'<text x="{x(last[0]) + 6:.0f}" y="{y(last[1]):.0f}">K = {k}</text>')
    Path(path).write_text("\n".join([*parts, "</svg>"]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--plot", metavar="FILE.svg")
    args = parser.parse_args()
    rows = table_of_sizes(args.peers)
    two_way()
    if args.plot:
        plot(rows, args.plot)


if __name__ == "__main__":
    main()
