"""What clips and sounds have in common: one file each, played by the browser itself."""

from collections.abc import Mapping
from typing import Any, ClassVar

from arena.studies.formats.base import (
    AssetUrl,
    Content,
    FromFiles,
    caption_of,
    only_assets,
    only_fields,
)
from arena.studies.models import CaseVersion
from arena.studies.new_case import NewAsset
from evaluation.kinds import CaseFacts


class Media(FromFiles):
    asset: ClassVar[str]
    """The name of its one file."""

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption")
        only_assets(assets, self.asset, problem="must be one file to play")
        return {"caption": caption_of(content)}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        meta = assets[self.asset]
        width, height = meta.get("width"), meta.get("height")
        return CaseFacts(text=content["caption"], width=width, height=height, extra=meta)

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        meta = {asset.name: asset.meta for asset in version.assets.all()}[self.asset]
        played = {**meta, "url": asset_url(self.asset)}
        return {"caption": version.content["caption"], "media": played}
