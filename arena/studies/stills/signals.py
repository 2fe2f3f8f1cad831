"""Signals and measurements as raters see them: an ECG on its paper, series on their axes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import override

from arena.studies.drawings import lines, paper
from arena.studies.drawings.raster import raster
from arena.studies.stills.base import Look, Still, evenly, share, still

PIXELS_A_MM = 6.0
PIXELS_A_UNIT = 3.0
MOST_TOLD = 2_000
"""Numbers of a table that is sent in words."""


# Systems are shown the same whoever asks for it, in whatever language.
@override("en")
def ecg_stills(leads: paper.Leads, rate: float, look: Look) -> list[Still]:
    """The sheets of a record; of a long one, evenly spaced ones, and each says so."""
    seconds = max(len(values) for values in leads.values()) / rate
    names = list(leads)
    count = paper.strips(names, seconds)
    places = evenly(count, look.most)
    scale = f"{paper.SPEED:g} mm/s, {paper.GAIN:g} mm/mV, a 1 mV pulse before each row"
    return [
        still(
            f"sheet-{place + 1}",
            f"ECG on paper ({scale}; leads {', '.join(names)}): sheet {place + 1} of {count}, "
            f"from {place * paper.STRIP_SECONDS:g} s; sent are {share(places, count)}.",
            raster(paper.sheet(leads, rate, place), PIXELS_A_MM),
        )
        for place in places
    ]


@override("en")
def series_stills(
    rows: Sequence[lines.Row], parts: Sequence[tuple[float, float]], look: Look
) -> list[Still]:
    """The whole, then ``parts`` of it (begin, end) where the whole is too dense to be read."""
    end = max(float(row.times[-1]) for row in rows)
    names = ", ".join(row.name for row in rows)
    drawn = [("whole", f"All of it, {lines.time_text(end)}", 0.0, end)]
    places = evenly(len(parts), look.most - 1) if look.most > 1 and parts else []
    for place in places:
        begin, last = parts[place]
        said = f"Part {place + 1} of {len(parts)}, {lines.time_text(begin)} to "
        said += f"{lines.time_text(last)}; sent are {share(places, len(parts))}"
        drawn.append((f"part-{place + 1}", said, begin, last))
    return [
        still(name, f"{said}: {names} over time.", raster(lines.chart(rows, a, b), PIXELS_A_UNIT))
        for name, said, a, b in drawn
    ]


def series_told(meta: Mapping[str, Any]) -> bool:
    """Whether every number fits into a text."""
    return bool(meta["rows"] * (1 + len(meta["channels"])) <= MOST_TOLD)


def series_words(table: np.ndarray, channels: Sequence[str]) -> str:
    """Every row as text, tab by tab; an empty cell where nothing was measured."""
    head = "\t".join(["seconds", *(" ".join(name.split()) for name in channels)])
    body = ("\t".join("" if np.isnan(v) else f"{v:.7g}" for v in row) for row in table)
    return "\n".join([head, *body])
