"""What the agreement analysis promises beyond published values."""

import csv
import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.agreement import agree
from evaluation.comparisons import DataError
from tests.evaluation.agreement_examples import TWELVE_UNITS, by_rater, of_contingency

CHANCE_CORRECTED = ("fleiss", "conger", "brennan_prediger", "krippendorff_alpha", "gwet_ac1")


def simulated(n_units=100, n_raters=3, q=4, noise=0.35, missing=0.0, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, q, n_units)
    random = rng.integers(0, q, (n_units, n_raters))
    value = np.where(rng.random((n_units, n_raters)) < noise, random, truth[:, None])
    kept = rng.random((n_units, n_raters)) >= missing
    unit, rater = np.nonzero(kept)
    return unit, rater, value[kept]


def by_definition(rows, q):
    """Alpha and Fleiss' kappa from loops over pairs of raters."""
    cells = {}
    for unit, _, value in zip(*rows, strict=True):
        cells.setdefault(unit, []).append(value)
    compared = [v for v in cells.values() if len(v) > 1]
    pairs = [[(a, b) for i, a in enumerate(v) for j, b in enumerate(v) if i != j] for v in compared]
    alike = np.mean([np.mean([a == b for a, b in p]) for p in pairs])
    share = np.mean([[v.count(k) / len(v) for k in range(q)] for v in cells.values()], axis=0)
    pool = [x for v in compared for x in v]
    unlike = sum(
        sum(a != b for a, b in p) / (len(v) - 1) for p, v in zip(pairs, compared, strict=True)
    )
    by_chance = sum(a != b for a, b in product(pool, pool)) / (len(pool) - 1)
    return 1 - unlike / by_chance, (alike - (share**2).sum()) / (1 - (share**2).sum())


def test_alpha_and_fleiss_equal_their_definitions_with_missing_ratings():
    rows = simulated(40, 4, missing=0.4)
    result = agree(*[x.tolist() for x in rows])
    alpha, fleiss = by_definition([x.tolist() for x in rows], 4)
    assert result["krippendorff_alpha"].value == pytest.approx(alpha, abs=1e-12)
    assert result["fleiss"].value == pytest.approx(fleiss, abs=1e-12)


def test_many_raters_and_categories_are_counted_without_a_number_for_each_row():
    rows = simulated(60, 40, q=30, missing=0.3)
    result = agree(*rows, interval="none", categories=range(30))
    alpha, fleiss = by_definition([x.tolist() for x in rows], 30)
    assert result["krippendorff_alpha"].value == pytest.approx(alpha, abs=1e-12)
    assert result["fleiss"].value == pytest.approx(fleiss, abs=1e-12)


def test_two_raters_without_gaps_make_cohen_conger_and_scott_fleiss():
    result = agree(*of_contingency(((20, 5, 1), (3, 17, 4), (0, 6, 11))))
    assert result["cohen"].value == pytest.approx(result["conger"].value, abs=1e-14)
    assert result["scott"].value == pytest.approx(result["fleiss"].value, abs=1e-14)


def test_cohen_uses_only_the_units_both_raters_rated():
    whole = of_contingency(((20, 5), (3, 17)))
    more = (whole[0] + [900, 901], whole[1] + [0, 1], whole[2] + [1, 0])
    assert agree(*more)["cohen"].value == pytest.approx(agree(*whole)["cohen"].value, abs=1e-14)


def test_cohen_refuses_more_than_two_raters_and_names_conger():
    cohen = agree(*simulated())["cohen"]
    assert cohen.value is None
    assert "Conger" in cohen.reason


def test_one_category_throughout_gives_reasons_and_percent_but_no_kappa():
    result = agree([1, 1, 2, 2, 3, 3], [1, 2] * 3, ["no"] * 6)
    assert result["percent"].value == 1.0
    for name in ("cohen", "scott", "fleiss", "conger", "krippendorff_alpha"):
        assert result[name].value is None
        assert "every rating is no" in result[name].reason
    for name in ("brennan_prediger", "gwet_ac1"):
        assert "list every category" in result[name].reason


def test_one_category_out_of_two_listed_ones_is_full_agreement_for_gwet_and_brennan_prediger():
    result = agree([1, 1, 2, 2], [1, 2] * 2, ["no"] * 4, categories=["no", "yes"])
    assert result["gwet_ac1"].value == result["brennan_prediger"].value == 1.0
    assert result["krippendorff_alpha"].value is None


def test_perfect_agreement_has_no_interval_of_width_zero():
    result = agree([1, 1, 2, 2, 3, 3], [1, 2] * 3, ["a", "a", "b", "b", "a", "a"])
    for name in ("percent", *CHANCE_CORRECTED):
        assert result[name].value == pytest.approx(1.0)
        assert result[name].lower is result[name].upper is result[name].se is None
        assert "no spread" in result[name].reason


def test_units_rated_once_only_give_no_coefficient():
    result = agree([1, 2, 3], [1, 2, 1], ["a", "b", "a"])
    assert {c.reason for c in result.coefficients.values()} == {"no unit has two ratings"}


def test_no_ratings_at_all_still_give_a_result_without_numbers():
    result = agree([1, 2], [1, 1], [None, ""])
    assert result.n_missing == 2
    assert result["krippendorff_alpha"].value is None


def test_a_high_prevalence_is_reported_beside_a_low_kappa():
    rng = np.random.default_rng(3)
    truth = rng.random(600) < 0.03
    values = np.where(rng.random((600, 2)) < 0.02, ~truth[:, None], truth[:, None])
    result = agree(np.repeat(np.arange(600), 2), np.tile([0, 1], 600), values.ravel().tolist())
    assert result["gwet_ac1"].value > 0.9 > 0.7 > result["cohen"].value
    assert any("read percent and AC1" in w for w in result.warnings)


def test_the_same_seed_gives_the_same_interval_and_another_seed_a_near_one():
    rows = simulated(missing=0.2)
    first, again, other = (agree(*rows, seed=s) for s in (5, 5, 6))
    assert first.to_dict() == again.to_dict()
    a, b = first["krippendorff_alpha"], other["krippendorff_alpha"]
    assert a.lower != b.lower
    assert a.lower == pytest.approx(b.lower, abs=0.02)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_bootstrap_and_linearised_standard_errors_agree(level):
    rows = simulated(400, 4, missing=0.2)
    boot = agree(*rows, level=level, resamples=4000)
    flat = agree(*rows, level=level, interval="linearised")
    for name in ("percent", *CHANCE_CORRECTED):
        assert boot[name].se == pytest.approx(flat[name].se, rel=0.06)


def test_bootstrap_intervals_of_alpha_cover_the_truth():
    truth = agree(*simulated(200_000, 3, seed=99), coefficients=["krippendorff_alpha"])
    target = truth["krippendorff_alpha"].value
    hits = 0
    for seed in range(300):
        settings_ = {"coefficients": ["krippendorff_alpha"], "resamples": 400}
        found = agree(*simulated(100, 3, seed=seed), **settings_)["krippendorff_alpha"]
        hits += found.lower <= target <= found.upper
    assert 0.91 <= hits / 300 <= 0.98


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 3), st.sampled_from("abc")),
        min_size=4,
        max_size=28,
        unique_by=lambda row: row[:2],
    ),
    st.randoms(use_true_random=False),
)
def test_coefficients_depend_on_neither_row_order_nor_names(rows, random):
    def values(rows):
        result = agree(*zip(*rows, strict=True), categories="abc", interval="linearised")
        return [c.value for c in result.coefficients.values()]

    shuffled = rows.copy()
    random.shuffle(shuffled)
    renamed = [
        (f"u{9 - u}", f"r{9 - r}", {"a": "c", "b": "b", "c": "a"}[v]) for u, r, v in shuffled
    ]
    assert values(renamed) == pytest.approx(values(rows), abs=1e-9, nan_ok=True)


def test_many_kinds_of_unit_fall_back_to_the_linearised_interval_and_say_so():
    result = agree(*simulated(3000, 12, q=5, missing=0.3), resamples=100_000)
    assert result["conger"].method == "linearised"


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (([1, 1], [1, 1], ["a", "b"]), {}, "row 2: rater 1 already rated unit 1 in row 1"),
        (([1, 1], [1, 2], ["a", "x"]), {"categories": "ab"}, "row 2: 'x' is not one of the"),
        (([1, 1], [1, 2], ["lo", "hi"]), {"level": "ordinal"}, "the order of the categories"),
        (([1, 1], [1, 2], ["lo", "hi"]), {"level": "ratio"}, "needs numbers"),
        (([1, 1], [1, 2], [-1, 2]), {"level": "ratio"}, "ratio weights need values of 0 or more"),
        (([1, 1], [1], ["a", "b"]), {}, "2 units, 1 raters and 2 values"),
        (([1, 1], [1, 2], [1, 2]), {"level": "cardinal"}, "unknown level 'cardinal'"),
        (([1, 1], [1, 2], [1, 2]), {"over": "cases"}, "unknown over 'cases'; there are units"),
        (([1, 1], [1, 2], [1, 2]), {"confidence": 95}, "between 0 and 1"),
        (([1, 1], [1, 2], [1, 2]), {"coefficients": ["kappa"]}, "unknown coefficient 'kappa'"),
        ((range(2000), [1] * 2000, np.arange(2000) / 7), {}, "2000 distinct values"),
    ],
)
def test_unusable_data_is_refused_in_one_sentence(rows, options, message):
    with pytest.raises(DataError, match=message):
        agree(*rows, **options)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "uint64"])
@pytest.mark.parametrize(("first", "apart"), [(0, 1), (1, 1), (40, 9), (3, 17)])
def test_integer_arrays_say_the_same_as_lists_whatever_their_labels(kind, first, apart):
    unit, rater, value = simulated(12, 3, missing=0.2)
    columns = [(first + apart * column).astype(kind) for column in (unit, rater, value)]
    columns[0] = columns[0].astype(int) * 10**9 if apart == 17 else columns[0]
    expected = agree(*[column.tolist() for column in columns], interval="linearised")
    found = agree(*columns, interval="linearised")
    assert found.prevalence == expected.prevalence
    for name in ("percent", *CHANCE_CORRECTED):
        assert found[name].value == pytest.approx(expected[name].value, abs=1e-14)
        assert found[name].se == pytest.approx(expected[name].se, abs=1e-14)


def test_rows_in_any_order_are_searched_for_repeats():
    unit, rater, value = simulated(30, 4)
    order = np.random.default_rng(2).permutation(unit.size)
    shuffled = [column[order] for column in (unit, rater, value)]
    assert agree(*shuffled)["fleiss"] == agree(unit, rater, value)["fleiss"]
    with pytest.raises(DataError, match=r"row 121: rater \d already rated unit \d+ in row 1;"):
        agree(*[np.append(column, column[0]) for column in shuffled])


def test_text_numbers_and_numbers_are_the_same_categories():
    words = by_rater(TWELVE_UNITS)
    numbers = (*words[:2], [None if v is None else float(v) for v in words[2]])
    assert agree(*words).to_dict() == agree(*numbers).to_dict()


def test_the_result_is_plain_json_with_the_contracts_keys():
    facts = agree(*by_rater(TWELVE_UNITS), level="ordinal").to_dict()
    assert json.loads(json.dumps(facts, allow_nan=False)) is not None
    for name in ("percent", "cohen", "scott", *CHANCE_CORRECTED, "gwet_ac2"):
        assert {"value", "se", "lower", "upper"} <= facts[name].keys()
    assert [c["category"] for c in facts["prevalence"]] == [1, 2, 3, 4, 5]
    assert sum(c["share"] for c in facts["prevalence"]) == pytest.approx(1)


def test_real_pathologists_agree_as_published_with_the_data(shared_data):
    folder = shared_data / "agreement_mitotic"
    expected = json.loads((folder / "expected.json").read_text())["fleiss_kappa_computed_here"]
    with (folder / "dfClassify20180627.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    for modality, kappa in expected.items():
        rows = [
            (row["targetID"], rater, row[f"observer.{rater}"])
            for row in table
            if row["modalityID"] == modality
            for rater in range(1, 6)
        ]
        assert agree(*zip(*rows, strict=True))["fleiss"].value == pytest.approx(kappa, abs=1e-12)


@pytest.mark.parametrize("judge", ["GPT-4", "ChatGPT", "PaLM2"])
def test_judges_agree_with_themselves_in_both_orders_as_published(shared_data, judge):
    folder = shared_data / "votes_llmbar_natural" / "Natural"
    results = json.loads((folder / f"{judge}_Vanilla_result.json").read_text())
    expected = json.loads((folder / f"{judge}_Vanilla_statistics.json").read_text())
    orders = ("swap = False", "swap = True")
    rows = [
        (unit, order, str(case["results"][-1][order]["winner"]) == "1")
        for unit, case in enumerate(results)
        for order in orders
    ]
    result = agree(*zip(*rows, strict=True))
    assert result["cohen"].value == pytest.approx(expected["kappa_agreement"], abs=1e-12)
