"""How agreement intervals are made: units drawn anew, raters drawn anew or left out, and both."""

import numpy as np
import pytest

from evaluation.agreement import agree
from evaluation.agreement.coefficient_set import point_values
from evaluation.agreement.coefficients import fleiss, krippendorff, krippendorff_ordinal, percent
from evaluation.agreement.intervals import draw_units
from evaluation.agreement.over_raters import Table
from evaluation.agreement.ratings import Ratings
from evaluation.agreement.weights import quadratic
from tests.evaluation.agreement_examples import TWELVE_UNITS, by_rater

ALL = ("percent", "fleiss", "conger", "brennan_prediger", "krippendorff_alpha", "gwet_ac1")


def study(n_units, n_raters, *, seed=1, missing=0.2):
    """Raters with a bias and a noise of their own grade a latent value in four steps."""
    rng = np.random.default_rng(seed)
    bias, noise = rng.normal(0, 0.5, n_raters), np.exp(rng.normal(-0.7, 0.4, n_raters))
    latent = rng.normal(0, 1, (n_units, 1)) + bias + noise * rng.normal(size=(n_units, n_raters))
    unit, rater = np.nonzero(rng.random(latent.shape) >= missing)
    return unit, rater, np.digitize(latent[unit, rater], [-0.8, 0, 0.8])


@pytest.mark.parametrize("sizes", [(1, 2, 40, 7, 300), (1, 1, 2), (5,), (4000, 1, 3)])
def test_units_drawn_anew_have_the_moments_of_a_multinomial(sizes):
    times = np.array(sizes, dtype=float)
    drawn = draw_units(times, 20_000, np.random.default_rng(0))
    n, share = times.sum(), times / times.sum()
    assert (drawn.sum(1) == n).all()
    assert drawn.min() >= 0
    spread = np.sqrt(n * share * (1 - share))
    assert np.abs(drawn.mean(0) - times).max() <= 5 * spread.max() / np.sqrt(20_000)
    expected = n * (np.diag(share) - np.outer(share, share))
    assert np.abs(np.cov(drawn.T) - expected).max() <= 0.06 * max(spread.max() ** 2, 1e-9)


def test_few_units_drawn_anew_have_the_multinomials_probabilities():
    drawn = draw_units(np.array([1.0, 2.0]), 60_000, np.random.default_rng(3))
    shares = np.bincount(drawn[:, 0].astype(int), minlength=4) / 60_000
    assert shares == pytest.approx([8 / 27, 12 / 27, 6 / 27, 1 / 27], abs=0.01)


def drawn_by_hand(rows, times, raters, q):
    """Percent, alpha and Conger's kappa from loops over pairs of different raters."""
    agreements, weight_of_unit, values, cells = [], [], [], np.zeros((len(raters), q))
    for row, n in zip(rows, times, strict=True):
        rated = [(g, row[g] - 1) for g in range(len(raters)) if row[g] and raters[g]]
        for g, k in [(g, row[g] - 1) for g in range(len(raters)) if row[g]]:
            cells[g, k] += n
        pairs = [(raters[g] * raters[h], a == b) for g, a in rated for h, b in rated if g != h]
        if pairs and n:
            agreements.append((n, sum(w * same for w, same in pairs) / sum(w for w, _ in pairs)))
            weight_of_unit.append(sum(raters[g] for g, _ in rated))
            values += [(k, n * raters[g]) for g, k in rated]
    units = sum(n for n, _ in agreements)
    share = sum(n * a for n, a in agreements) / units
    total = sum(w for _, w in values)
    alike = sum(n * a * w for (n, a), w in zip(agreements, weight_of_unit, strict=True)) / total
    by_category = [sum(w for k, w in values if k == c) for c in range(q)]
    by_chance = (sum(x * x for x in by_category) - total) / (total * (total - 1))
    margins = cells / cells.sum(1, keepdims=True)
    met = [
        (raters[g] * raters[h], margins[g] @ margins[h])
        for g in range(len(raters))
        for h in range(len(raters))
        if g != h
    ]
    chance = sum(w * p for w, p in met) / sum(w for w, _ in met)
    return share, (alike - by_chance) / (1 - by_chance), (share - chance) / (1 - chance)


def test_a_rater_drawn_twice_is_not_compared_with_themself():
    ratings = Ratings.from_rows(*study(12, 4, missing=0.3))
    rows, times = ratings.kinds_by_rater
    q = len(ratings.categories)
    formulas = {"percent": percent(q), "krippendorff_alpha": krippendorff(np.eye(q))}
    table = Table(rows, times, formulas, np.eye(q), True)
    raters, units = np.array([2.0, 0.0, 1.0, 3.0]), times * (np.arange(times.size) % 3)
    found = table.values(raters[None], units[None])
    by_hand = drawn_by_hand(rows, units, raters, q)
    assert [found[n][0] for n in ("percent", "krippendorff_alpha", "conger")] == pytest.approx(
        by_hand, abs=1e-12
    )


def test_every_rater_drawn_once_gives_the_coefficients_themselves():
    ratings = Ratings.from_rows(*study(30, 6))
    rows, times = ratings.kinds_by_rater
    weights = quadratic(np.arange(1.0, 5.0))
    formulas = {"fleiss": fleiss(weights), "krippendorff_alpha": krippendorff_ordinal(4)}
    found = Table(rows, times, formulas, weights, True).values(np.ones((1, 6)), times[None])
    expected = point_values(
        ratings, ["fleiss", "conger", "krippendorff_alpha"], level="ordinal", weights="quadratic"
    )
    assert {name: value[0] for name, value in found.items()} == pytest.approx(expected, abs=1e-12)


def test_the_jackknife_leaves_each_rater_out_once():
    rows = study(40, 6)
    ratings = Ratings.from_rows(*rows)
    names = ["conger", "krippendorff_alpha"]
    without = [
        point_values(ratings.select(ratings.rater != g), names, level="nominal", weights="identity")
        for g in range(6)
    ]
    result = agree(*rows, interval="linearised", over="raters")
    for name in names:
        values = np.array([found[name] for found in without])
        assert result[name].se == pytest.approx(np.sqrt(5 * values.var()), abs=1e-12)
        assert result[name].method == "jackknife"


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
@pytest.mark.parametrize("over", ["raters", "both"])
def test_bootstrap_and_analytic_intervals_over_raters_agree(over, level):
    rows = study(150, 40)
    boot = agree(*rows, level=level, over=over, resamples=1000)
    flat = agree(*rows, level=level, over=over, interval="linearised")
    for name in ALL:
        assert boot[name].method == "bootstrap"
        assert boot[name].se == pytest.approx(flat[name].se, rel=0.12)
        assert boot[name].lower == pytest.approx(flat[name].lower, abs=0.4 * flat[name].se)
        assert boot[name].upper == pytest.approx(flat[name].upper, abs=0.4 * flat[name].se)


def test_allowing_for_both_is_never_narrower_than_allowing_for_one():
    rows = study(60, 8)
    for interval in ("bootstrap", "linearised"):
        se = {
            over: agree(*rows, over=over, interval=interval)["krippendorff_alpha"].se
            for over in ("units", "raters", "both")
        }
        assert se["both"] > max(se["units"], se["raters"])


def test_values_alone_are_the_same_values_without_intervals():
    rows = study(20, 5)
    alone, whole = agree(*rows, interval="none", over="both"), agree(*rows, over="both")
    for name in ALL:
        assert alone[name].value == whole[name].value
        assert alone[name].lower is None
        assert alone[name].reason == "no interval was asked for"


def test_fewer_than_five_raters_give_a_reason_in_place_of_an_interval_over_raters():
    result = agree(*by_rater(TWELVE_UNITS), over="raters")
    assert result.over == "raters"
    alpha = result["krippendorff_alpha"]
    assert alpha.value == pytest.approx(904 / 1216)
    assert alpha.se is alpha.lower is alpha.upper is alpha.method is None
    assert alpha.reason == "an interval over raters needs 5 raters or more, here are 4"


def test_a_rater_on_whom_the_coefficient_depends_is_said():
    units, raters = list(range(4)) * 2 + [0, 1, 2], ["a"] * 4 + ["b"] * 4 + ["c", "d", "e"]
    values = ["x", "y", "x", "y", "x", "y", "y", "y", "x", "x", "x"]
    alpha = agree(units, raters, values, over="raters", interval="linearised")
    assert alpha["krippendorff_alpha"].lower is not None
    kept = [row for row in zip(units, raters, values, strict=True) if "a" in row or "x" in row]
    lonely = agree(*zip(*kept, strict=True), over="raters", interval="linearised")
    assert lonely["krippendorff_alpha"].reason == "undefined without one of the raters"


def test_too_many_ratings_to_draw_raters_anew_fall_back_to_the_jackknife():
    result = agree(*study(3000, 8), over="raters", resamples=10_000)
    assert result["krippendorff_alpha"].method == "jackknife"


@pytest.mark.parametrize(("n_raters", "n_units"), [(6, 100), (12, 50), (30, 40)])
def test_intervals_over_both_cover_what_other_raters_would_say_of_other_units(n_raters, n_units):
    names = ["krippendorff_alpha"]
    plan = {"coefficients": names, "interval": "linearised"}
    truth = np.mean([agree(*study(1500, 200, seed=s), **plan)[names[0]].value for s in range(8)])
    hits = 0
    for seed in range(150):
        found = agree(*study(n_units, n_raters, seed=900 + seed), over="both", **plan)[names[0]]
        hits += found.lower <= truth <= found.upper
    assert hits / 150 >= 0.9
