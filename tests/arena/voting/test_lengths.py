"""Lengths and areas are told in the unit that a reader of the image thinks in."""

import pytest

from arena.voting.lengths import area_told, pair_told, spacing_is_fine


@pytest.mark.parametrize(
    ("one", "other", "fine", "told"),
    [
        (0.09375, 0.125, True, "94 × 125 µm"),
        (0.4, 1.25, True, "0.40 × 1.25 mm"),
        (0.4, 0.9, False, "0.4 × 0.9 mm"),
        (40.0, 10.0, False, "40.0 × 10.0 mm"),
    ],
)
def test_two_lengths_have_one_unit(one: float, other: float, fine: bool, told: str) -> None:
    assert pair_told(one, other, " × ", fine=fine) == told


@pytest.mark.parametrize(
    ("area", "fine", "told"),
    [
        (0.00004, True, "40 µm²"),
        (0.0071, True, "7100 µm²"),
        (0.25, True, "0.25 mm²"),
        (2.04, False, "2.0 mm²"),
    ],
)
def test_a_nucleus_is_no_area_of_nothing(area: float, fine: bool, told: str) -> None:
    assert area_told(area, fine=fine) == told


def test_pixels_of_a_microscope_are_fine_and_those_of_a_radiograph_are_not() -> None:
    assert spacing_is_fine([0.00025, 0.00025])
    assert not spacing_is_fine([0.14, 0.14]) and not spacing_is_fine([1.0, 1.5, 2.0])
