"""Scores of numbers, labels, lists and images equal the libraries that the field uses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr
from skimage import metrics as skimage
from sklearn import calibration, metrics
from sklearn.linear_model import LogisticRegression

from evaluation.scores import forecast, images, labels, probabilities, ranking, regression
from evaluation.scores.maps import correlation

SEEDS = st.integers(0, 2**32 - 1)


def near(value):
    return pytest.approx(value, abs=1e-12, rel=1e-12)


def outcomes(seed, n=60):
    """Truth and rounded probabilities, so that ties and bin edges occur."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    truth[:2] = 0, 1
    return truth, np.round(rng.random(n) * 0.8 + truth * 0.1 + 0.05, 1)


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_probabilities_score_as_scikit_learn_says(seed):
    truth, p = outcomes(seed)
    assert probabilities.auroc(truth, p) == near(metrics.roc_auc_score(truth, p))
    assert probabilities.auprc(truth, p) == near(metrics.average_precision_score(truth, p))
    assert probabilities.brier(truth, p) == near(metrics.brier_score_loss(truth, p))
    assert probabilities.log_loss(truth, p) == near(metrics.log_loss(truth, p))
    observed, predicted = calibration.calibration_curve(truth, p, n_bins=10)
    curve = probabilities.calibration_curve(truth, p)
    assert [b.observed for b in curve] == near(observed)
    assert [b.predicted for b in curve] == near(predicted)
    false, true, _ = metrics.roc_curve(truth, p, drop_intermediate=False)
    for specificity in (0.5, 0.8, 0.95):
        best = true[1 - false >= specificity - 1e-12].max()
        assert probabilities.sensitivity_at(truth, p, specificity) == near(best)


def test_calibration_slope_is_that_of_a_logistic_regression():
    rng = np.random.default_rng(2)
    logit = rng.normal(0, 1.5, 400)
    truth = (rng.random(400) < 1 / (1 + np.exp(-0.7 * logit))).astype(int)
    fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit[:, None], truth)
    found = probabilities.calibration_slope(truth, 1 / (1 + np.exp(-logit)))
    assert found == pytest.approx((fit.coef_[0, 0], fit.intercept_[0]), abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1))
def test_labels_score_as_scikit_learn_says(pairs):
    found, true = (list(column) for column in zip(*pairs, strict=True))
    assert labels.accuracy(found, true) == near(metrics.accuracy_score(true, found))
    macro = metrics.f1_score(true, found, average="macro", zero_division=0)
    assert labels.macro_f1(found, true) == near(macro)
    recall = metrics.recall_score(
        true, found, labels=sorted(set(true)), average="macro", zero_division=0
    )
    assert labels.balanced_accuracy(found, true) == near(recall)
    one = labels.label_overlap(found, true, "a")
    if "a" in found and "a" in true:
        parts = metrics.precision_recall_fscore_support(true, found, labels=["a"], zero_division=0)
        assert (one.precision, one.recall, one.f1) == near(tuple(part[0] for part in parts[:3]))


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_numbers_score_as_scikit_learn_and_scipy_say(seed):
    rng = np.random.default_rng(seed)
    true = np.round(rng.normal(5, 2, 30), 1)
    found = np.round(true + rng.normal(0.3, 1, 30), 1)
    error = metrics.mean_absolute_error(true, found)
    assert regression.mean_absolute_error(found, true) == near(error)
    root = metrics.root_mean_squared_error(true, found)
    assert regression.root_mean_squared_error(found, true) == near(root)
    assert regression.r_squared(found, true) == near(metrics.r2_score(true, found))
    assert regression.pearson(found, true) == near(pearsonr(found, true).statistic)
    assert correlation(found[None], true[None]) == near(pearsonr(found, true).statistic)
    assert regression.spearman(found, true) == near(spearmanr(found, true).statistic)
    loss = metrics.mean_pinball_loss(true, found, alpha=0.9)
    assert forecast.pinball(found, true, 0.9) == near(loss)


@settings(deadline=None, max_examples=40)
@given(st.permutations("abcdefgh"), st.lists(st.integers(0, 4), min_size=8, max_size=8))
def test_ndcg_is_scikit_learns(ranked, gains):
    worth = dict(zip("abcdefgh", gains, strict=True))
    if not any(gains):
        return
    placed = [[-ranked.index(item) for item in worth]]
    for k in (1, 3, 8):
        expected = metrics.ndcg_score([gains], placed, k=k)
        assert ranking.ndcg(ranked, worth, k) == near(expected)


@settings(deadline=None, max_examples=40)
@given(st.permutations("abcdefgh"), st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_average_precision_of_a_whole_list_is_scikit_learns(ranked, relevant):
    truth = [item in relevant for item in ranked]
    expected = metrics.average_precision_score(truth, -np.arange(8))
    assert ranking.average_precision(ranked, relevant) == near(expected)


@pytest.mark.parametrize("shape", [(20, 33), (9, 12, 15)])
def test_images_score_as_scikit_image_says(shape):
    rng = np.random.default_rng(4)
    true = rng.random(shape) * 200
    found = np.clip(true + rng.normal(0, 20, shape), 0, 255)
    expected = skimage.structural_similarity(true, found, data_range=255)
    assert images.structural_similarity(found, true, 255) == near(expected)
    expected = skimage.peak_signal_noise_ratio(true, found, data_range=255)
    assert images.peak_signal_to_noise(found, true, 255) == near(expected)
