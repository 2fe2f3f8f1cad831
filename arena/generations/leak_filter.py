"""Finds outputs that name their maker, which would end the blinding.

Whole words only, and words that clinicians also use count only where the text speaks of itself:
"palmar erythema", "Bard catheter", "Claude Bernard" and "the phi angle" are fine; "As GPT-4" and
"I am Bard" are not.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

MAKERS = (
    "openai", "anthropic", "deepmind", "mistral ai", "meta ai", "hugging face", "huggingface",
    "alibaba cloud", "deepseek", "nvidia", "baidu", "zhipu", "moonshot ai", "stability ai",
)  # fmt: skip
# GPT is also a liver enzyme (45 U/L), a palm may measure 2 cm: versions are spelled out.
FAMILIES = (
    r"chat-?gpt[\w.-]*", r"gpt-?[2-5](?![\d])[\w.-]*", r"gpt-(?:oss|neo|j)[\w.-]*",
    r"o[134]-(?:mini|preview|pro)", r"med-?palm[\w.-]*", r"palm-2", r"med-?gemma[\w.-]*",
    r"gemma[ -]?\d[\w.-]*", r"med-?gemini[\w.-]*",
    r"gemini[ -](?:\d|pro|ultra|nano|flash|advanced)[\w.-]*",
    r"claude[ -](?:\d|opus|sonnet|haiku|instant|v\d)[\w.-]*", r"llama[ -]?\d[\w.-]*",
    r"llava[\w.-]*", r"mistral-(?:\d|large|small|medium|nemo)[\w.-]*", r"mixtral[\w.-]*",
    r"qwen[\w.-]*", r"bio-?mistral[\w.-]*", r"meditron[\w.-]*", r"pmc-?llama[\w.-]*",
    r"biogpt[\w.-]*", r"phi-?[1-4](?:\.\d)?-(?:mini|medium|small|vision)[\w.-]*",
    r"command-r[\w+.-]*", r"grok-?\d[\w.]*", r"openbiollm[\w.-]*", r"medalpaca[\w.-]*",
    r"hua-?tuo-?gpt[\w.-]*", r"nemotron[\w.-]*", r"kimi[ -]k\d[\w.-]*",
)  # fmt: skip
# Also words of medicine, people or everyday speech: only where the text speaks of itself.
AMBIGUOUS = (
    "bard", "claude", "gemini", "palm", "palm 2", "gemma", "llama", "grok", "phi", "copilot",
    "alpaca", "mistral", "cohere", "google", "meta", "microsoft", "amazon", "alibaba", "gpt",
)  # fmt: skip
INTRODUCED = (
    r"I\s+am|I'm|I’m|my\s+name\s+is|model:|"
    r"(?:generated|written|created|produced|powered|developed|trained|made)\s+by"
)
CLINICAL = frozenset(
    {"ai", "bard", "claude", "gemini", "palm", "phi", "lead", "rank", "sections", "combined",
     "pattern", "dictionary", "mask", "summary", "system", "model", "text"}
)  # fmt: skip
NAMED_BY_SYSTEMS = frozenset(
    [
        *("composition", "fields", "input", "labels", "output"),
        *("probs", "properties", "results", "sections"),
    ]
)
"""Fields of records whose keys raters read like any other words."""
LEAST_NAME = 3
JOINED = re.compile(r"[-./\\]")
LONGEST_FILE = 255
HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def maker_named(texts: Iterable[str], *, names: Iterable[str] = ()) -> str | None:
    """The first giveaway in the output's ``texts``, or ``None``.

    ``names`` are the system's own name, maker and aliases; short ones and words of everyday
    clinical language among them are looked for only where the text speaks of itself.
    """
    own = tuple(sorted({name.strip().casefold() for name in names if name.strip()}))
    in_prose, in_files = _patterns(own), _patterns(own, hyphens=True)
    for text in map(_plain, texts):
        said = [(text, in_prose), *((name, in_files) for name in _files(text))]
        for words, patterns in said:
            for pattern in patterns:
                if found := pattern.search(words):
                    return found.group(0)
    return None


def model_names(model: str) -> list[str]:
    """What a model calls itself by, from its Hub id, folder or name at a server.

    A name that is one plain word may be any word of a text, so only others count.
    """
    last = model.rstrip("/").rpartition("/")[2]
    named = {last, last.partition(":")[0]}
    return sorted(name for name in named if name and not name.isalpha())


def _plain(text: str) -> str:
    """As it reads: models like to write unbreakable hyphens, and some characters show nothing."""
    whole = unicodedata.normalize("NFKC", text).translate(HYPHENS)
    if whole.isascii():
        return whole
    return "".join(sign for sign in whole if unicodedata.category(sign) != "Cf")


def _files(text: str) -> Iterable[str]:
    """Names of files and the like in ``text``, in words: crop_ward-llm.png is one word to a reader
    of prose, and names Ward LLM all the same.
    """
    words = text.split()
    for word in words:
        if len(word) > LONGEST_FILE:
            continue
        if "_" in word or (len(words) == 1 and JOINED.search(word)):
            yield word.replace("_", " ")


def texts_of(record: Any, *, named: bool = False) -> Iterable[str]:
    """Every string in a record, at any depth, and every name that its system gave to something.

    ``named``: whether we are inside a field whose keys are the system's own words.
    """
    if isinstance(record, str):
        yield record
    elif isinstance(record, dict):
        if named:
            yield from record
        for key, value in record.items():
            yield from texts_of(value, named=named or key in NAMED_BY_SYSTEMS)
    elif isinstance(record, list):
        for value in record:
            yield from texts_of(value, named=named)


def _patterns(own: tuple[str, ...], *, hyphens: bool = False) -> list[re.Pattern[str]]:
    """Of everybody's giveaways and of a system's ``own``; ``hyphens``: also after one."""
    return [_built_in(hyphens), *([_own(own, hyphens)] if own else [])]


@cache
def _built_in(hyphens: bool) -> re.Pattern[str]:
    certain = [*(re.escape(maker) for maker in MAKERS), *FAMILIES]
    return _pattern(certain, AMBIGUOUS, hyphens)


@cache
def _own(names: tuple[str, ...], hyphens: bool) -> re.Pattern[str]:
    doubtful = [name for name in names if name in CLINICAL or len(name) < LEAST_NAME]
    certain = [_loose(name) for name in names if name not in doubtful]
    return _pattern(certain, doubtful, hyphens)


def _pattern(certain: Iterable[str], doubtful: Iterable[str], hyphens: bool) -> re.Pattern[str]:
    before = r"(?<!\w)" if hyphens else r"(?<![\w-])"
    said = [rf"{before}(?:{'|'.join(certain)})(?!\w)"] if certain else []
    words = "|".join(re.escape(word) for word in doubtful)
    if words:
        said.append(rf"\b(?:{INTRODUCED})\s+(?:an?\s+|the\s+)?(?:{words})(?!\w)")
        said.append(rf"\b(?:as|this\s+is)\s+(?:{words})(?=,|!|\.(?:\s|$))")
    return re.compile("|".join(said), re.IGNORECASE)


def _loose(name: str) -> str:
    """The name with any mix of blank, hyphen and underscore between its words."""
    return r"[\s_-]*".join(re.escape(word) for word in re.split(r"[\s_-]+", name) if word)
