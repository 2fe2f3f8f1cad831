"""One still image: a photograph, a radiograph, one slice of a scan."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.studies.formats.base import AssetUrl, Content, only_fields, plain_text
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, NewAsset
from evaluation.kinds import CaseFacts

IMAGE = "image"


@dataclass(frozen=True)
class Image2D:
    key: str = "image-2d"
    title: str = "Image"
    text_field: str = "caption"
    template: str = "studies/formats/image-2d.html"

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption")
        if [asset.name for asset in assets] != [IMAGE]:
            raise CaseError("file", "must be one image")
        caption = content.get("caption", "")
        return {"caption": plain_text(caption, "caption") if caption else ""}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        meta = assets[IMAGE]
        return CaseFacts(
            text=content["caption"], width=meta["width"], height=meta["height"], extra=meta
        )

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        """``image``: url, width, height, spacing_mm ([y, x] or None) and modality."""
        meta = {asset.name: asset.meta for asset in version.assets.all()}[IMAGE]
        return {"caption": version.content["caption"], "image": {**meta, "url": asset_url(IMAGE)}}


FORMAT = Image2D()
