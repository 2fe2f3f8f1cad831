"""Four extractive summarisers: each picks sentences of the note, none writes its own."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

HEADING = re.compile(r"^(?P<name>[A-Z][\w ,/&-]{1,60}):$")
# A sentence ends before a capital or a digit, but not after an initial or a short abbreviation.
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\s[A-Z]\.)(?<!\b(?:Dr|Mr|St|vs|ca)\.)\s+(?=[A-Z0-9(\"“])")
WORD = re.compile(r"[^\W\d_]{2,}")
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a after an and are as at be been before by for from had has have he her his in into is
        it its no not of on or over she than that the then there this to was were with without""",
    )
)
# What a colleague taking over needs, in this order; matched at the start of a heading.
HANDOVER_SECTIONS = (
    "assessment", "impression", "plan", "chief complaint", "investigations", "history of present",
    "allergies",
)  # fmt: skip
DAMPING = 0.85  # of the random walk; Mihalcea & Tarau (2004), "TextRank"
DIVERSITY = 0.7  # share of relevance against repetition; Carbonell & Goldstein (1998), MMR


@dataclass(frozen=True)
class Sentence:
    text: str
    section: str


def summarise(text: str, *, method: str, sentences: int = 5) -> str:
    """The picked sentences in the order of the note, as one paragraph; '' for an empty note.

    Raises ``KeyError`` for an unknown method.
    """
    pick = METHODS[method]
    found = split_sentences(text)
    chosen = sorted(pick(found, sentences))
    return " ".join(found[i].text for i in chosen)


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of a note, each with the (lower-case) heading it stands under."""
    found: list[Sentence] = []
    section = ""
    for line in text.splitlines():
        if heading := HEADING.match(line.strip()):
            section = heading["name"].lower()
        else:
            parts = SENTENCE_END.split(line.strip())
            found += [Sentence(part, section) for part in parts if part]
    return found


def lead(found: Sequence[Sentence], count: int) -> list[int]:
    """The first sentences."""
    return list(range(min(count, len(found))))


def sections(found: Sequence[Sentence], count: int) -> list[int]:
    """The first sentences of the sections that matter at handover, most important section first."""
    order = sorted(range(len(found)), key=lambda i: (_handover_rank(found[i].section), i))
    taken: dict[str, int] = {}
    chosen: list[int] = []
    for i in order:
        name = found[i].section
        # Two sentences a section at most, so that the plan does not crowd out the rest.
        if taken.get(name, 0) < 2 and len(chosen) < count:
            chosen.append(i)
            taken[name] = taken.get(name, 0) + 1
    return chosen


def _handover_rank(section: str) -> int:
    ranks = (i for i, name in enumerate(HANDOVER_SECTIONS) if section.startswith(name))
    return next(ranks, len(HANDOVER_SECTIONS))


def textrank(found: Sequence[Sentence], count: int) -> list[int]:
    """The sentences a random walk between similar sentences visits most."""
    rank = page_rank(similarity(tf_idf(found)))
    return [int(i) for i in np.argsort(-rank, kind="stable")[:count]]


def tfidf(found: Sequence[Sentence], count: int) -> list[int]:
    """The sentences with the rarest words, skipping what repeats what is already chosen."""
    weights = tf_idf(found)
    relevance = weights.sum(1) / np.maximum(1, (weights > 0).sum(1)) ** 0.5
    relevance = relevance / max(relevance.max(initial=0.0), 1e-12)
    alike = similarity(weights)
    chosen: list[int] = []
    while len(chosen) < min(count, len(found)):
        repeated = alike[:, chosen].max(1) if chosen else np.zeros(len(found))
        score = DIVERSITY * relevance - (1 - DIVERSITY) * repeated
        score[chosen] = -np.inf
        chosen.append(int(score.argmax()))
    return chosen


def tf_idf(found: Sequence[Sentence]) -> Matrix:
    """(n, V) weights: how often a word stands in a sentence × log(n / sentences that have it)."""
    bags = [[w for w in WORD.findall(s.text.lower()) if w not in STOP_WORDS] for s in found]
    vocabulary = {word: i for i, word in enumerate(sorted({w for bag in bags for w in bag}))}
    counts = np.zeros((len(bags), len(vocabulary)))
    for row, bag in enumerate(bags):
        for word in bag:
            counts[row, vocabulary[word]] += 1
    within = np.maximum(1, (counts > 0).sum(0))
    return np.asarray(counts * np.log1p(len(bags) / within))


def similarity(weights: Matrix) -> Matrix:
    """(n, n) cosine similarities, 0 on the diagonal."""
    length = np.linalg.norm(weights, axis=1, keepdims=True)
    unit = weights / np.maximum(length, 1e-12)
    alike = unit @ unit.T
    np.fill_diagonal(alike, 0)
    return np.asarray(alike)


def page_rank(links: Matrix, *, rounds: int = 100) -> Matrix:
    """(n,) stationary shares of the damped random walk along ``links``; Page et al. (1999)."""
    n = len(links)
    if not n:
        return np.empty(0)
    out = links.sum(1, keepdims=True)
    step = np.where(out > 0, links / np.maximum(out, 1e-12), 1 / n)
    rank = np.full(n, 1 / n)
    for _ in range(rounds):
        rank = (1 - DAMPING) / n + DAMPING * (rank @ step)
    return rank


METHODS: dict[str, Callable[[Sequence[Sentence], int], list[int]]] = {
    "lead": lead,
    "sections": sections,
    "textrank": textrank,
    "tfidf": tfidf,
}
