"""Scores of masks, boxes, points and embeddings, each calculated by hand."""

from math import inf, isnan, sqrt

import numpy as np
import pytest

from evaluation.scores import boxes, embeddings, masks, points
from evaluation.scores.boxes import Box


def square(top, left, size, shape=(12, 12)):
    mask = np.zeros(shape, dtype=bool)
    mask[top : top + size, left : left + size] = True
    return mask


def test_dice_and_iou_of_two_squares_that_share_a_quarter():
    a, b = square(0, 0, 4), square(2, 2, 4)
    assert masks.dice(a, b) == pytest.approx(2 * 4 / 32)
    assert masks.iou(a, b) == pytest.approx(4 / 28)


def test_empty_masks_agree_only_with_empty_masks():
    empty, full = square(0, 0, 0), square(0, 0, 2)
    assert masks.dice(empty, empty) == masks.iou(empty, empty) == 1
    assert masks.dice(empty, full) == masks.iou(empty, full) == 0
    assert masks.hausdorff_95(empty, empty) == masks.mean_surface_distance(empty, empty) == 0
    assert masks.hausdorff_95(empty, full) == masks.mean_surface_distance(full, empty) == inf


def test_masks_of_unequal_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 4\) and the reference \(4, 5\)"):
        masks.dice(np.ones((4, 4)), np.ones((4, 5)))


def test_border_distances_follow_the_spacing():
    a, b = np.zeros((1, 9)), np.zeros((1, 9))
    a[0, 1], b[0, 5] = 1, 1
    assert masks.hausdorff_95(a, b, spacing=(3.0, 0.5)) == 2.0
    assert masks.mean_surface_distance(a, b, spacing=(3.0, 0.5)) == 2.0


def test_hausdorff_95_overlooks_one_stray_pixel_of_many_but_the_mean_does_not():
    a = square(0, 0, 10, (40, 40))
    stray = a.copy()
    stray[30, 30] = True
    assert masks.hausdorff_95(stray, a) == 0  # 1 of 37 border pixels lies below the percentile
    assert masks.mean_surface_distance(stray, a) == pytest.approx(sqrt(2) * 21 / (37 + 36))


def test_panoptic_quality_is_matched_iou_times_recognition():
    true, found = np.zeros((2, 10), int), np.zeros((2, 10), int)
    true[0, 0:4], true[1, 0:4], true[0, 6:8] = 1, 2, 3
    found[0, 0:3], found[1, 4:8], found[0, 6:8] = 7, 8, 9  # IoU 3/4 with 1; none with 2; 1 with 3
    result = masks.panoptic_quality(found, true)
    assert result.segmentation == pytest.approx((3 / 4 + 1) / 2)
    assert result.recognition == pytest.approx(2 / (2 + 0.5 + 0.5))
    assert result.quality == pytest.approx(result.segmentation * result.recognition)


def test_panoptic_quality_without_background_or_instances():
    assert masks.panoptic_quality(np.ones((3, 3), int), np.ones((3, 3), int)).quality == 1
    assert isnan(masks.panoptic_quality(np.zeros((3, 3)), np.zeros((3, 3))).quality)
    assert masks.panoptic_quality(np.zeros((3, 3)), np.ones((3, 3))).quality == 0


def test_box_iou_of_two_shifted_boxes():
    assert boxes.box_iou(Box(0, 0, 4, 4), Box(2, 2, 4, 4)) == pytest.approx(4 / 28)
    assert boxes.box_iou(Box(0, 0, 4, 4), Box(4, 0, 4, 4)) == 0
    assert boxes.box_iou(Box(1, 1, 0, 0), Box(1, 1, 0, 0)) == 0
    assert boxes.accuracy_at(Box(0, 0, 4, 4), Box(0, 0, 4, 3)) == 1


def test_average_precision_of_right_wrong_right():
    true = [Box(0, 0, 4, 4), Box(10, 10, 4, 4), Box(20, 20, 4, 4)]
    found = [
        Box(0, 0, 4, 4, score=0.9),
        Box(50, 50, 4, 4, score=0.8),
        Box(10, 10, 4, 4, score=0.7),
        Box(0, 0, 4, 4, score=0.6),  # the reference is taken: a double is wrong
    ]
    assert boxes.average_precision(found, true) == pytest.approx((1 + 2 / 3) / 3)
    assert boxes.average_precision([], true) == 0
    assert isnan(boxes.average_precision(found, []))


def test_boxes_match_within_their_image_and_label_only():
    true = [Box(0, 0, 4, 4, "nodule", "1"), Box(0, 0, 4, 4, "mass", "1")]
    found = [Box(0, 0, 4, 4, "nodule", "2"), Box(0, 0, 4, 4, "mass", "1")]
    assert boxes.mean_average_precision(found, true) == 0.5


def test_mean_average_precision_falls_with_the_threshold():
    true, found = [Box(0, 0, 10, 10)], [Box(0, 0, 10, 8)]  # IoU 0.8: seven thresholds of ten
    assert boxes.mean_average_precision(found, true) == pytest.approx(0.7)


def test_points_are_matched_one_to_one_and_as_many_as_possible():
    true = [(0, 0), (3, 0)]
    found = [(2, 0), (5, 0)]  # the nearest pair (2 to 3) would leave (0) and (5) alone
    pairs = points.match_points(found, true, radius=2)
    assert sorted(map(tuple, pairs)) == [(0, 0), (1, 1)]


def test_points_outside_the_radius_do_not_count():
    result = points.point_overlap([(0, 0), (9, 9), (1, 0)], [(0, 1), (5, 5)], radius=2)
    assert (result.precision, result.recall) == (1 / 3, 1 / 2)
    assert points.point_overlap([], [], radius=2).f1 == 1
    assert points.point_overlap([], [(1, 1)], radius=2).f1 == 0


def test_robustness_index_counts_neighbours_by_class_and_center():
    space = [[1, 0], [1, 0.1], [0, 1], [0.1, 1]]
    by_class = embeddings.robustness_index(space, list("aabb"), list("xyxy"), k=2)
    by_center = embeddings.robustness_index(space, list("abab"), list("xxyy"), k=2)
    assert by_class > 1 > by_center
    assert isnan(embeddings.robustness_index(space, list("aabb"), list("wxyz"), k=1))
