"""Coefficients of published tables, to the digits printed."""

import pytest

from evaluation.agreement import agree
from tests.evaluation.agreement_examples import (
    DIAGNOSES,
    FIFTEEN_UNITS,
    FIVE_OBSERVERS,
    FOURTEEN_RATERS,
    GENDER,
    GWET_TWELVE_UNITS,
    TWELVE_UNITS,
    by_rater,
    by_unit,
    of_contingency,
    of_counts,
)

ABSTRACTORS = ((13, 0, 0), (0, 20, 7), (0, 4, 56))
CLINICAL_AND_RESEARCH = ((40, 6, 4, 15), (4, 25, 1, 5), (4, 2, 21, 9), (17, 13, 12, 45))
SAS_TABLE = ((0, 4, 1), (0, 8, 0), (0, 1, 5))


def value(rows, name, **settings):
    return agree(*rows, interval="linearised", **settings)[name].value


@pytest.mark.parametrize(
    ("table", "level", "expected"),
    [
        (TWELVE_UNITS, "nominal", 904 / 1216),
        (TWELVE_UNITS, "ordinal", 0.8153875038),
        (TWELVE_UNITS, "interval", 0.8491071429),
        (TWELVE_UNITS, "ratio", 0.7974027747),
        (FIFTEEN_UNITS, "nominal", 0.6913580247),
        (FIFTEEN_UNITS, "ordinal", 0.8067214199),
        (FIFTEEN_UNITS, "interval", 0.8108448928),
        (FIFTEEN_UNITS, "ratio", 0.8089436708),
    ],
)
def test_krippendorffs_alpha_is_the_published_one_at_every_level(table, level, expected):
    assert value(by_rater(table), "krippendorff_alpha", level=level) == pytest.approx(
        expected, abs=1e-10
    )


def test_fleiss_1971_and_wikipedia_kappas_are_reproduced():
    assert value(by_unit(DIAGNOSES), "fleiss") == pytest.approx(0.4302445201, abs=1e-10)
    assert value(by_unit(DIAGNOSES), "gwet_ac1") == pytest.approx(0.4478845158, abs=1e-10)
    assert value(by_unit(DIAGNOSES), "krippendorff_alpha") == pytest.approx(0.4334098283, abs=1e-10)
    assert value(of_counts(FOURTEEN_RATERS), "fleiss") == pytest.approx(0.2099307044, abs=1e-10)


@pytest.mark.parametrize(
    ("counts", "fleiss", "free_marginal"),
    [
        (((7, 1), (3, 5)), 0.1619047619, 0.2142857143),
        (((6, 1, 0), (0, 7, 0)), 0.7083333333, 0.7857142857),
    ],
)
def test_randolphs_examples_give_fleiss_and_free_marginal_kappa(counts, fleiss, free_marginal):
    result = agree(*of_counts(counts), categories=range(len(counts[0])))
    assert result["fleiss"].value == pytest.approx(fleiss, abs=1e-10)
    assert result["brennan_prediger"].value == pytest.approx(free_marginal, abs=1e-10)


def test_cohens_kappa_and_its_standard_error_are_those_of_sas():
    cohen = agree(*of_contingency(SAS_TABLE), interval="linearised")["cohen"]
    assert cohen.value == pytest.approx(0.4841628959, abs=1e-10)
    n = 19  # SAS divides by n where we divide by n − 1, and takes normal quantiles
    ase = cohen.se * ((n - 1) / n) ** 0.5
    assert ase == pytest.approx(0.1380, abs=5e-5)
    bounds = (cohen.value - 1.959964 * ase, cohen.value + 1.959964 * ase)
    assert bounds == pytest.approx((0.2137, 0.7547), abs=1e-4)


def test_linearly_weighted_kappa_and_its_standard_error_are_those_of_sas():
    cohen = agree(*of_contingency(SAS_TABLE), weights="linear", interval="linearised")["cohen"]
    assert cohen.value == pytest.approx(0.4701, abs=5e-5)
    assert cohen.se * (18 / 19) ** 0.5 == pytest.approx(0.1457, abs=5e-5)


def test_cohens_kappa_of_two_abstractors_has_gwets_interval():
    cohen = agree(*of_contingency(ABSTRACTORS), interval="linearised")["cohen"]
    assert cohen.value == pytest.approx(0.7964094022, abs=1e-10)
    margin = (cohen.upper - cohen.value) * (99 / 100) ** 0.5  # he divides by n, we by n − 1
    assert (cohen.value - margin, cohen.value + margin) == pytest.approx((0.680, 0.913), abs=6e-4)


def test_cohens_kappa_of_clinical_against_research_diagnosis_is_gwets():
    assert value(of_contingency(CLINICAL_AND_RESEARCH), "cohen") == pytest.approx(
        0.4315007759, abs=1e-10
    )


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("quadratic", 0.9140007236),
        ("linear", 0.8587391364),
        ("ordinal", 0.8989397699),
        ("radical", 0.8198117022),
        ("ratio", 0.8573675578),
        ("circular", 0.8301951395),
        ("bipolar", 0.9003730154),
    ],
)
def test_gwets_ac2_is_the_published_one_with_each_of_his_weights(weights, expected):
    rows = by_rater(GWET_TWELVE_UNITS)
    assert value(rows, "gwet_ac2", weights=weights) == pytest.approx(expected, abs=1e-10)


def test_gwets_ac1_comes_with_his_standard_error_interval_and_chance_agreement():
    ac1 = agree(*by_rater(GWET_TWELVE_UNITS), interval="linearised")["gwet_ac1"]
    assert ac1.value == pytest.approx(0.7754440681, abs=1e-10)
    assert (ac1.se, ac1.lower, ac1.upper) == pytest.approx((0.14295, 0.46081, 1.0), abs=5e-6)
    assert (ac1.observed, ac1.expected) == pytest.approx((0.81818, 0.19032), abs=5e-6)


def test_fleiss_kappa_comes_with_gwets_standard_error_and_interval():
    fleiss = agree(*by_rater(GWET_TWELVE_UNITS), interval="linearised")["fleiss"]
    assert fleiss.value == pytest.approx(0.7611692754, abs=1e-10)
    found = (fleiss.se, fleiss.lower, fleiss.upper)
    assert found == pytest.approx((0.15302, 0.42438, 1.0), abs=5e-6)


@pytest.mark.parametrize(
    ("weights", "coefficient", "se", "lower"),
    [
        ("identity", 0.763, None, 0.435),
        ("linear", 0.814, 0.145, 0.494),
        ("quadratic", 0.858, 0.144, 0.541),
        ("ordinal", 0.844, 0.144, 0.526),
        ("bipolar", 0.845, 0.142, 0.532),
        ("circular", 0.805, 0.147, 0.481),
        ("radical", 0.788, 0.146, 0.466),
        ("ratio", 0.812, 0.149, 0.485),
    ],
)
def test_congers_kappa_is_gwets_with_each_of_his_weights(weights, coefficient, se, lower):
    rows = by_rater(GWET_TWELVE_UNITS)
    conger = agree(*rows, weights=weights, interval="linearised")["conger"]
    assert conger.value == pytest.approx(coefficient, abs=6e-4)
    assert conger.lower == pytest.approx(lower, abs=6e-4)
    assert se is None or conger.se == pytest.approx(se, abs=6e-4)


def test_five_observers_and_gender_tables_give_gwets_printed_ac1():
    five = agree(*by_rater(FIVE_OBSERVERS), interval="linearised")["gwet_ac1"]
    assert five.value == pytest.approx(0.4966220549, abs=1e-10)
    assert (five.lower, five.upper) == pytest.approx((0.235, 0.758), abs=6e-4)
    gender = agree(*by_rater(GENDER), interval="linearised")["gwet_ac1"]
    assert gender.value == pytest.approx(0.2080808081, abs=1e-10)
    assert (gender.lower, gender.upper) == pytest.approx((0.014, 0.403), abs=6e-4)


@pytest.mark.parametrize(("weights", "level"), [("quadratic", "interval"), ("ratio", "ratio")])
def test_quadratic_and_ratio_weights_are_alphas_interval_and_ratio_metric(weights, level):
    rows = by_rater(TWELVE_UNITS)
    expected = value(rows, "krippendorff_alpha", level=level)
    assert value(rows, "krippendorff_alpha", weights=weights) == pytest.approx(expected, abs=1e-12)


def test_gwets_ordinal_weights_are_not_krippendorffs_ordinal_metric():
    rows = by_rater(TWELVE_UNITS)
    assert value(rows, "krippendorff_alpha", weights="ordinal") == pytest.approx(0.834, abs=5e-4)
    assert value(rows, "krippendorff_alpha", level="ordinal") == pytest.approx(0.815, abs=5e-4)
