"""Any plain text: a question, a dialogue, an abstract."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.studies.formats.base import (
    PLAIN,
    AssetUrl,
    Content,
    FileRule,
    Made,
    Senses,
    only_fields,
    plain_text,
)
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, NewAsset
from evaluation.kinds import CaseFacts


@dataclass(frozen=True)
class Text:
    key: str = "text"
    title: str = "Text"
    accepts: str = "A CSV, TSV or JSON Lines file in UTF-8 with the columns “key” and “text”."
    fields: tuple[str, ...] = ("text",)
    required: tuple[str, ...] = ("text",)
    files: FileRule | None = None
    structured: bool = False
    senses: Senses = PLAIN
    template: str = "studies/formats/text.html"
    styles: tuple[str, ...] = ()

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "text")
        if assets:
            raise CaseError("file", "is not used by a case that is text")
        return {"text": plain_text(content.get("text", ""), "text")}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        return CaseFacts(text=content["text"])

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        return {"text": version.content["text"]}

    def made(self, version: CaseVersion, name: str) -> Made | None:
        return None


FORMAT = Text()
