"""Scores of probabilities, numbers, survival and forecasts: by hand and against scikit-learn."""

from math import inf, isnan, log, sqrt

import numpy as np
import pytest

from evaluation.scores import forecast, probabilities, regression, survival

TRUTH = [0, 0, 1, 1, 1]
SCORE = [0.1, 0.4, 0.4, 0.8, 0.35]


def test_auroc_counts_pairs_and_halves_ties():
    # event 0.4: above 0.1, tied with 0.4; 0.8: above both; 0.35: above 0.1
    assert probabilities.auroc(TRUTH, SCORE) == pytest.approx((1.5 + 2 + 1) / 6)
    assert isnan(probabilities.auroc([1, 1], [0.2, 0.3]))


def test_auprc_takes_tied_scores_together():
    # 0.8: 1 of 1; 0.4 twice: 2 of 3; 0.35: 3 of 4
    expected = (1 + 2 / 3 + 3 / 4) / 3
    assert probabilities.auprc(TRUTH, SCORE) == pytest.approx(expected)


def test_brier_and_log_loss():
    assert probabilities.brier([1, 0], [0.7, 0.4]) == pytest.approx((0.09 + 0.16) / 2)
    assert probabilities.log_loss([1, 0], [0.7, 0.4]) == pytest.approx(-log(0.7 * 0.6) / 2)
    assert probabilities.log_loss([1], [0.0]) == inf


def test_calibration_error_weighs_bins_by_their_size():
    truth, p = [0, 1, 1, 1], [0.0, 0.1, 0.95, 1.0]  # 0 and 0.1 in one bin, 0.95 and 1 in another
    curve = probabilities.calibration_curve(truth, p)
    assert [(b.n, b.observed) for b in curve] == [(2, 0.5), (2, 1.0)]
    expected = 0.5 * (0.5 - 0.05) + 0.5 * (1 - 0.975)
    assert probabilities.calibration_error(truth, p) == pytest.approx(expected)


def test_calibration_slope_undoes_overconfidence():
    rng = np.random.default_rng(4)
    logit = rng.normal(0, 1.5, 40_000)
    truth = rng.random(logit.size) < 1 / (1 + np.exp(-logit))
    slope, intercept = probabilities.calibration_slope(truth, 1 / (1 + np.exp(-(2 * logit + 0.6))))
    assert slope == pytest.approx(0.5, abs=0.02)
    assert intercept == pytest.approx(-0.3, abs=0.05)


@pytest.mark.parametrize(
    ("truth", "p"),
    [([0, 1], [0.0, 0.5]), ([1, 1], [0.4, 0.6]), ([0, 1], [0.2, 0.8]), ([0, 1, 0], [0.5] * 3)],
)
def test_calibration_slope_is_undefined_where_no_fit_exists(truth, p):
    assert all(map(isnan, probabilities.calibration_slope(truth, p)))


def test_delong_interval_has_its_nominal_coverage():
    rng = np.random.default_rng(8)
    truth = np.repeat([0, 1], (60, 40))
    hits = 0
    for _ in range(400):
        low, high = probabilities.auroc_interval(truth, rng.normal(truth, 1))
        hits += low <= 0.76025 <= high  # Φ(1/√2)
    assert 0.91 <= hits / 400 <= 0.98


def test_delong_interval_of_a_small_set():
    # placements of the events 0.4, 0.8, 0.35: 0.75, 1, 0.5; of the others 0.1, 0.4: 1, 0.5
    low, high = probabilities.auroc_interval(TRUTH, SCORE, 0.5)
    se = sqrt(0.0625 / 3 + 0.125 / 2)
    assert (low, high) == pytest.approx((0.75 - 0.67449 * se, 0.75 + 0.67449 * se), abs=1e-5)
    assert all(map(isnan, probabilities.auroc_interval([1, 0, 0], [0.2, 0.1, 0.3])))


def test_sensitivity_at_a_specificity():
    truth, score = [0, 0, 0, 0, 1, 1, 1], [1, 2, 3, 6, 2, 5, 7]
    # to clear 3 of 4 others the threshold lies above 3: 5 and 7 are called; for all above 6: 7
    assert probabilities.sensitivity_at(truth, score, 0.75) == pytest.approx(2 / 3)
    assert probabilities.sensitivity_at(truth, score, 0.76) == pytest.approx(1 / 3)
    assert probabilities.sensitivity_at(truth, score, 0) == 1
    assert isnan(probabilities.sensitivity_at([1, 1], [2, 3], 0.9))


def test_errors_and_correlations_of_three_numbers():
    found, true = [1, 2, 6], [2, 2, 4]
    assert regression.mean_absolute_error(found, true) == 1
    assert regression.root_mean_squared_error(found, true) == pytest.approx(sqrt(5 / 3))
    # deviations (-2, -1, 3) and (-2/3, -2/3, 4/3): Σab 6, Σa² 14, Σb² 8/3
    assert regression.pearson(found, true) == pytest.approx(6 / sqrt(14 * 8 / 3))
    assert regression.r_squared(found, true) == pytest.approx(1 - 5 / (8 / 3))
    assert regression.concordance_correlation(found, true) == pytest.approx(
        2 * 2 / (14 / 3 + 8 / 9 + 1 / 9)
    )
    assert regression.spearman([1, 5, 9], [2, 3, 100]) == 1
    assert isnan(regression.pearson([1, 1], [1, 2]))


def test_limits_of_agreement_are_bias_and_spread():
    limits = regression.limits_of_agreement([1, 4, 7], [0, 2, 4])  # differences 1, 2, 3
    assert (limits.bias, limits.lower, limits.upper) == pytest.approx((2, 0.04, 3.96))


def test_concordance_uses_only_pairs_whose_order_is_known():
    time, event, risk = [1, 2, 3, 3], [1, 0, 1, 0], [5, 9, 4, 4]
    # usable: (1,2) 5<9 no; (1,3) yes; (1,3c) yes; (3,3c) equal risks half
    assert survival.concordance(time, event, risk) == pytest.approx(2.5 / 4)
    assert isnan(survival.concordance([1, 2], [0, 0], [1, 2]))


def test_kaplan_meier_of_five():
    moments, left = survival.kaplan_meier([1, 2, 2, 4, 5], [1, 1, 0, 1, 0])
    assert moments.tolist() == [1, 2, 4]
    assert left == pytest.approx([4 / 5, 4 / 5 * 3 / 4, 4 / 5 * 3 / 4 / 2])


def test_brier_score_at_a_horizon_reweights_for_censoring():
    time, event, predicted = [1, 2, 3, 4], [1, 0, 1, 1], [0.2, 0.5, 0.4, 0.9]
    # censoring curve: 2/3 after time 2; deaths at 1 (weight 1) and 3 (3/2), survivor (3/2)
    expected = (0.2**2 + 1.5 * 0.4**2 + 1.5 * 0.1**2) / 4
    assert survival.brier_at(time, event, predicted, 3) == pytest.approx(expected)


def test_where_both_happen_at_one_time_the_event_came_first():
    # the death at 2 weighs 1; of the three left one is censored, so the survivors weigh 3/2
    time, event, predicted = [2, 2, 3, 4], [1, 0, 0, 1], [0.4, 0.1, 0.8, 0.5]
    expected = (0.4**2 + 1.5 * (0.2**2 + 0.5**2)) / 4
    assert survival.brier_at(time, event, predicted, 2) == pytest.approx(expected)


def test_survival_scores_are_those_of_scikit_survival_and_lifelines():
    # concordance_index_censored, brier_score, integrated_brier_score of scikit-survival 0.28.0,
    # concordance_index of lifelines 0.30.3
    time = np.array([5, 8, 12, 3, 15, 20, 9, 14, 7, 18, 11, 6])
    event = [1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1]
    risk = np.array([0.9, 0.3, 0.5, 0.8, 0.2, 0.3, 0.6, 0.4, 0.7, 0.25, 0.35, 0.85])
    at = np.array([6, 9, 12, 15])
    curves = np.exp(-np.outer(risk, at) / 12)
    assert survival.concordance(time, event, risk) == pytest.approx(0.9387755102040817, abs=1e-12)
    expected = [0.1339105822577, 0.16715640959800493, 0.1665474275260412, 0.13730459584193422]
    found = [survival.brier_at(time, event, curves[:, j], at[j]) for j in range(4)]
    assert found == pytest.approx(expected, abs=1e-12)
    assert survival.integrated_brier(time, event, curves, at) == pytest.approx(
        0.15643714205795442, abs=1e-12
    )
    tied = [5, 5, 5, 8, 8, 12, 12, 3, 15], [1, 0, 1, 1, 0, 1, 0, 1, 1]
    scores = [0.9, 0.9, 0.3, 0.5, 0.5, 0.2, 0.6, 0.9, 0.1]
    assert survival.concordance(*tied, scores) == pytest.approx(0.6923076923076923, abs=1e-12)


def test_integrated_brier_is_the_mean_over_the_span():
    time, event = [1, 2, 3, 4], [1, 1, 1, 1]
    curves = np.tile([0.75, 0.5, 0.25], (4, 1))
    at = [survival.brier_at(time, event, curves[:, j], j + 1) for j in range(3)]
    assert at == pytest.approx([0.1875, 0.25, 0.1875])
    assert survival.integrated_brier(time, event, curves, [1, 2, 3]) == pytest.approx(
        (0.1875 / 2 + 0.25 + 0.1875 / 2) / 2
    )


def test_scaled_error_compares_with_the_naive_forecast():
    history = [1, 3, 2, 4]  # changes 2, 1, 2
    assert forecast.scaled_error([5, 5], [4, 6], history) == pytest.approx(1 / (5 / 3))
    assert forecast.scaled_error([5], [4], history, season=2) == pytest.approx(1 / 1)
    assert isnan(forecast.scaled_error([5], [4], [2, 2]))


def test_forecast_intervals_and_quantiles():
    low, high, true = [0, 0, 0], [2, 2, 2], [1, 2, 3]
    assert forecast.coverage(low, high, true) == pytest.approx(2 / 3)
    assert forecast.interval_score(low, high, true, 0.9) == pytest.approx((2 + 2 + 2 + 20) / 3)
    assert forecast.pinball([1, 1], [3, 0], 0.9) == pytest.approx((1.8 + 0.1) / 2)
    assert forecast.symmetric_percentage_error([1, 0], [3, 0]) == pytest.approx((2 * 2 / 4) / 2)
