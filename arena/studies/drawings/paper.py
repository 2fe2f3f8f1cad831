"""An ECG on its paper: 25 mm a second, 10 mm a millivolt, lines every 1 and 5 mm.

A unit of the picture is a millimetre, so that the paper is exact at any size on the screen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from arena.studies.drawings.svg import document, text, thinned, trace

SPEED, GAIN = 25.0, 10.0  # mm a second, mm a millivolt
STRIP_SECONDS = 10.0
LEFT, RIGHT, TOP, BOTTOM = 12.0, 3.0, 8.0, 8.0
WIDTH = LEFT + STRIP_SECONDS * SPEED + RIGHT
GAP = 1.0
"""Millimetres left out where the paper changes from one lead to the next."""
POINTS_A_MM = 20
COLUMNS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
RHYTHM = "II"
LAYOUT_SECONDS = (9.5, 12.0)
"""Lengths of a record that is shown in three rows of four leads and a rhythm strip."""

Leads = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Piece:
    """A lead from one second to another, at a place of its row."""

    lead: str
    begin: float
    end: float
    at: float
    """Millimetres from the beginning of the row."""


def is_standard(leads: Sequence[str], seconds: float) -> bool:
    """Whether the usual twelve-lead sheet shows the whole record."""
    low, high = LAYOUT_SECONDS
    return {lead for row in COLUMNS for lead in row} <= set(leads) and low <= seconds <= high


def strips(leads: Sequence[str], seconds: float) -> int:
    return (
        1 if is_standard(leads, seconds) else max(1, int(np.ceil(seconds / STRIP_SECONDS - 0.01)))
    )


def height(leads: Sequence[str], seconds: float) -> float:
    rows = len(COLUMNS) + 1 if is_standard(leads, seconds) else len(leads)
    return TOP + rows * _row_height(rows) + BOTTOM


def sheet(leads: Leads, rate: float, number: int) -> bytes:
    """Strip ``number`` of a record in millivolts, as SVG."""
    seconds = max(len(values) for values in leads.values()) / rate
    names = list(leads)
    rows = list(_rows(names, seconds, number))
    tall = height(names, seconds)
    parts = [_grid(tall)]
    for place, row in enumerate(rows):
        middle = TOP + (place + 0.5) * _row_height(len(rows))
        parts += [_pulse(middle), *_row(row, leads, rate, middle)]
    begin, end = rows[-1][0].begin, rows[-1][-1].end
    scale = f"{SPEED:g} mm/s · {GAIN:g} mm/mV · {begin:g}–{end:.4g} s"
    parts.append(text(LEFT, tall - 2.5, f"{scale} · {_('not true to size on a screen')}", size=3))
    return document(WIDTH, tall, f"ECG, {len(names)} leads, from {begin:g} s", parts)


def _row_height(rows: int) -> float:
    return 30.0 if rows <= 4 else 20.0


def _rows(names: Sequence[str], seconds: float, number: int) -> Iterator[list[Piece]]:
    if not is_standard(names, seconds):
        begin = number * STRIP_SECONDS
        end = min(begin + STRIP_SECONDS, seconds)
        yield from ([Piece(name, begin, end, 0.0)] for name in names)
        return
    part = STRIP_SECONDS / 4
    for row in COLUMNS:
        yield [
            Piece(lead, i * part, (i + 1) * part, i * part * SPEED) for i, lead in enumerate(row)
        ]
    yield [Piece(RHYTHM, 0.0, STRIP_SECONDS, 0.0)]


def _row(row: Sequence[Piece], leads: Leads, rate: float, middle: float) -> Iterator[str]:
    for piece in row:
        first = piece.begin + (GAP / SPEED if piece.at else 0.0)
        values = leads[piece.lead][round(first * rate) : round(piece.end * rate) + 1]
        seconds = np.arange(len(values)) / rate + (first - piece.begin)
        across, up = thinned(seconds * SPEED, values * GAIN, int(POINTS_A_MM * 250))
        yield trace(LEFT + piece.at + across, middle - up, width=0.35)
        yield text(LEFT + piece.at + 1, middle - 10.5, piece.lead, size=3.6)


def _grid(tall: float) -> str:
    """Two patterns: fine lines every millimetre, stronger ones every five."""
    return (
        '<defs><pattern id="fine" width="1" height="1" patternUnits="userSpaceOnUse">'
        '<path d="M0 0H1M0 0V1" stroke="#f3cdc6" stroke-width=".12"/></pattern>'
        f'<pattern id="strong" x="{LEFT % 5:g}" y="{TOP % 5:g}" width="5" height="5" '
        'patternUnits="userSpaceOnUse"><path d="M0 0H5M0 0V5" fill="none" stroke="#e39a8f" '
        'stroke-width=".3"/></pattern></defs>'
        f'<rect width="{WIDTH:g}" height="{tall:g}" fill="#fffaf8"/>'
        f'<rect width="{WIDTH:g}" height="{tall:g}" fill="url(#fine)"/>'
        f'<rect width="{WIDTH:g}" height="{tall:g}" fill="url(#strong)"/>'
    )


def _pulse(middle: float) -> str:
    """A millivolt for a fifth of a second: what the scale is measured by."""
    path = f"M2 {middle:g}h2v-{GAIN:g}h{0.2 * SPEED:g}v{GAIN:g}h2"
    return f'<path d="{path}" fill="none" stroke="#111" stroke-width=".25"/>'
