"""The adapters by name, for forms and commands; the code that answers is in ``workers``.

The web process never imports the workers, so what it must know of an adapter is written here. A
test proves that every adapter listed here exists there and the other way round.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.core.errors import UserError

TEXTS = ("text", "clinical-note")


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


ANY = ("*",)
TIME_LIMIT = Field(
    "time_limit",
    "Time limit",
    "number",
    "Seconds for one case; then it counts as timed out.",
    default=600,
)

CATALOGUE = {
    info.name: info
    for info in [
        AdapterInfo(
            "extractive-summary",
            "Extractive summary",
            "Chooses sentences of the text; no model weights.",
            TEXTS,
            ("summary", "text-answer"),
            (
                Field(
                    "method", "Method", "choice", required=True,
                    choices=(
                        ("lead", "First sentences"),
                        ("textrank", "TextRank: sentences most like the others"),
                        ("sections", "The telling sentences of each section"),
                        ("tfidf", "Rare words, without repetition (TF-IDF, MMR)"),
                    ),
                ),
                Field("sentences", "Sentences", "number", "How many to keep.", default=5),
            ),
            batch=4,
        ),
        AdapterInfo(
            "segmentation",
            "Image segmentation",
            "Classical segmentation of one structure; no model weights.",
            ("image-2d",),
            ("mask",),
            (
                Field(
                    "method", "Method", "choice", required=True,
                    choices=(
                        ("otsu", "Otsu threshold"),
                        ("watershed", "Watershed from markers"),
                        ("active-contour", "Active contour (morphological Chan–Vese)"),
                        ("slic", "Superpixels (SLIC) with a threshold"),
                    ),
                ),
                Field("label", "Label", help="Of the region; empty: what the caption names."),
                Field(
                    "foreground", "The structure is", "choice", default="auto",
                    choices=(("auto", "Decide by itself"), ("dark", "Darker than its surroundings"),
                             ("bright", "Brighter than its surroundings")),
                ),
                Field(
                    "largest", "Largest region only", "yes-no",
                    "Leave out all but the largest connected region.", default=False,
                ),
            ),
        ),
        AdapterInfo(
            "entity-tagging",
            "Entity tagging",
            "Marks problems, medications, tests, doses and anatomy; no model weights.",
            TEXTS,
            ("spans",),
            (
                Field(
                    "method", "Method", "choice", required=True,
                    choices=(
                        ("dictionary", "Dictionary of clinical terms"),
                        ("pattern", "Patterns: doses, word endings, measurements"),
                        ("combined", "Both, the longest match first"),
                    ),
                ),
            ),
            batch=4,
        ),
        AdapterInfo(
            "openai-compatible",
            "Chat server (OpenAI-compatible)",
            "vLLM, TGI, Ollama or a commercial service, asked by chat completions.",
            ANY,
            ANY,
            (
                Field(
                    "base_url", "Address", required=True,
                    help="As in https://api.example.org/v1; a server of your own network must be "
                    "listed in CONSILIUM_INSIDE_ENDPOINTS.",
                ),
                Field("model", "Model", required=True, help="The name the server knows it by."),
                Field(
                    "key_variable", "Key variable",
                    help="For admins: the workers' environment variable, CONSILIUM_KEY_….",
                ),
                Field(
                    "system_prompt", "System prompt", "lines",
                    help="Sent first. Summaries and answers are taken as the model writes them; "
                    "for every other output the model must write the record as JSON, so say "
                    "here what it looks like.",
                ),
                Field("send_seed", "Send a seed", "yes-no", default=True),
                Field(
                    "stream", "Stream", "yes-no",
                    "Read the answer as it is written; off for servers that cannot.", default=True,
                ),
                Field(
                    "find_refusals", "Find refusals", "yes-no",
                    "Count a short answer that only declines as a refusal.", default=True,
                ),
                Field(
                    "image_side", "Largest image side", "number",
                    "Pixels; larger images are made smaller before they are sent.", default=2048,
                ),
                Field(
                    "tools", "Tools", "json",
                    "A list of tools the model may call, each with its recorded replies.",
                ),
                Field(
                    "most_steps", "Most tool rounds", "number",
                    "After so many the case counts as timed out.", default=8,
                ),
            ),
            resource="remote",
            batch=16,
        ),
        AdapterInfo(
            "transformers-text",
            "Language model (transformers)",
            "A text model from the Hub or a folder, run by the workers; safetensors only.",
            TEXTS,
            ("text-answer", "summary"),
            (
                Field(
                    "model", "Model", required=True,
                    help="Hub name or folder; pin its revision (a commit hash).",
                ),
                Field("system_prompt", "System prompt"),
                Field(
                    "dtype", "Numbers", "choice", default="auto",
                    choices=(("auto", "As stored"), ("bfloat16", "16 bit"), ("float32", "32 bit")),
                ),
            ),
            resource="gpu",
            batch=16,
        ),
        AdapterInfo(
            "python-callable",
            "Python function",
            "A function on the workers that the operator listed in CONSILIUM_CALLABLES.",
            ANY,
            ANY,
            (
                Field(
                    "callable", "Function", required=True,
                    help="As in my_package.my_module:answer; takes an Ask, returns a record.",
                ),
            ),
        ),
        AdapterInfo(
            "precomputed",
            "Uploaded outputs",
            "Answers that were made elsewhere and are imported from a file.",
            ANY,
            ANY,
            resource="",
        ),
        AdapterInfo(
            "mock",
            "Mock",
            "Answers by rule, for trying out the arena itself.",
            ANY,
            ANY,
            (
                Field("record", "Record", "json", "The answer to every case."),
                Field("records", "Records", "json", "Answers by case digest."),
                Field("fail", "Fail", "json", "Case digests that fail; or true for all."),
                Field("failure", "How", help="Failure class.", default="crashed"),
                Field("retryable", "May be tried again", "yes-no", default=False),
                Field("seconds", "Seconds", "number", "How long one answer takes.", default=0),
            ),
            batch=8,
            for_tests=True,
        ),
    ]
}  # fmt: skip


def adapter_info(name: str) -> AdapterInfo:
    if name not in CATALOGUE:
        raise UserError(f"There is no adapter {name!r}; there are: {', '.join(sorted(CATALOGUE))}.")
    return CATALOGUE[name]


def adapters_for(*, input_kind: str, output_kind: str) -> list[AdapterInfo]:
    """The adapters a study of these kinds can use, in the order of the catalogue."""
    return [info for info in CATALOGUE.values() if info_fits(info, input_kind, output_kind)]


def info_fits(info: AdapterInfo, input_kind: str, output_kind: str) -> bool:
    takes = info.input_kinds == ANY or input_kind in info.input_kinds
    gives = info.output_kinds == ANY or output_kind in info.output_kinds
    return takes and gives


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
    return value
