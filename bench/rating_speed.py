"""Speed of ratings on columnar arrays, as ratios: to the least possible work, and to peers.

    python bench/rating_speed.py [--peers] [--most 10000000] [--plot speed.svg]

Arrays `model_a`, `model_b` (int32) and `outcome` (int8) are in memory; every figure is the median
of several warm runs, in processor time of one process with BLAS held to one thread. Milliseconds
differ between machines, ratios hardly: the floor (`bench/floor.py`) runs beside.

Peers are never dependencies of the project. They live in an environment of the benchmark:

    python -m venv peers && peers/bin/pip install evalica choix leaderbot statsmodels scikit-learn
    PYTHONPATH=. peers/bin/python bench/rating_speed.py --peers

arena-rank pins its own numpy and jax; give it an environment of its own. What is not installed is
left out. A peer that takes longer than a minute at a size is not asked about larger ones.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import peers
from floor import floor_point

from evaluation.bradley_terry import bradley_terry
from evaluation.comparisons import Comparisons
from evaluation.elo import elo
from evaluation.intervals import covariance
from evaluation.ties import TIES

SIZES = tuple((k, n) for k in (20, 100, 300) for n in (10_000, 100_000, 1_000_000, 10_000_000))
MOST_SECONDS = 60.0
Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def arrays(k: int, n: int, rng: np.random.Generator) -> Columns:
    """Votes with uneven pairs (popular systems met more) and a quarter of ties."""
    popular = 0.8 / np.arange(1, k + 1) / np.sum(1 / np.arange(1, k + 1)) + 0.2 / k
    a = rng.choice(k, n, p=popular)
    b = rng.choice(k, n, p=popular)
    b = np.where(a == b, (a + 1 + rng.integers(0, k - 1, n)) % k, b)
    theta = rng.normal(0, 0.65, k)
    u, p = rng.random(n), 1 / (1 + np.exp(theta[b] - theta[a]))
    outcome = np.where(u < 0.75 * p, 0, np.where(u < 0.75, 2, 1))
    return a.astype(np.int32), b.astype(np.int32), outcome.astype(np.int8)


def median_ms(work: Callable[[], object], limit: float = 3.0) -> float:
    """Median milliseconds of 3 to 15 runs after a warm one; of one run if that is slow."""
    times: list[float] = []
    while len(times) < 4 or (sum(times) < limit and len(times) < 16):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
        if times[0] > limit and len(times) == 2:
            break
    return 1000 * float(np.median(times[1:]))


def votes(k: int, columns: Columns, **more: np.ndarray) -> Comparisons:
    return Comparisons(tuple(f"{i:03}" for i in range(k)), *columns, **more)


def point(k: int, columns: Columns) -> np.ndarray:
    return bradley_terry(votes(k, columns).table).theta


def with_interval(k: int, columns: Columns, interval: str, **more: np.ndarray) -> np.ndarray:
    """Strengths and the 95 % limits of each."""
    found = votes(k, columns, **more)
    fit = bradley_terry(found.table)
    cov = covariance(found, fit, interval)
    contrasts = np.eye(k) - 1 / k
    reach = cov.critical_value(contrasts, 0.95) * np.sqrt(cov.variance(contrasts))
    return np.array([fit.theta - reach, fit.theta, fit.theta + reach])


def davidson(k: int, columns: Columns, *, interval: bool) -> object:
    model, found = TIES["davidson"], votes(k, columns)
    table = model.table(found)
    fit = model.fit(table)
    if not interval:
        return fit.theta
    return covariance(found, fit, "vote", table=table, category=model.category).matrix


def table_of_sizes(most: int) -> list[tuple[int, int, float]]:
    """Cost as a function of N and K."""
    heads = ["K", "N", "point, ms", "/ floor", "sandwich, ms", "Davidson, ms", "with CI, ms"]
    print("  ".join(f"{head:>12}" for head in heads))
    rows = []
    for k, n in SIZES:
        if n > most:
            continue
        columns = arrays(k, n, np.random.default_rng(k + n))
        ours, floor = point_and_floor(k, columns)
        others = [
            median_ms(lambda c=columns, k=k: with_interval(k, c, "vote")),
            median_ms(lambda c=columns, k=k: davidson(k, c, interval=False)),
            median_ms(lambda c=columns, k=k: davidson(k, c, interval=True)),
        ]
        cells = [f"{k:12}", f"{n:12,}", f"{ours:12.2f}", f"{ours / floor:12.2f}"]
        print("  ".join(cells + [f"{ms:12.2f}" for ms in others]), flush=True)
        rows.append((k, n, ours))
    return rows


def point_and_floor(k: int, columns: Columns) -> tuple[float, float]:
    """Taken in turns, so that a busy moment of the machine falls on both."""
    off = np.abs(point(k, columns) - floor_point(k, *columns)).max()
    assert off < 1e-8, f"the floor ends elsewhere: {off}"
    turns = [
        (
            median_ms(lambda: point(k, columns), 0.7),
            median_ms(lambda: floor_point(k, *columns), 0.7),
        )
        for _ in range(3)
    ]
    ours, floor = np.median(turns, axis=0)
    return float(ours), float(floor)


def two_way() -> None:
    k, n = 50, 1_000_000
    rng = np.random.default_rng(0)
    columns = arrays(k, n, rng)
    rater = rng.integers(0, 500, n).astype(np.int32)
    case = rng.integers(0, 5000, n).astype(np.int32)
    fit = median_ms(lambda: point(k, columns))
    both = median_ms(lambda: with_interval(k, columns, "two-way", rater=rater, case=case))
    size = sum(x.nbytes for x in (*columns, rater, case))
    peaks = [
        peak(lambda: with_interval(k, columns, "two-way", rater=rater, case=case)),
        peak(lambda: point(k, columns)),
    ]
    print(f"\ntwo-way intervals, K = 50, N = 1,000,000, 500 raters, 5,000 cases: {both / fit:.1f}×")
    print(f"the point fit ({both:.0f} ms); extra memory {peaks[0] / size:.2f}× the input", end="")
    print(f" (point fit {peaks[1] / size:.2f}×)")


def peak(work: Callable[[], object]) -> int:
    """Bytes at the highest."""
    tracemalloc.start()
    work()
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def sequential(with_peers: bool, most: int) -> None:
    """Elo in plain Python: what a loop without a compiler takes, and compiled peers beside."""
    others = peers.installed(peers.ELO) if with_peers else {}
    for n in (10_000, 1_000_000):
        if n > most:
            continue
        columns = arrays(100, n, np.random.default_rng(n))
        ours = median_ms(lambda c=columns: elo(votes(100, c)))
        text = f"Elo, K = 100, N = {n:,}: {ours:.1f} ms, {1e6 * ours / n:.0f} ns a vote"
        for name, peer in others.items():
            assert np.allclose(np.sort(peer(100, columns)), np.sort(elo(votes(100, columns))))
            text += f"; {name} takes {median_ms(lambda p=peer, c=columns: p(100, c)) / ours:.2f}×"
        print(text)


def against_peers(most: int) -> None:
    """Peers' time over ours, and how far from ours they end, in log-strength."""
    for title, found, ours in (
        ("point fit", peers.installed(peers.POINTS), point),
        (
            "95 % intervals (ours: sandwich)",
            peers.installed(peers.INTERVALS),
            lambda k, c: with_interval(k, c, "vote")[1],
        ),
    ):
        print(f"\n{title}: time of the peer over ours (largest difference in log-strength)")
        slow: set[str] = set()
        for k, n in sorted(SIZES, key=lambda size: size[1]):
            if n > most:
                continue
            columns = arrays(k, n, np.random.default_rng(k + n))
            mine = median_ms(lambda c=columns, k=k, f=ours: f(k, c))
            cells = []
            for name, peer in found.items():
                if f"{name} {k}" not in slow:
                    try:
                        theirs, off = timed_peer(peer, k, columns)
                    except MemoryError:
                        slow.add(f"{name} {k}")
                        continue
                    cells.append(f"{name} {theirs / mine:.1f}× ({off:.0e})")
                    if theirs > 1000 * MOST_SECONDS:
                        slow.add(f"{name} {k}")
            print(f"K = {k:3}, N = {n:10,}, ours {mine:7.2f} ms: {'; '.join(cells)}", flush=True)


def timed_peer(peer: Callable, k: int, columns: Columns) -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        off = np.abs(peer(k, columns) - point(k, columns)).max()
        return median_ms(lambda: peer(k, columns), 1.0), float(off)


def plot(rows: list[tuple[int, int, float]], path: str) -> None:
    """Milliseconds over votes, both logarithmic, one line per number of systems, as SVG."""
    colours = {20: "#0b6e4f", 100: "#1f4e9c", 300: "#b3400f"}

    def x(n: float) -> float:
        return 70 + 145 * (np.log10(n) - 4)

    def y(ms: float) -> float:
        return 250 - 70 * (np.log10(ms) + 1)

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 580 300" role="img" font-size="12"',
        'font-family="sans-serif"><title>Point fit: milliseconds over votes</title>',
        '<rect width="580" height="300" fill="#fff"/>',
    ]
    for e in range(4, 8):
        parts.append(f'<text x="{x(10**e):.0f}" y="275" text-anchor="middle">{10**e:,}</text>')
    for e in range(-1, 3):
        height = y(10.0**e)
        parts.append(f'<line x1="70" x2="510" y1="{height:.0f}" y2="{height:.0f}" stroke="#ddd"/>')
        parts.append(f'<text x="62" y="{height + 4:.0f}" text-anchor="end">{10.0**e:g} ms</text>')
    for k, colour in colours.items():
        of_k = [(x(n), y(ms)) for size, n, ms in rows if size == k]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in of_k)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        left, height = of_k[0]
        parts.append(
            f'<text x="{left + 2:.0f}" y="{height - 16:.0f}" fill="{colour}">{k} systems</text>'
        )
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in of_k]
    parts.append('<text x="290" y="294" text-anchor="middle">votes</text>')
    Path(path).write_text("\n".join([*parts, "</svg>"]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", action="store_true", help="the packages that are installed")
    parser.add_argument("--most", type=int, default=10_000_000, help="most votes of a table")
    parser.add_argument("--plot", metavar="FILE.svg")
    args = parser.parse_args()
    # coverage.py of this folder would pass for the package of that name, which numba looks for.
    sys.path = [place for place in sys.path if Path(place).resolve() != Path(__file__).parent]
    rows = table_of_sizes(args.most)
    if args.plot:
        plot(rows, args.plot)
    two_way()
    sequential(args.peers, args.most)
    if args.peers:
        against_peers(args.most)


if __name__ == "__main__":
    main()
