"""Survival curves in steps, on the same axes on both sides, with a table behind them."""

from collections.abc import Sequence
from typing import Any

from arena.voting.presenters.base import PLOTS, Presenter, Shown
from arena.voting.presenters.plots import Axis, axis, band, labels, line, stepped
from arena.voting.presenters.scales import both, nice_ticks
from evaluation.kinds.base import Record
from evaluation.scores.curves import curve_at, time_below

WHOLE = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))
STYLES = 6
ROWS = 8


class SurvivalCurvePresenter(Presenter):
    key = "survival-curve"
    template = "voting/kinds/survival-curve.html"
    styles = PLOTS

    def data(self, shown: Shown) -> dict[str, Any]:
        records = both(shown)
        names = sorted({curve["name"] for record in records for curve in record["curves"]})
        x = axis((curve["t"][-1] for record in records for curve in record["curves"]), least=0)
        own = {curve["name"]: curve for curve in shown.record["curves"]}
        return {
            "time_unit": shown.record["time_unit"],
            **labels(x, WHOLE, percent=True),
            "curves": [
                {
                    "name": name,
                    "style": i % STYLES + 1,
                    "there": name in own,
                    **_drawn(own.get(name), x),
                }
                for i, name in enumerate(names)
            ],
            "times": [{"t": time, "cells": _cells(names, own, time)} for time in _rows(x)],
        }


def _rows(x: Axis) -> list[float]:
    """Times of the table: as on the axis, or closer."""
    return [time for time in nice_ticks(x.low, x.high, about=ROWS) if time <= x.high]


def _drawn(curve: Record | None, x: Axis) -> dict[str, Any]:
    if curve is None:
        return {}
    found = {"line": line(stepped(_points(curve, "S")), x, WHOLE), "median": _median(curve)}
    if "lower" in curve:
        lower, upper = (stepped(_points(curve, key)) for key in ("lower", "upper"))
        found["band"] = band(lower, upper, x, WHOLE)
    return found


def _points(curve: Record, key: str) -> list[tuple[float, float]]:
    """From everybody at the beginning."""
    start = [] if curve["t"][0] == 0 else [(0.0, 1.0)]
    return [*start, *zip(curve["t"], curve[key], strict=True)]


def _cells(names: Sequence[str], own: dict[str, Record], time: float) -> list[float | None]:
    """Per cent without the event; nothing beyond a curve's last time."""
    return [_at(own[name], time) if name in own else None for name in names]


def _at(curve: Record, time: float) -> float | None:
    if time > curve["t"][-1]:
        return None
    return round(100 * float(curve_at(curve["t"], curve["S"], time)), 1)


def _median(curve: Record) -> float | None:
    return time_below(curve["t"], curve["S"])


PRESENTER = SurvivalCurvePresenter()
