"""What formats have in common whose content is more than a text: told as text, kept as data."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from arena.studies.formats.base import (
    PLAIN,
    VIEWERS,
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
from evaluation.kinds import CaseFacts, RecordError


class Structured(ABC):
    """Rows of a table, or files that ``read`` turns into content; no assets either way."""

    fields: tuple[str, ...] = ("caption",)
    required: tuple[str, ...] = ()
    files: FileRule | None = None
    structured: bool = True
    styles: tuple[str, ...] = VIEWERS
    senses: Senses = PLAIN
    parsed: tuple[str, ...] = ()
    """Fields that a cell of a CSV table holds as JSON."""

    @abstractmethod
    def clean(self, content: Content) -> Content:
        """The content in canonical form, but for the caption; raises ``CaseError``."""

    @abstractmethod
    def text(self, content: Content) -> str:
        """The whole case in words: what systems are sent."""

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, *self.fields)
        if assets:
            raise CaseError("file", "is not used by such a case")
        given = {
            name: _from_json(value, name) if name in self.parsed else value
            for name, value in content.items()
        }
        with as_case_error():
            caption = given.pop("caption", "")
            clean = self.clean(given)
        return {"caption": plain_text(caption, "caption") if caption else "", **clean}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        said = [content["caption"], self.text(content)]
        return CaseFacts(text="\n\n".join(part for part in said if part))

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        return dict(version.content)

    def made(self, version: CaseVersion, name: str) -> Made | None:
        return None


@contextmanager
def as_case_error() -> Iterator[None]:
    """Faults told by the checks of output kinds, told as faults of the case."""
    try:
        yield
    except RecordError as error:
        raise CaseError(error.field, error.problem) from error


def _from_json(value: Any, field: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise CaseError(field, "is not valid JSON") from error
