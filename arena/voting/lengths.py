"""Lengths and areas in words: as a microscope tells them, or as a radiograph's ruler does.

``desk/places.js`` says the same in the browser.
"""

from collections.abc import Sequence

from arena.core.figures import written

FINE = 0.02
"""Millimetres a pixel; finer ones come from a microscope, where micrometres are spoken of."""


def spacing_is_fine(spacing_mm: Sequence[float]) -> bool:
    return min(spacing_mm) < FINE


def pair_told(one: float, other: float, sign: str, *, fine: bool) -> str:
    """Two lengths in mm, in one unit: “94 × 125 µm”, “1.20 × 0.80 mm”, “12.5 × 8.0 mm”."""
    if fine and max(abs(one), abs(other)) < 1:
        return f"{1000 * one:.0f}{sign}{1000 * other:.0f} µm"
    places = 2 if fine else 1
    return f"{written(f'{one:.{places}f}')}{sign}{written(f'{other:.{places}f}')} mm"


def area_told(mm2: float, *, fine: bool) -> str:
    """“4300 µm²”, “0.12 mm²”, “40.0 mm²”; a comma between thousands is read as decimal by many."""
    if fine and mm2 < 0.01:
        return f"{1e6 * mm2:.0f} µm²"
    return f"{written(f'{mm2:.2f}' if fine else round(mm2, 1))} mm²"
