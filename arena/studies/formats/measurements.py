"""What formats of measurements over time have in common: how they come and how they are drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from arena.studies.drawings import lines
from arena.studies.formats.base import (
    Assets,
    AssetUrl,
    Content,
    FileRule,
    Found,
    FromFiles,
    Made,
    Senses,
    caption_of,
    only_assets,
    only_fields,
)
from arena.studies.models import CaseVersion
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.measurements import SERIES, measured
from arena.studies.readers.signals import npy_values
from arena.studies.stills.base import Look, Still
from arena.studies.stills.signals import series_stills, series_told, series_words
from evaluation.kinds import CaseFacts

WHOLE, PART = "chart", "part-"
PARTS = (10, 30, 60, 300, 600, 1800, 3600, 21600, 86400, 604800)
MOST_PARTS = 60
DENSE = 1500
"""Rows from which the whole is too dense to be read, and parts are shown below it."""
MOST_LISTED = 200


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    return Found({}, (measured(files, options),))


def stills(assets: Assets, look: Look) -> list[Still]:
    asset = assets[SERIES]
    parts = [(begin, end) for _, begin, end in _parts(asset.meta)]
    return series_stills(_rows(asset), parts, look)


def told(content: Content, metas: Mapping[str, Mapping[str, Any]]) -> bool:
    return series_told(metas[SERIES])


def words(assets: Assets) -> str:
    return series_words(_values(assets[SERIES]), assets[SERIES].meta["channels"])


class Measurements(FromFiles):
    files: FileRule | None = FileRule(read, options=("sampling_rate", "channels"), own_tables=True)
    template: str = "studies/formats/measurements.html"
    senses: Senses = Senses(stills, told, words)

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption")
        only_assets(assets, SERIES, problem="must be one table of measurements")
        return {"caption": caption_of(content)}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        return CaseFacts(text=content["caption"], extra=assets[SERIES])

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        """``charts``: the whole, and parts of it where the whole is too dense to be read."""
        asset = version.assets.get(name=SERIES)
        meta = asset.meta
        size = {"width": lines.WIDTH, "height": lines.height(len(meta["channels"]))}
        spans = [(WHOLE, 0.0, meta["seconds"]), *_parts(meta)]
        charts = [
            {
                "url": asset_url(name),
                "per_unit": f"{lines.seconds_per_unit(begin, end):.9g}",
                "said": _span(begin, end),
                **size,
            }
            for name, begin, end in spans
        ]
        channels = zip(meta["channels"], meta["ranges"], strict=True)
        return {
            "caption": version.content["caption"],
            "series": {**meta, "length": lines.time_text(meta["seconds"])},
            "charts": charts,
            "ranges": [{"name": name, "low": ends[0], "high": ends[1]} for name, ends in channels],
            "listed": _listed(asset) if meta["rows"] <= MOST_LISTED else [],
        }

    def made(self, version: CaseVersion, name: str) -> Made | None:
        asset = version.assets.get(name=SERIES)
        meta = asset.meta
        spans = {part: (begin, end) for part, begin, end in _parts(meta)}
        spans[WHOLE] = (0.0, meta["seconds"])
        if name not in spans:
            return None
        return Made(lines.chart(_rows(asset), *spans[name]), "image/svg+xml")


def _span(begin: float, end: float) -> str:
    low, high = lines.time_text(begin), lines.time_text(end)
    return _("{low} to {high}").format(low=low, high=high)


def _parts(meta: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Name, begin and end of each part; none where the whole says it all."""
    if meta["rows"] <= DENSE:
        return []
    usual = DENSE / 2 * meta["seconds"] / meta["rows"]
    most = (length for length in PARTS if length >= usual)
    length = next((n for n in most if meta["seconds"] / n <= MOST_PARTS), PARTS[-1])
    count = int(np.ceil(meta["seconds"] / length))
    return [(f"{PART}{n}", n * length, (n + 1) * length) for n in range(count)]


def _rows(asset: Any) -> list[lines.Row]:
    """A row a channel, as it is drawn."""
    table = _values(asset)
    channels = zip(asset.meta["channels"], asset.meta["ranges"], strict=True)
    return [
        lines.Row(channel, low, high, table[:, 0], table[:, i])
        for i, (channel, (low, high)) in enumerate(channels, start=1)
    ]


def _values(asset: Any) -> np.ndarray:
    with asset.file.open() as file:
        return npy_values(file.read())


def _listed(asset: Any) -> list[list[str]]:
    """Every row in words; a dash where nothing was measured."""
    return [
        [lines.time_text(row[0]), *("–" if np.isnan(v) else f"{v:.6g}" for v in row[1:])]
        for row in _values(asset)
    ]
