"""What a score cannot be made of is refused in words; what data do not define is NaN, never 0."""

from functools import partial
from math import isnan

import numpy as np
import pytest

from evaluation.scores import (
    forecast,
    images,
    labels,
    masks,
    overlap,
    probabilities,
    ranking,
    regression,
    survival,
)

PROBABILITY_SCORES = [
    probabilities.brier,
    probabilities.log_loss,
    probabilities.calibration_curve,
    probabilities.calibration_error,
    probabilities.calibration_slope,
]
RANK_SCORES = [
    probabilities.auroc,
    probabilities.auroc_interval,
    probabilities.auprc,
    partial(probabilities.sensitivity_at, specificity=0.9),
]
PAIRED = [
    regression.mean_absolute_error,
    regression.root_mean_squared_error,
    regression.pearson,
    regression.spearman,
    regression.r_squared,
    regression.concordance_correlation,
    regression.limits_of_agreement,
    forecast.symmetric_percentage_error,
    partial(forecast.pinball, quantile=0.5),
    partial(forecast.scaled_error, history=[1, 2]),
    partial(images.peak_signal_to_noise, peak=1),
]
LABELLED = [
    labels.accuracy,
    labels.macro_f1,
    labels.balanced_accuracy,
    partial(labels.label_overlap, label="a"),
]
MASKED = [
    masks.dice,
    masks.iou,
    masks.mask_overlap,
    masks.hausdorff_95,
    masks.mean_surface_distance,
    masks.panoptic_quality,
]


def name(score):
    return getattr(score, "func", score).__name__


@pytest.mark.parametrize("score", [*PROBABILITY_SCORES, *RANK_SCORES], ids=name)
@pytest.mark.parametrize(
    ("truth", "p", "message"),
    [
        ([0, 2], [0.1, 0.2], "outcomes must be 0 or 1"),
        ([0], [0.1, 0.2], "1 outcomes and 2 predictions"),
        ([[0, 1]], [[0.1, 0.2]], "one of each needed"),
        ([0, 1], [0.1, np.nan], "a prediction is missing"),
        ([0, 1], [0.1, np.inf], "a prediction is missing"),
        ([0, np.nan], [0.1, 0.2], "outcomes must be 0 or 1"),
    ],
)
def test_unusable_predictions_are_refused(score, truth, p, message):
    with pytest.raises(ValueError, match=message):
        score(truth, p)


@pytest.mark.parametrize("score", PROBABILITY_SCORES, ids=name)
def test_probabilities_outside_0_to_1_are_refused(score):
    with pytest.raises(ValueError, match="a probability lies outside 0…1"):
        score([0, 1], [0.5, 1.2])


@pytest.mark.parametrize("score", PAIRED, ids=name)
@pytest.mark.parametrize(
    ("found", "true", "message"),
    [
        ([1, 2], [1, 2, 3], "2 numbers against 3: one of each is needed"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "2 × 3 numbers against 3 × 2"),
        ([1, np.nan], [1, 2], "missing"),
        ([1, 2], [1, np.inf], "infinite"),
    ],
)
def test_unusable_numbers_are_refused(score, found, true, message):
    with pytest.raises(ValueError, match=message):
        score(found, true)


@pytest.mark.parametrize("score", LABELLED, ids=name)
def test_labels_of_unequal_number_are_refused(score):
    with pytest.raises(ValueError, match="2 labels against 1 true ones"):
        score(["a", "b"], ["a"])


@pytest.mark.parametrize("score", MASKED, ids=name)
def test_unusable_masks_are_refused(score):
    with pytest.raises(ValueError, match=r"\(2, 2\) and the reference \(2, 3\)"):
        score(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="a pixel is missing"):
        score(np.array([1.0, np.nan]), np.array([1.0, 0.0]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: labels.wilson_interval(3, 2), "3 hits of 2 cases"),
        (lambda: labels.wilson_interval(1, 2, 95), "the confidence must lie between 0 and 1"),
        (lambda: probabilities.auroc_interval([0, 1], [0, 1], 1), "the confidence must lie"),
        (lambda: probabilities.sensitivity_at([0, 1], [0, 1], 95), "the specificity must lie"),
        (lambda: probabilities.calibration_curve([0, 1], [0, 1], 0), "1 bin or more"),
        (lambda: forecast.scaled_error([1], [1], [1, 2], season=0), "1 step or more"),
        (lambda: forecast.scaled_error([1], [1], [1, np.nan]), "missing"),
        (lambda: forecast.pinball([1], [1], 1), "the quantile must lie between"),
        (lambda: forecast.coverage([2], [1], [1]), "a lower bound lies above its upper"),
        (lambda: forecast.coverage([1, 2], [3], [1, 2]), "1 numbers against 2"),
        (lambda: forecast.interval_score([1], [2], [1], 95), "the confidence must lie"),
        (lambda: ranking.recall_at("ab", "a", 0), "k must be 1 or more"),
        (lambda: ranking.precision_at("ab", "a", 0), "k must be 1 or more"),
        (lambda: ranking.hit_at("ab", "a", -1), "k must be 1 or more"),
        (lambda: ranking.ndcg("ab", {"a": 1}, 0), "k must be 1 or more"),
        (lambda: ranking.ndcg("ab", {"a": -1}), "a gain is below 0 or missing"),
        (lambda: survival.concordance([1, 2], [1], [1, 2]), "2 times, 1 events and 2 predictions"),
        (lambda: survival.concordance([1, -2], [1, 0], [1, 2]), "a time lies below 0"),
        (lambda: survival.concordance([1, 2], [1, 2], [1, 2]), "events must be 0 or 1"),
        (lambda: survival.concordance([1, np.nan], [1, 0], [1, 2]), "a time is missing"),
        (lambda: survival.brier_at([1], [1], [1.1], 1), "survival lies outside 0…1"),
        (lambda: survival.integrated_brier([1], [1], [[0.5]], [1]), "two or more, in rising"),
        (lambda: survival.integrated_brier([1], [1], [[0.5]], [1, 2]), r"shape \(1, 1\) for 2"),
        (lambda: survival.kaplan_meier([1, 2], [1]), "2 times, 1 events"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: probabilities.auroc([1, 1], [0.2, 0.3]),
        lambda: probabilities.auroc([], []),
        lambda: probabilities.auprc([0, 0], [0.2, 0.3]),
        lambda: probabilities.brier([], []),
        lambda: probabilities.log_loss([], []),
        lambda: probabilities.calibration_error([], []),
        lambda: probabilities.calibration_slope([], [])[0],
        lambda: probabilities.sensitivity_at([0, 0], [1, 2], 0.9),
        lambda: labels.accuracy([], []),
        lambda: labels.macro_f1([], []),
        lambda: labels.balanced_accuracy([], []),
        *(
            partial(score, [], [])
            for score in PAIRED
            if score is not regression.limits_of_agreement
        ),
        lambda: regression.limits_of_agreement([1], [2]).bias,
        lambda: regression.pearson([3, 3], [1, 2]),
        lambda: regression.pearson([0.1, 0.1, 0.1], [1, 2, 3]),
        lambda: regression.spearman([1, 2], [5, 5]),
        lambda: regression.r_squared([1, 2], [5, 5]),
        lambda: regression.concordance_correlation([2, 2], [2, 2]),
        lambda: forecast.scaled_error([1], [2], [3, 3]),
        lambda: forecast.scaled_error([1], [2], [3], season=2),
        lambda: forecast.coverage([], [], []),
        lambda: forecast.interval_score([], [], []),
        lambda: ranking.recall_at("ab", "", 1),
        lambda: ranking.average_precision("ab", ""),
        lambda: ranking.ndcg("ab", {"a": 0}),
        lambda: survival.concordance([], [], []),
        lambda: survival.brier_at([], [], [], 1),
        lambda: survival.brier_at([1, 2], [0, 0], [0.5, 0.5], 3),
        lambda: masks.panoptic_quality(np.zeros(3), np.zeros(3)).quality,
    ],
)
def test_what_the_data_do_not_define_is_nan(call):
    assert isnan(call())


def test_nothing_found_of_nothing_to_find_is_full_agreement():
    assert overlap.set_overlap([], []).f1 == overlap.bag_overlap([], []).f1 == 1
    assert masks.dice(np.zeros(3), np.zeros(3)) == 1
