"""Intraclass correlations of the published example."""

import numpy as np
import pytest

from evaluation.agreement.icc import icc
from evaluation.comparisons import DataError
from tests.evaluation.agreement_examples import SHROUT_FLEISS


def rows(table):
    cells = [(u, r, v) for u, row in enumerate(table) for r, v in enumerate(row)]
    return zip(*cells, strict=True)


@pytest.mark.parametrize(
    ("form", "value", "lower", "upper"),
    [
        ("icc_1", 0.17, -0.13, 0.72),
        ("icc_a1", 0.29, 0.02, 0.76),
        ("icc_c1", 0.71, 0.34, 0.95),
        ("icc_k", 0.44, -0.88, 0.91),
        ("icc_ak", 0.62, 0.07, 0.93),
        ("icc_ck", 0.91, 0.68, 0.99),
    ],
)
def test_all_six_forms_and_intervals_are_those_of_shrout_and_fleiss(form, value, lower, upper):
    found = icc(*rows(SHROUT_FLEISS)).coefficients[form]
    assert (found.value, found.lower, found.upper) == pytest.approx(
        (value, lower, upper), abs=0.0051
    )


def test_bootstrap_and_f_intervals_agree_where_errors_are_normal():
    rng = np.random.default_rng(5)
    table = rng.normal(0, 1, (400, 1)) + rng.normal(0, 0.4, 4) + rng.normal(0, 0.7, (400, 4))
    by_f, drawn = icc(*rows(table)).coefficients, icc(*rows(table), interval="bootstrap")
    for form in ("icc_1", "icc_c1", "icc_k", "icc_ck"):
        width = by_f[form].upper - by_f[form].lower
        assert drawn.coefficients[form].method == "bootstrap"
        assert drawn.coefficients[form].lower == pytest.approx(by_f[form].lower, abs=width / 5)
        assert drawn.coefficients[form].upper == pytest.approx(by_f[form].upper, abs=width / 5)


def test_incomplete_units_are_left_out_and_counted():
    result = icc(*rows((*SHROUT_FLEISS, (7, None, 3, 4))))
    assert (result.n_units, result.n_incomplete) == (6, 1)
    assert (
        result.coefficients["icc_1"].value == icc(*rows(SHROUT_FLEISS)).coefficients["icc_1"].value
    )


def test_perfect_and_constant_measurements_have_no_interval():
    perfect = icc(*rows(((1, 1), (2, 2), (5, 5)))).coefficients
    assert perfect["icc_a1"].value == perfect["icc_1"].value == 1.0
    assert all(c.lower is None for c in perfect.values())
    constant = icc(*rows(((2, 2), (2, 2)))).coefficients
    assert all(c.value is None and "no variance" in c.reason for c in constant.values())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (((1, "high"), (2, 3)), "row 2: 'high' is not a number"),
        (((1, 2), (3, None)), "found 1 complete units and 2 raters"),
    ],
)
def test_unusable_measurements_are_refused(table, message):
    with pytest.raises(DataError, match=message):
        icc(*rows(table))


def test_an_unknown_interval_is_refused():
    with pytest.raises(DataError, match="unknown interval 'exact'; there are F, bootstrap"):
        icc(*rows(SHROUT_FLEISS), interval="exact")


def test_a_unit_measured_twice_by_one_rater_is_refused():
    with pytest.raises(DataError, match="row 3: rater a already measured unit 1"):
        icc([1, 2, 1], ["a", "a", "a"], [3, 4, 5])
