"""How texts are cut into words: as the tools do whose figures the scores must equal."""

from __future__ import annotations

import re
import string

ALPHANUMERIC = re.compile(r"[^\W_]+")
CODE = re.compile(r"\w+|[^\w\s]")
ARTICLES = re.compile(r"\b(?:a|an|the)\b")
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
MTEVAL = (
    (re.compile(r"([{-~\[-` -&(-+:-@/])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


def alphanumeric(text: str) -> list[str]:
    """Lower-case runs of letters and digits: the words of ROUGE.

    Equal to those of the package rouge-score (no stemming) for text in ASCII; letters of other
    alphabets, which that package drops, are kept.
    """
    return ALPHANUMERIC.findall(text.lower())


def squad(text: str) -> list[str]:
    """Lower-case words without punctuation and articles. Source: evaluate-v1.1.py of Rajpurkar et
    al. (2016), "SQuAD", EMNLP."""
    return ARTICLES.sub(" ", text.lower().translate(NO_PUNCTUATION)).split()


def code(text: str) -> list[str]:
    """Names, numbers and single signs of a program, case kept."""
    return CODE.findall(text)


def mteval(text: str) -> list[str]:
    """Words and punctuation marks, case kept; `3.5` stays whole.

    Source: mteval-v13a.pl of NIST, as "13a" in the package sacrebleu (Post 2018, WMT).
    """
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    text = f" {text} "
    for pattern, apart in MTEVAL:
        text = pattern.sub(apart, text)
    return text.split()
