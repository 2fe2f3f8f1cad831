"""Three entity taggers for clinical notes: a term list, word patterns, and both together.

Types: problem, medication, dose, test, anatomy. Offsets count characters, the end is exclusive.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from workers.baselines.terms import TERMS

Span = dict[str, int | str]
Match = tuple[int, int, str]

DOSE = re.compile(
    r"\b\d+(?:[.,/]\d+)*\s?(?:mg|g|µg|mcg|ml|units?|IU|mmol|litres?|puffs?|sachets?|tablets?)\b"
    r"(?:\s(?:per|/)\s?(?:kg|day|hour|minute|litre)(?:\sper\s(?:kg|day|hour|minute|litre))?)?"
    r"(?:\s(?:once|twice|three times|four times)\s(?:daily|a day))?"
    r"(?:\s(?:daily|at night|in the morning|every\s\w+\shours?|every evening|as needed))?"
)
PATTERNS: list[tuple[str, re.Pattern[str]]] = [
    ("dose", DOSE),
    ("problem", re.compile(
        r"\b[A-Za-z-]*(?:itis|aemia|emia|oma|osis|pathy|plegia|paresis|algia|rrhoea|rrhea|uria|"
        r"oedema|edema|stenosis|penia|phasia|syncope|orrhage)\b"
    )),
    ("problem", re.compile(
        r"\b(?:acute|chronic|severe|septic|iron-deficiency|ischaemic)\s[a-z-]+(?:\s[a-z-]+)?"
        r"\s(?:disease|failure|injury|infarction|stroke|syndrome)\b", re.IGNORECASE
    )),
    ("medication", re.compile(
        r"\b[A-Za-z]+(?:pril|olol|statin|sartan|dipine|cillin|mycin|floxacin|azole|parin|xaban|"
        r"triaxone|sone|solone|formin|gliptin|semide|actone|profen|fenac|cetamol|terol|tropium|"
        r"grelor|pidogrel|plase|tidine|nuclin|sulin)\b", re.IGNORECASE
    )),
    ("test", re.compile(
        r"\b(?:(?:CT|MRI|ECG|EEG|X-ray|ultrasound|echocardiography|angiography|endoscopy|"
        r"colonoscopy|biopsy|radiograph|histology|dermoscopy)\b(?:\sof\sthe\s[a-z]+)?|"
        r"[A-Z][\w-]+(?:\s[a-z-]+)?\s(?:test|culture|cultures|stain|scan|gas))"
    )),
]  # fmt: skip
DICTIONARY = {
    kind: re.compile(
        r"(?<![\w-])(?:" + "|".join(re.escape(t) for t in sorted(words, key=len, reverse=True))
        + r")(?![\w-])",
        re.IGNORECASE,
    )
    for kind, words in TERMS.items()
}  # fmt: skip


def tag(text: str, *, method: str) -> list[Span]:
    """The entities of ``text`` in order, without overlap: a longer match goes before a shorter.

    Raises ``KeyError`` for an unknown method.
    """
    found = without_overlap(METHODS[method](text))
    return [{"start": start, "end": end, "type": kind} for start, end, kind in found]


def dictionary(text: str) -> Iterator[Match]:
    """Terms of the list, as whole words, in any case."""
    for kind, pattern in DICTIONARY.items():
        yield from ((m.start(), m.end(), kind) for m in pattern.finditer(text))


def pattern(text: str) -> Iterator[Match]:
    """Words that look like an entity: by their ending, their unit, their neighbours."""
    for kind, expression in PATTERNS:
        yield from ((m.start(), m.end(), kind) for m in expression.finditer(text))


def combined(text: str) -> Iterator[Match]:
    yield from dictionary(text)
    yield from pattern(text)


def without_overlap(matches: Iterable[Match]) -> list[Match]:
    """Longest first, then leftmost; what overlaps a kept match is dropped; sorted by place."""
    kept: list[Match] = []
    for match in sorted(set(matches), key=lambda m: (m[0] - m[1], m[0], m[2])):
        if all(match[1] <= other[0] or match[0] >= other[1] for other in kept):
            kept.append(match)
    return sorted(kept)


METHODS: dict[str, Callable[[str], Iterable[Match]]] = {
    "dictionary": dictionary,
    "pattern": pattern,
    "combined": combined,
}
