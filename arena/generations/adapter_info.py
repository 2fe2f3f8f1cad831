"""What forms and commands must know of an adapter: its settings, and what they may hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from arena.core.errors import UserError

TEXTS = (
    *("text", "clinical-note", "literature", "clinical-trial", "structured-findings", "table"),
    *("ehr-timeline", "code-sql", "knowledge-graph"),
)
"""Kinds of case that are told in words."""


class Sense(StrEnum):
    """What a system takes of a case that is files."""

    FILES = "files"
    """The files themselves."""
    PICTURES = "pictures"
    """Text, and pictures made of the files."""
    WORDS = "words"
    """Text alone."""


@dataclass(frozen=True)
class Field:
    """One setting of an adapter, as a form shows it; ``kind`` is text, lines (of text), choice,
    number, yes-no, list or json."""

    key: str
    label: str
    kind: str = "text"
    help: str = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    default: Any = None
    rare: bool = False
    """Seldom needed: the form keeps it folded away."""
    check: Callable[[Any], Any] | None = None
    """Gives back a good value; raises ``UserError`` that names the place of a fault."""


@dataclass(frozen=True)
class AdapterInfo:
    name: str
    title: str
    help: str
    input_kinds: tuple[str, ...]
    output_kinds: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    resource: str = "cpu"
    """Which workers answer: cpu, gpu or remote; empty where nothing has to run."""
    batch: int = 1
    """How many cases one claim may take."""
    for_tests: bool = False
    sense: Sense = Sense.FILES
    """The most it takes of a case that is files; the setting ``sees`` may say that it is less."""


ANY = ("*",)
TIME_LIMIT = Field(
    "time_limit",
    "Time limit",
    "number",
    "Seconds for one case; then it counts as timed out.",
    default=600,
    rare=True,
)


def config_checked(info: AdapterInfo, config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with its defaults filled in; raises ``UserError`` naming the faulty setting."""
    fields = {field.key: field for field in (*info.fields, TIME_LIMIT)}
    unknown = sorted(set(config) - set(fields))
    if unknown:
        known = ", ".join(fields)
        raise UserError(f"{info.name} has no setting {unknown[0]!r}; it has: {known}.")
    given = {field.key: _value(info, field, config.get(field.key)) for field in fields.values()}
    return {key: value for key, value in given.items() if value is not None}


def _value(info: AdapterInfo, field: Field, value: Any) -> Any:
    if value is None or value == "":
        if field.required:
            raise UserError(f"{info.name} needs the setting {field.key!r} ({field.label}).")
        return field.default
    choices = [key for key, _ in field.choices]
    if choices and value not in choices:
        raise UserError(f"{field.key!r} of {info.name} must be one of {', '.join(choices)}.")
    if field.kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise UserError(f"{field.key!r} of {info.name} must be a number, not {value!r}.")
    if field.kind == "yes-no" and not isinstance(value, bool):
        raise UserError(f"{field.key!r} of {info.name} must be true or false, not {value!r}.")
    return field.check(value) if field.check else value
