"""One still image: a photograph, a radiograph, one slice of a scan."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from arena.core.errors import RowError
from arena.studies.formats.base import (
    Assets,
    AssetUrl,
    Content,
    FileRule,
    Found,
    FromFiles,
    Senses,
    as_still,
    caption_of,
    only_assets,
    only_fields,
)
from arena.studies.models import CaseVersion
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.modalities import modality_name
from arena.studies.readers.pictures import clean_looks
from arena.studies.readers.png import IMAGE
from arena.studies.stills.base import Look, Still
from evaluation.kinds import CaseFacts


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    image, *looks = clean_looks(files[0])
    said: dict[str, Any] = {}
    if options["modality"]:
        said["modality"] = options["modality"][:40]
    if options["spacing_mm"]:
        said["spacing_mm"] = _spacing(options["spacing_mm"], files[0].name)
    return Found({}, (replace(image, meta={**image.meta, **said}), *looks))


def _spacing(text: str, name: str) -> list[float]:
    """One number, or that of rows and that of columns."""
    try:
        numbers = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(0 < number < 100 for number in numbers):
        problem = f"has the spacing {text[:40]!r}: give millimetres a pixel, such as 0.0005"
        raise RowError(problem, name)
    return [numbers[0], numbers[-1]]


def stills(assets: Assets, look: Look) -> list[Still]:
    """The image itself, of which nothing has to be said."""
    return [as_still(assets, IMAGE, "")]


class Image2D(FromFiles):
    key: str = "image-2d"
    title: str = "Image"
    accepts: str = (
        "One PNG, JPEG, TIFF, BMP, WebP or DICOM file, or a zip of them. A table in the zip may "
        "name each image in a column “file” and say more about it. Images are stored as bare "
        "pixels: every tag stays behind."
    )
    files: FileRule | None = FileRule(read, options=("modality", "spacing_mm"))
    template: str = "studies/formats/image-2d.html"
    senses: Senses = Senses(stills)

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption")
        looks = [look["asset"] for asset in assets[:1] for look in asset.meta.get("looks", ())]
        only_assets(assets, IMAGE, *looks, problem="must be one image")
        return {"caption": caption_of(content)}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        meta = assets[IMAGE]
        return CaseFacts(
            text=content["caption"], width=meta["width"], height=meta["height"], extra=meta
        )

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        """``image``: url, width, height, spacing_mm ([y, x] or None), modality and looks."""
        meta = {asset.name: asset.meta for asset in version.assets.all()}[IMAGE]
        name = modality_name(meta["modality"])
        looks = looks_told(meta, asset_url)
        image = {**meta, "url": asset_url(IMAGE), "modality_name": name, "looks": looks}
        return {"caption": version.content["caption"], "image": image}


def looks_told(meta: Mapping[str, Any], asset_url: AssetUrl) -> str:
    """What a ``<c-image>`` needs to show the case's image otherwise: name and address of each."""
    looks = meta.get("looks", ())
    return json.dumps([[look["name"], asset_url(look["asset"])] for look in looks]) if looks else ""


FORMAT = Image2D()
