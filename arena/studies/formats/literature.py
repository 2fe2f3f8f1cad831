"""An article: its title, where it appeared, and its abstract or sections."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from arena.core.errors import RowError
from arena.studies.formats.base import Content, FileRule, Found
from arena.studies.formats.sections import text_sections
from arena.studies.formats.structured import Structured
from arena.studies.new_case import CaseError, SourceFile
from evaluation.kinds import checks

LINES = ("article_title", "journal", "year", "pmid", "doi")
PUBTATOR = re.compile(r"^(\d+)\|(t|a)\|(.*)$", re.MULTILINE)


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    """A PubTator text, or one document of BioC JSON; annotations stay behind."""
    if not files:
        return Found({})
    file = files[0]
    try:
        text = file.data.decode("utf-8-sig")
        if text.lstrip().startswith("{"):
            return Found(_bioc(json.loads(text)))
        return Found(_pubtator(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RowError("is neither PubTator nor BioC JSON of one article", file.name) from error


class Literature(Structured):
    key: str = "literature"
    title: str = "Article"
    accepts: str = (
        "A table with the columns “key”, “article_title” and “abstract” (or “sections”, a list of "
        "objects with heading and text), and if known journal, year, pmid and doi; or PubTator and "
        "BioC JSON files, one article each."
    )
    fields: tuple[str, ...] = ("caption", *LINES, "abstract", "sections")
    parsed: tuple[str, ...] = ("sections",)
    files: FileRule | None = FileRule(read, needed=False)
    template: str = "studies/formats/literature.html"

    def clean(self, content: Content) -> Content:
        clean: Content = {}
        for name in LINES:
            if content.get(name) not in (None, ""):
                clean[name] = checks.word(str(content[name]), name, most=500)
        if "article_title" not in clean:
            raise CaseError("article_title", "is missing")
        sections = content.get("sections") or []
        if content.get("abstract"):
            sections = [{"heading": "Abstract", "text": content["abstract"]}, *sections]
        clean["sections"] = text_sections(sections)
        if not clean["sections"]:
            raise CaseError("abstract", "is empty, and there are no sections")
        return clean

    def text(self, content: Content) -> str:
        parts = [content["article_title"]]
        for section in content["sections"]:
            parts.append("\n".join(part for part in (section["heading"], section["text"]) if part))
        return "\n\n".join(parts)


def _pubtator(text: str) -> Content:
    found = {(match[1], match[2]): match[3].strip() for match in PUBTATOR.finditer(text)}
    (pmid,) = {pmid for pmid, _ in found}
    return {"article_title": found[pmid, "t"], "abstract": found[pmid, "a"], "pmid": pmid}


def _bioc(collection: Mapping[str, Any]) -> Content:
    """Passages in their order; the title is told by its kind, headings become headings."""
    documents = collection.get("documents", [collection])
    (document,) = documents
    found: Content = {"sections": []}
    heading = ""
    for passage in document["passages"]:
        kind, text = str(passage["infons"].get("type", "")), passage["text"].strip()
        if kind in {"title", "front"} and "article_title" not in found:
            found["article_title"] = text
        elif kind.startswith("title"):
            heading = text
        elif text:
            found["sections"].append({"heading": heading or kind.capitalize(), "text": text})
            heading = ""
    return found


FORMAT = Literature()
