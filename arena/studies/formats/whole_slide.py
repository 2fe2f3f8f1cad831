"""A whole slide, seen through a viewer that fetches tiles as the reader moves."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.core.files.storage import default_storage

from arena.studies.formats.base import (
    VIEWERS,
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
    stored,
)
from arena.studies.models import Asset, CaseVersion
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.slides import OVERVIEW, SLIDE, slide_assets, tile_places
from arena.studies.stills.base import Look, Still
from arena.studies.stills.slides import slide_stills
from evaluation.kinds import CaseFacts

TILE = re.compile(r"tile-(\d{1,2})-(\d{1,5})-(\d{1,5})")
SLIDES_REMEMBERED = 16
Places = list[tuple[int, list[tuple[int, int]]]]


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    return Found({}, slide_assets(files[0]))


def stills(assets: Assets, look: Look) -> list[Still]:
    slide = assets[SLIDE]
    with slide.file.open() as file:

        def tile(level: int, column: int, row: int) -> bytes | None:
            place = _place(slide, level, column, row)
            if place is None or not place[1]:
                return None
            file.seek(place[0])
            return bytes(file.read(place[1]))

        return slide_stills(stored(assets, OVERVIEW), slide.meta, tile, look)


def slide_data(meta: Mapping[str, Any], asset_url: AssetUrl) -> dict[str, Any]:
    """What a ``<c-slide>`` has to know; tiles lie beside the slide's own address."""
    microns = meta.get("microns_per_pixel")
    return {
        "url": asset_url(SLIDE),
        "levels": ";".join(",".join(str(part) for part in level) for level in meta["levels"]),
        "width": meta["width"],
        "height": meta["height"],
        "mm_per_pixel": f"{microns / 1000:.8g}" if microns else "",
        "overview": {"url": asset_url(OVERVIEW), **(meta.get("overview") or {})},
    }


class WholeSlide(FromFiles):
    key: str = "whole-slide"
    title: str = "Whole slide"
    accepts: str = (
        "Tiled pyramids (.svs, .tif, .tiff) with JPEG, deflated or plain tiles, one by one or as a "
        "zip. Label, macro picture and all texts of the scanner stay behind."
    )
    files: FileRule | None = FileRule(read)
    template: str = "studies/formats/whole-slide.html"
    styles: tuple[str, ...] = ("css/figures.css", *VIEWERS)
    senses: Senses = Senses(stills)

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption")
        only_assets(assets, SLIDE, OVERVIEW, problem="must be one slide")
        return {"caption": caption_of(content)}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        meta = assets[SLIDE]
        small = {name: assets[OVERVIEW][name] for name in ("width", "height")}
        extra = {**meta, "overview": small}
        return CaseFacts(
            text=content["caption"], width=meta["width"], height=meta["height"], extra=extra
        )

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        assets = {asset.name: asset.meta for asset in version.assets.all()}
        meta = {**assets[SLIDE], "overview": assets[OVERVIEW]}
        return {
            "caption": version.content["caption"],
            "slide": slide_data(meta, asset_url),
            "microns": meta["microns_per_pixel"],
        }

    def made(self, version: CaseVersion, name: str) -> Made | None:
        asked = TILE.fullmatch(name)
        if not asked:
            return None
        asset = version.assets.get(name=SLIDE)
        place = _place(asset, *map(int, asked.groups()))
        if place is None:
            return None
        with asset.file.open() as file:
            file.seek(place[0])
            return Made(file.read(place[1]), "image/jpeg")


def _place(asset: Asset, level: int, column: int, row: int) -> tuple[int, int] | None:
    levels = _places(asset.digest, asset.file.name)
    if level >= len(levels):
        return None
    across, places = levels[level]
    number = row * across + column
    return places[number] if column < across and number < len(places) else None


@lru_cache(maxsize=SLIDES_REMEMBERED)
def _places(digest: str, name: str) -> Places:
    """Read once: a file stored under its digest never changes."""
    with default_storage.open(name) as file:
        return tile_places(file)


FORMAT = WholeSlide()
