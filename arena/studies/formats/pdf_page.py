"""Pages of a document as they look, and the text they hold."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

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
    only_fields,
    plain_text,
)
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, NewAsset, SourceFile
from arena.studies.readers.pdf import pdf_pages
from arena.studies.stills.base import Look, Still
from evaluation.kinds import CaseFacts

UNSEEN = re.compile(r"[^\S\n]+|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    pages = pdf_pages(files[0])
    texts = [UNSEEN.sub(" ", page.text).strip() for page in pages]
    return Found({"pages": texts}, tuple(page.picture for page in pages))


def stills(assets: Assets, look: Look) -> list[Still]:
    """Its pages as they are, in their order."""
    return [
        as_still(assets, f"page-{n}", f"Page {n} of {len(assets)}.")
        for n in range(1, len(assets) + 1)
    ]


def told(content: Content, metas: Mapping[str, Mapping[str, Any]]) -> bool:
    """Where every page has a text; a scanned one has none."""
    return all(content["pages"])


class PdfPages(FromFiles):
    key: str = "pdf-page"
    title: str = "Document page"
    accepts: str = (
        "PDF files of up to 20 pages, one by one or as a zip. Pages become pictures; their text is "
        "kept beside them and searched for identifiers. Nothing else of the document is kept."
    )
    files: FileRule | None = FileRule(read)
    template: str = "studies/formats/pdf-page.html"
    senses: Senses = Senses(stills, told)

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption", "pages")
        texts = content.get("pages")
        if not isinstance(texts, list) or not assets:
            raise CaseError("file", "must be one PDF")
        if [asset.name for asset in assets] != [f"page-{n}" for n in range(1, len(texts) + 1)]:
            raise CaseError("pages", "must be as many as there are pictures")
        pages = [plain_text(text, f"pages[{n}]") if text else "" for n, text in enumerate(texts)]
        return {"caption": caption_of(content), "pages": pages}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        """The size is that of the first page."""
        text = "\n\n".join(part for part in (content["caption"], *content["pages"]) if part)
        first = assets["page-1"]
        return CaseFacts(text=text, width=first["width"], height=first["height"], extra=first)

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        meta = {asset.name: asset.meta for asset in version.assets.all()}
        pages = [
            {"number": n, "text": text, "url": asset_url(f"page-{n}"), **meta[f"page-{n}"]}
            for n, text in enumerate(version.content["pages"], start=1)
        ]
        return {"caption": version.content["caption"], "pages": pages}


FORMAT = PdfPages()
