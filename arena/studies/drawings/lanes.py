"""A patient's record at a glance: one lane a kind of event, the cut-off on the right.

Time runs in the logarithm of the days before the cut-off, because the last days matter most and
records reach back for decades; each tick says how far back it lies.
"""

import math
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from arena.studies.drawings.svg import document, text

WIDTH, LANE, LEFT, RIGHT, TOP, FOOT = 520.0, 22.0, 116.0, 26.0, 8.0, 26.0
TICKS = (
    (1, gettext_noop("1 d")),
    (7, gettext_noop("1 wk")),
    (30, gettext_noop("1 mo")),
    (365, gettext_noop("1 y")),
    (3650, gettext_noop("10 y")),
)
COLOURS = (
    *("#0a5f78", "#b4580a", "#5b4a9e", "#3c7a2f"),
    *("#a3316f", "#5d6670", "#1d6f9c", "#7a5c00"),
)
Mark = tuple[float, float | None, str]
"""Days of an event (0 or less), days of its end where it has one, its lane."""


def height(count: int) -> float:
    return TOP + count * LANE + FOOT


def overview(marks: Sequence[Mark], lanes: Sequence[str]) -> bytes:
    tall = height(len(lanes))
    oldest = max((-days for days, _, _ in marks), default=1.0)
    foot = tall - FOOT
    parts = [f'<rect width="{WIDTH:g}" height="{tall:g}" fill="#fff"/>']
    for days, name in TICKS:
        if days <= oldest * 1.2:
            x = _x(-days, oldest)
            parts.append(f'<path d="M{x:.1f} {TOP:g}V{foot:g}" stroke="#e3e7eb"/>')
            parts.append(text(round(x, 1), tall - 9, _(name), size=11, anchor="middle"))
    rows = {lane: place for place, lane in enumerate(lanes)}
    for lane, place in rows.items():
        y = TOP + (place + 0.5) * LANE
        parts.append(text(LEFT - 8, y + 4, lane[:18], size=11, anchor="end"))
        parts.append(f'<path d="M{LEFT:g} {y:g}H{WIDTH - RIGHT:g}" stroke="#e3e7eb"/>')
    parts += [_mark(mark, rows[mark[2]], oldest) for mark in marks]
    cut = WIDTH - RIGHT
    parts.append(f'<path d="M{cut:g} {TOP:g}V{foot:g}" stroke="#17212b" stroke-dasharray="4 3"/>')
    parts.append(text(cut, tall - 9, _("cut-off"), size=11, anchor="middle"))
    return document(WIDTH, tall, f"{len(marks)} events in {len(lanes)} lanes", parts)


def _mark(mark: Mark, place: int, oldest: float) -> str:
    days, until, _ = mark
    y = TOP + (place + 0.5) * LANE
    colour = COLOURS[min(place, len(COLOURS) - 1)]
    x = _x(days, oldest)
    end = (
        ""
        if until is None
        else (
            f'<path d="M{x:.1f} {y:g}H{_x(until, oldest):.1f}" stroke="{colour}" stroke-width="4" '
            'stroke-opacity=".35"/>'
        )
    )
    return f'{end}<circle cx="{x:.1f}" cy="{y:g}" r="3.2" fill="{colour}" fill-opacity=".75"/>'


def _x(days: float, oldest: float) -> float:
    share = math.log1p(max(0.0, -days)) / math.log1p(max(oldest, 1.0))
    return WIDTH - RIGHT - share * (WIDTH - LEFT - RIGHT)
