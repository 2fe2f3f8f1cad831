"""The adapters by name, for forms and commands; the code that answers is in ``workers``.

The web process never imports the workers, so what it must know of an adapter is written here. A
test proves that every adapter listed here exists there and the other way round.
"""

from collections.abc import Mapping
from typing import Any

from arena.core.errors import UserError
from arena.generations.adapter_info import ANY, TEXTS, AdapterInfo, Field, Sense, meant
from arena.generations.local_models import LOCAL_MODELS
from arena.generations.local_tasks import LOCAL_TASKS
from arena.generations.servers import SERVERS
from arena.generations.strategies import VARIANT

CATALOGUE = {
    info.name: info
    for info in [
        *SERVERS,
        *LOCAL_MODELS,
        *LOCAL_TASKS,
        VARIANT,
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
            "A CSV or JSON Lines file, or an archive with masks, pictures and the like. Register "
            "the system here; its file is uploaded on the study's Systems page.",
            ANY,
            ANY,
            resource="",
            group="outputs",
        ),
        AdapterInfo(
            "extractive-summary",
            "Extractive summary",
            "Chooses sentences of the text; no model weights.",
            TEXTS,
            ("summary", "text-answer"),
            (
                Field(
                    "method", "Method", "choice", "How sentences are chosen.", required=True,
                    choices=(
                        ("lead", "First sentences"),
                        ("textrank", "TextRank: sentences most like the others"),
                        ("sections", "The telling sentences of each section"),
                        ("tfidf", "Rare words, without repetition (TF-IDF, MMR)"),
                    ),
                ),
                Field("sentences", "Sentences", "number", "How many to keep, as in 5.", default=5),
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
                    "method", "Method", "choice", "How the structure is found.", required=True,
                    choices=(
                        ("otsu", "Otsu threshold"),
                        ("watershed", "Watershed from markers"),
                        ("active-contour", "Active contour (morphological Chan–Vese)"),
                        ("slic", "Superpixels (SLIC) with a threshold"),
                    ),
                ),
                Field(
                    "label", "Label",
                    help="Of the region, as in lesion. Empty: what the caption names.",
                ),
                Field(
                    "foreground", "The structure is", "choice",
                    "Which side of a threshold is the structure.", default="auto",
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
                    "method", "Method", "choice", "How terms are found.", required=True,
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
        near, known = meant(name, CATALOGUE), ", ".join(sorted(CATALOGUE))
        raise UserError(f"There is no adapter {name!r}.{near} There are: {known}.")
    return CATALOGUE[name]


def resource_for(name: str, config: Mapping[str, Any]) -> str:
    """Which workers answer for a system: a local model may be sent to other ones than usual."""
    return str(config.get("resource") or adapter_info(name).resource)


def sense_for(name: str, config: Mapping[str, Any]) -> Sense:
    """What a system takes; versions from before there was the setting were sent pictures."""
    most = CATALOGUE[name].sense if name in CATALOGUE else Sense.FILES
    blind = most is Sense.PICTURES and not config.get("sees", True)
    return Sense.WORDS if blind else most


def adapters_for(*, input_kind: str, output_kind: str) -> list[AdapterInfo]:
    """The adapters a study of these kinds can use, in the order of the catalogue."""
    return [info for info in CATALOGUE.values() if info_fits(info, input_kind, output_kind)]


def info_fits(info: AdapterInfo, input_kind: str, output_kind: str) -> bool:
    takes = info.input_kinds == ANY or input_kind in info.input_kinds
    gives = info.output_kinds == ANY or output_kind in info.output_kinds
    return takes and gives
