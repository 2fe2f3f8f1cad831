"""What an output kind has to say of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Record = dict[str, Any]


class RecordError(ValueError):
    """A record that does not fit its kind; names the field, e.g. ``spans[2].end``."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


@dataclass(frozen=True)
class CaseFacts:
    """What validation may need to know of the case: its text, or the size of its image."""

    text: str = ""
    width: int | None = None
    height: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of the answer, not of the case: what is known of the files beside its record, by name."""


class OutputKind(Protocol):
    """One kind of output: its record, its validation and its automatic scores."""

    key: str
    title: str

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        """The record in canonical form (keys in order, defaults filled in).

        Raises ``RecordError`` naming the first faulty field.
        """

    def is_empty(self, record: Record) -> bool:
        """Whether a valid record says nothing at all (counted as a failure of the system)."""

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Automatic scores of a valid record against a valid reference, by name."""
