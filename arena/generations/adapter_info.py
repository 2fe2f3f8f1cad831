"""What forms and commands must know of an adapter: its settings, and what they may hold."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from arena.core.errors import UserError

TEXTS = (
    *("text", "clinical-note", "literature", "clinical-trial", "structured-findings", "table"),
    *("ehr-timeline", "code-sql", "knowledge-graph", "conversation"),
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
    number, yes-no, list, pairs (of a word and its meaning), system (a registered one) or json."""

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
    group: str = "other"
    """Under which of ``GROUPS`` it is chosen: by what somebody has, not by how it is run."""
    prompted: bool = False
    """Whether it reads a prompt of the system's own and the decoding."""
    decoding: tuple[str, ...] | None = None
    """The decoding settings it keeps to; ``None``: whatever is given is passed on."""
    for_tests: bool = False
    sense: Sense = Sense.FILES
    """The most it takes of a case that is files; the setting ``sees`` may say that it is less."""

    @property
    def has_weights(self) -> bool:
        """Whether workers load files of its own, which a revision can pin."""
        return self.group.startswith("weights")


ANY = ("*",)
GROUPS = (
    (
        "weights", "A language model from the Hugging Face Hub or a folder",
        "It writes its answer. Workers of this installation load it and download nothing: whoever "
        "runs them puts its files there once. Weights must be safetensors.",
    ),
    (
        "weights-texts", "A model of one task on texts, from the Hub or a folder",
        "Loaded by the workers in the same way.",
    ),
    (
        "weights-images", "A model of one task on images or signals, from the Hub or a folder",
        "Loaded by the workers in the same way.",
    ),
    (
        "server", "A model behind a server or an API",
        "vLLM, TGI, Ollama, a commercial API, an agent that uses tools, or a service of your own.",
    ),
    (
        "outputs", "Outputs that exist already",
        "The model stays where it is; only what it answered comes here.",
    ),
    (
        "other", "Something else",
        "Another way of asking a registered system, code of your own, and methods without weights.",
    ),
)  # fmt: skip
"""What somebody who registers a system may have, in the order it is offered."""
TIME_LIMIT = Field(
    "time_limit",
    "Time limit",
    "number",
    "Seconds for one case; then it counts as timed out.",
    default=600,
    rare=True,
)


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that is most like one that was mistyped, as a question; or nothing."""
    near = get_close_matches(word, list(known), 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def config_checked(info: AdapterInfo, config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with its defaults filled in; raises ``UserError`` naming the faulty setting."""
    fields = {field.key: field for field in (*info.fields, TIME_LIMIT)}
    unknown = sorted(set(config) - set(fields))
    if unknown:
        known = ", ".join(fields)
        near = meant(unknown[0], fields)
        raise UserError(f"{info.name} has no setting {unknown[0]!r}.{near} It has: {known}.")
    given = {field.key: _value(info, field, config.get(field.key)) for field in fields.values()}
    return {key: value for key, value in given.items() if value is not None}


def decoding_refuse(info: AdapterInfo, decoding: Mapping[str, Any]) -> None:
    """Raises ``UserError`` for a setting that the adapter would not keep to.

    A server would never hear of it, and its answers would be of other settings than the card says.
    """
    unknown = sorted(set(decoding) - set(info.decoding or decoding))
    if unknown:
        near = meant(unknown[0], info.decoding or ())
        known = ", ".join(info.decoding or ())
        raise UserError(f"The decoding has no {unknown[0]!r}.{near} It has: {known}.")


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
