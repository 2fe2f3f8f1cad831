"""Scores of masks, boxes, points and embeddings, each calculated by hand."""

from math import inf, isnan, sqrt

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from evaluation.scores import boxes, embeddings, grounding, images, masks, pairs, points
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


def brute_border(mask, spacing):
    """Places of the voxels with a neighbour outside the mask, from the definition."""
    padded = np.pad(mask, 1)
    places = []
    for place in np.argwhere(mask):
        steps = [(axis, step) for axis in range(mask.ndim) for step in (-1, 1)]
        if any(
            not padded[tuple(place + 1 + step * (np.arange(mask.ndim) == a))] for a, step in steps
        ):
            places.append(place * spacing)
    return np.array(places)


def test_border_distances_of_volumes_are_those_of_the_definition():
    rng = np.random.default_rng(3)
    spacing = (2.5, 0.7, 1.1)
    grid = np.indices((8, 12, 10)).astype(float)
    for seed in range(4):
        centres = rng.uniform(2, 7, (2, 3, 1, 1, 1))
        a, b = (((grid - centre) ** 2).sum(0) < 9 + seed for centre in centres)
        borders = [brute_border(mask, spacing) for mask in (a, b)]
        apart = np.sqrt(((borders[0][:, None] - borders[1][None]) ** 2).sum(2))
        both = (apart.min(1), apart.min(0))
        expected = max(np.percentile(distance, 95) for distance in both)
        assert masks.hausdorff_95(a, b, spacing) == pytest.approx(expected)
        mean = np.concatenate(both).mean()
        assert masks.mean_surface_distance(a, b, spacing) == pytest.approx(mean)


def test_volumes_of_two_shifted_cubes():
    a, b = np.zeros((2, 6, 6, 6), dtype=bool)
    a[1:4, 1:4, 1:4], b[2:5, 1:4, 1:4] = True, True
    assert masks.dice(a, b) == pytest.approx(2 * 18 / 54)
    assert masks.iou(a, b) == pytest.approx(18 / 36)
    assert masks.hausdorff_95(a, b, (2, 1, 1)) == 2
    assert masks.panoptic_quality(a.astype(int), b.astype(int)).quality == 0  # IoU is not above 0.5


@pytest.mark.parametrize(
    ("found", "true", "spacing", "message"),
    [
        (np.zeros((2, 2)), np.zeros((2, 2)), None, "an empty mask has no border"),
        (np.ones((2, 2)), np.ones((2, 2)), (1,), r"\(1,\) is not 2 numbers above 0"),
        (np.ones((2, 2)), np.ones((2, 2)), (1, 0), "numbers above 0"),
        (np.full((2, 2), np.nan), np.ones((2, 2)), None, "a pixel is missing"),
    ],
)
def test_masks_and_spacings_that_cannot_be_are_refused(found, true, spacing, message):
    with pytest.raises(ValueError, match=message):
        masks.surface_distances(found, true, spacing)


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


def test_mean_average_precision_is_cocos():
    # COCOeval of pycocotools 2.0.11: AP 0.4741…, AP50 0.8361…
    true = [
        *(Box(2, 2, 10, 10, "nodule", "a"), Box(20, 20, 8, 6, "nodule", "a")),
        *(Box(5, 30, 12, 9, "mass", "a"), Box(0, 0, 16, 16, "nodule", "b")),
        *(Box(18, 4, 9, 9, "mass", "b"), Box(30, 30, 5, 5, "mass", "c")),
    ]
    found = [
        *(Box(3, 2, 10, 9, "nodule", "a", 0.91), Box(19, 20, 8, 7, "nodule", "a", 0.64)),
        *(Box(2, 3, 10, 10, "nodule", "a", 0.55), Box(6, 31, 12, 9, "mass", "a", 0.82)),
        *(Box(1, 0, 15, 17, "nodule", "b", 0.97), Box(18, 6, 9, 9, "mass", "b", 0.43)),
        *(Box(18, 4, 8, 9, "mass", "b", 0.31), Box(10, 10, 6, 6, "mass", "c", 0.77)),
        *(Box(30, 31, 5, 4, "mass", "c", 0.12), Box(40, 40, 5, 5, "nodule", "c", 0.7)),
    ]
    exact = {"abs": 1e-12}
    assert boxes.mean_average_precision(found, true) == pytest.approx(0.47410891089108914, **exact)
    at_half = boxes.mean_average_precision(found, true, [0.5])
    assert at_half == pytest.approx(0.836138613861386, **exact)
    assert boxes.mean_average_precision(found[::-1], true) == pytest.approx(0.47410891089108914)
    assert isnan(boxes.mean_average_precision(found, []))


def test_only_the_hundred_best_boxes_of_an_image_count_in_cocos_figure():
    true = [Box(0, 0, 4, 4)]
    wrong = [Box(50, 50, 4, 4, score=0.9)] * 100
    late = Box(0, 0, 4, 4, score=0.1)
    assert boxes.mean_average_precision([*wrong[1:], late], true, [0.5]) == pytest.approx(1 / 100)
    assert boxes.mean_average_precision([*wrong, late], true, [0.5]) == 0


@pytest.mark.parametrize("box", [Box(0, 0, -1, 2), Box(0, np.nan, 1, 1), Box(0, 0, 1, np.inf)])
def test_what_is_not_a_box_is_refused(box):
    with pytest.raises(ValueError, match="not a box"):
        boxes.average_precision([box], [Box(0, 0, 1, 1)])
    with pytest.raises(ValueError, match="not a box"):
        boxes.accuracy_at(Box(0, 0, 1, 1), box)


def test_many_points_are_matched_as_the_whole_assignment_would():
    rng = np.random.default_rng(6)
    for _ in range(20):
        ours, theirs = rng.integers(0, 12, (30, 2)), rng.integers(0, 12, (25, 2))
        pairs = points.match_points(ours, theirs, radius=2)
        gap = np.sqrt(((ours[pairs[:, 0]] - theirs[pairs[:, 1]]) ** 2).sum(1))
        assert gap.max() <= 2
        assert all(len(set(column)) == len(column) for column in pairs.T)
        distance = cdist(ours, theirs)
        cost = np.where(distance <= 2, distance - 1000, 0)
        rows, columns = linear_sum_assignment(cost)
        best = cost[rows, columns]
        assert len(pairs) == (best < 0).sum()
        assert gap.sum() == pytest.approx((best[best < 0] + 1000).sum())


def test_thousands_of_points_take_no_table_of_all_pairs():
    grid = np.stack(np.meshgrid(np.arange(120), np.arange(120)), -1).reshape(-1, 2) * 10.0
    result = points.point_overlap(grid + 1, grid, radius=2)
    assert (result.hits_found, result.f1) == (14_400, 1)


@pytest.mark.parametrize(
    ("found", "true", "radius", "message"),
    [
        ([(0, 0)], [(0, 0, 0)], 1, "points of 2 against points of 3 dimensions"),
        ([(0, np.nan)], [(0, 0)], 1, "a position is missing"),
        ([(0, 0)], [(0, 0)], -1, "0 or more, not -1"),
    ],
)
def test_points_that_cannot_be_compared_are_refused(found, true, radius, message):
    with pytest.raises(ValueError, match=message):
        points.match_points(found, true, radius)


def test_points_are_matched_one_to_one_and_as_many_as_possible():
    true = [(0, 0), (3, 0)]
    found = [(2, 0), (5, 0)]  # the nearest pair (2 to 3) would leave (0) and (5) alone
    matched = points.match_points(found, true, radius=2)
    assert sorted(map(tuple, matched)) == [(0, 0), (1, 1)]


def test_points_outside_the_radius_do_not_count():
    result = points.point_overlap([(0, 0), (9, 9), (1, 0)], [(0, 1), (5, 5)], radius=2)
    assert (result.precision, result.recall) == (1 / 3, 1 / 2)
    assert points.point_overlap([], [], radius=2).f1 == 1
    assert points.point_overlap([], [(1, 1)], radius=2).f1 == 0


def test_robustness_index_of_two_nearest_neighbours():
    # nearest two of each: (1,2), (0,2), (3,1), (2,1); same class 1+1+1+1, same center 1+0+0+1
    space = [[1, 0], [1, 0.2], [0.6, 1], [0, 1]]
    index = embeddings.robustness_index(space, list("aabb"), list("xyxy"), k=2)
    assert index == pytest.approx(4 / 2)
    # class but not center: 1, 1, 1, 1; center but not class: 1 (item 0: 2), 0, 0, 1 (item 3: 1)
    assert embeddings.robustness_share(space, list("aabb"), list("xyxy"), k=2) == pytest.approx(
        4 / 6
    )


@pytest.mark.parametrize(
    ("space", "k", "message"),
    [
        ([[1, 0]], 1, "1 embeddings, 2 classes and 2 centers"),
        ([[1, 0], [0, 0]], 1, "zeros has no direction"),
        ([[1, 0], [0, np.inf]], 1, "missing"),
        ([[1, 0], [0, 1]], 0, "k must be 1 or more"),
    ],
)
def test_embeddings_that_cannot_be_compared_are_refused(space, k, message):
    with pytest.raises(ValueError, match=message):
        embeddings.robustness_index(space, list("ab"), list("xy"), k)


def test_robustness_index_counts_neighbours_by_class_and_center():
    space = [[1, 0], [1, 0.1], [0, 1], [0.1, 1]]
    by_class = embeddings.robustness_index(space, list("aabb"), list("xyxy"), k=2)
    by_center = embeddings.robustness_index(space, list("abab"), list("xxyy"), k=2)
    assert by_class > 1 > by_center
    assert isnan(embeddings.robustness_index(space, list("aabb"), list("wxyz"), k=1))
    assert embeddings.robustness_share(space, list("aabb"), list("xyxy"), k=2) > 0.5
    assert isnan(embeddings.robustness_share(space, list("aaaa"), list("xxxx"), k=1))


def test_signal_to_noise_is_in_decibels():
    clean = np.zeros((2, 2))
    assert images.peak_signal_to_noise(clean + 1, clean, peak=10) == pytest.approx(20)
    assert images.peak_signal_to_noise(clean, clean, peak=10) == inf
    assert isnan(images.peak_signal_to_noise([], [], peak=10))


def test_structural_similarity_of_one_window():
    true = np.zeros((7, 7))
    true[0] = 49.0  # mean 7, sample variance (7·42² + 42·7²)/48
    found = true + 7  # mean 14, equal variance and covariance
    c1 = (0.01 * 100) ** 2
    expected = (2 * 7 * 14 + c1) / (7**2 + 14**2 + c1)
    assert images.structural_similarity(found, true, peak=100) == pytest.approx(expected)
    assert images.structural_similarity(true, true, peak=100) == pytest.approx(1)


@pytest.mark.parametrize(
    ("found", "true", "peak", "message"),
    [
        (np.zeros((7, 8)), np.zeros((8, 7)), 1, "7 × 8 numbers against 8 × 7"),
        (np.zeros((9, 6)), np.zeros((9, 6)), 1, "needs 7 pixels a side"),
        (np.zeros((7, 7)), np.zeros((7, 7)), 0, "the peak must be above 0"),
        (np.full((7, 7), np.nan), np.zeros((7, 7)), 1, "missing"),
    ],
)
def test_images_that_cannot_be_compared_are_refused(found, true, peak, message):
    with pytest.raises(ValueError, match=message):
        images.structural_similarity(found, true, peak)


def test_pairs_that_are_alike_are_as_many_as_possible():
    # 0 and 1 both like the first best; only by giving it to 1 do both find a partner
    likeness = [[0.9, 0.6], [0.8, 0.1], [0.2, 0.3]]
    assert sorted(map(tuple, pairs.pair_off(likeness, 0.5))) == [(0, 1), (1, 0)]
    overlap = pairs.pair_overlap(likeness, 0.5)
    assert (overlap.precision, overlap.recall) == (2 / 3, 1)
    assert pairs.pair_overlap(np.zeros((0, 2)), 0.5).f1 == 0


def test_linked_dice_compares_the_boxes_of_phrases_that_say_the_same():
    true = [("left nodule", [Box(0, 0, 4, 4)]), ("pleural effusion", [Box(10, 10, 4, 4)])]
    found = [("a nodule, left", [Box(2, 0, 4, 4)]), ("clear lungs", [Box(10, 10, 4, 4)])]
    # 8 of 16 and 16 pixels are shared; nothing speaks of the effusion
    assert grounding.linked_dice(found, true, 20, 20) == pytest.approx((8 / 16 + 0) / 2)
    assert isnan(grounding.linked_dice(found, [], 20, 20))
