"""A case on its way in, not yet stored."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


class CaseError(ValueError):
    """A case that cannot be stored; names the field at fault."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


@dataclass(frozen=True)
class SourceFile:
    """A file as it was brought."""

    name: str
    """As messages call it; below a folder or archive, the path inside it."""
    data: bytes


@dataclass(frozen=True)
class NewAsset:
    """A cleaned file of a case; ``meta`` is what viewers need to know of it."""

    name: str
    media_type: str
    data: bytes
    meta: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class NewCase:
    """What ``case_add`` takes, in one value."""

    key: str
    input_kind: str
    content: dict[str, Any]
    title: str = ""
    reference: dict[str, Any] | None = None
    strata: dict[str, str] = field(default_factory=dict)
    specialty: str = ""
    language: str = "en"
    synthetic: bool = False
    source: str = ""
    licence: str = ""
    assets: tuple[NewAsset, ...] = ()

    @property
    def description(self) -> dict[str, Any]:
        """What is said about the case, beside what it says."""
        names = ("title", "strata", "specialty", "language", "synthetic", "source", "licence")
        return {name: getattr(self, name) for name in names}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over input kind, content, assets and reference: equal cases, equal digest."""
        assets = sorted([a.name, a.media_type, a.digest, a.meta] for a in self.assets)
        line = [self.input_kind, self.content, assets, self.reference]
        text = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
