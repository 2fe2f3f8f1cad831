"""A forecast as one plot for each series of either side, on the same axes, with a table behind."""

from collections.abc import Sequence
from typing import Any

from arena.voting.presenters.base import PLOTS, Presenter, Shown
from arena.voting.presenters.plots import Axis, axis, band, labels, line
from arena.voting.presenters.scales import both
from evaluation.kinds.base import Record

MOST_ROWS_AT_ONCE = 12
MOST_DOTS = 40
KEYS = ("value", "lower", "upper")


class ForecastPresenter(Presenter):
    key = "forecast"
    template = "voting/kinds/forecast.html"
    styles = PLOTS

    def data(self, shown: Shown) -> dict[str, Any]:
        records = both(shown)
        names = sorted({_key(series) for record in records for series in record["series"]})
        times = sorted({time for record in records for time in record["t"]})
        own = {_key(series): series for series in shown.record["series"]}
        x = axis(times)
        return {
            "time_unit": shown.record["time_unit"],
            "plots": [_plot(name, own.get(name), shown.record["t"], x, records) for name in names],
            "times": _rows(times, shown.record["t"], [own.get(name) for name in names]),
            "folded": len(times) > MOST_ROWS_AT_ONCE,
        }


def _key(series: Record) -> tuple[str, str]:
    return series["name"], series["unit"]


def _plot(
    name: tuple[str, str],
    own: Record | None,
    times: Sequence[float],
    x: Axis,
    records: Sequence[Record],
) -> dict[str, Any]:
    """Its height is that of both sides' values and intervals."""
    drawn = [s for record in records for s in record["series"] if _key(s) == name]
    y = axis(v for s in drawn for key in KEYS for v in s.get(key, []))
    named = {"name": name[0], "unit": name[1]}
    curves = [] if own is None else [_drawn(own, times, x, y)]
    return {**named, "there": bool(curves), "curves": curves, **labels(x, y)}


def _drawn(own: Record, times: Sequence[float], x: Axis, y: Axis) -> dict[str, Any]:
    lists = {key: list(zip(times, own[key], strict=True)) for key in KEYS if key in own}
    dots = lists["value"] if len(times) <= MOST_DOTS else []
    found = {
        "line": line(lists["value"], x, y),
        "dots": "".join(f"{line([d], x, y)}h0" for d in dots),
    }
    if "lower" in lists:
        found["band"] = band(lists["lower"], lists["upper"], x, y)
    return found


def _rows(
    times: Sequence[float], own: Sequence[float], series: Sequence[Record | None]
) -> list[dict[str, Any]]:
    """A row for each time of either side, so that both tables have the same rows."""
    places = {time: i for i, time in enumerate(own)}
    return [
        {"t": time, "cells": [_cell(one, places.get(time)) for one in series]} for time in times
    ]


def _cell(series: Record | None, place: int | None) -> dict[str, float] | None:
    if series is None or place is None:
        return None
    return {key: series[key][place] for key in KEYS if key in series}


PRESENTER = ForecastPresenter()
