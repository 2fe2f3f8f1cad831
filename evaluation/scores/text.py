"""Overlap of two texts: token F1, ROUGE, BLEU, chrF, SARI. All within 0…1."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import exp, log

from evaluation.scores.overlap import Overlap, bag_overlap, f_score

Ngrams = Counter[tuple[str, ...]]

WORD = re.compile(r"\w+(?:[.,'’-]\w+)*|[^\w\s]")
LONGEST = 4


def tokens(text: str) -> list[str]:
    """Lower-case words and single punctuation marks; `3.5`, `e-mail` and `don't` stay whole."""
    return WORD.findall(text.lower())


def exact_match(found: str, true: str) -> float:
    """1 if the texts are equal apart from case and spacing, else 0."""
    return float(found.lower().split() == true.lower().split())


def token_f1(found: str, true: str) -> float:
    """F1 of the bags of tokens. Source: Rajpurkar et al. (2016), "SQuAD", EMNLP."""
    return bag_overlap(tokens(found), tokens(true)).f1


def rouge_n(found: str, true: str, n: int = 1) -> Overlap:
    """Overlap of n-grams. Source: Lin (2004), "ROUGE", section 2."""
    ours, theirs = ngrams(tokens(found), n), ngrams(tokens(true), n)
    common = (ours & theirs).total()
    return Overlap(common, ours.total(), common, theirs.total())


def rouge_l(found: str, true: str) -> Overlap:
    """Longest common subsequence of tokens over each length. Source: Lin (2004), section 3.1."""
    ours, theirs = tokens(found), tokens(true)
    common = _longest_common(ours, theirs)
    return Overlap(common, len(ours), common, len(theirs))


def bleu(found: str, references: Sequence[str]) -> float:
    """BLEU of one text: geometric mean of clipped 1…4-gram precisions × brevity penalty.

    Precisions above n = 1 get one added to both counts, so that a short text is not 0. Sources:
    Papineni et al. (2002), ACL; Lin & Och (2004), "ORANGE", COLING (BLEU+1).
    """
    ours = tokens(found)
    theirs = [tokens(reference) for reference in references]
    if not ours or not theirs:
        return float(not ours and not any(theirs))
    logs = 0.0
    for n in range(1, LONGEST + 1):
        grams = ngrams(ours, n)
        allowed: Ngrams = Counter()
        for reference in theirs:
            allowed |= ngrams(reference, n)
        extra = int(n > 1)
        hits = (grams & allowed).total() + extra
        if not hits:
            return 0.0
        logs += log(hits / (grams.total() + extra))
    nearest = min((len(r) for r in theirs), key=lambda size: (abs(size - len(ours)), size))
    return exp(logs / LONGEST + min(0.0, 1 - nearest / len(ours)))


def chrf(found: str, true: str, *, longest: int = 6, beta: float = 2.0) -> float:
    """F_β of character n-grams, precision and recall averaged over n = 1…6, spaces left out.

    Lengths that neither text has are not averaged. Source: Popović (2015), "chrF", WMT; β = 2.
    """
    ours, theirs = (list("".join(text.split())) for text in (found, true))
    if not ours or not theirs:
        return float(ours == theirs)
    precisions, recalls = [], []
    for n in range(1, longest + 1):
        left, right = ngrams(ours, n), ngrams(theirs, n)
        if left or right:
            common = (left & right).total()
            precisions.append(common / left.total() if left else 0.0)
            recalls.append(common / right.total() if right else 0.0)
    size = len(precisions)
    return f_score(sum(precisions) / size, sum(recalls) / size, beta)


def sari(source: str, found: str, references: Sequence[str]) -> float:
    """SARI of a simplification: F1 of kept and of added n-grams and precision of deleted ones.

    Averaged over the three and over n = 1…4; n-grams of the references count by the share of
    references that have them; 0/0 counts as 1 (nothing to do, nothing done). Source: Xu et al.
    (2016), TACL 4:401.
    """
    parts = [
        _sari_n(ngrams(tokens(source), n), ngrams(tokens(found), n), _shared(references, n))
        for n in range(1, LONGEST + 1)
    ]
    return sum(parts) / len(parts)


def ngrams(items: Sequence[str], n: int) -> Ngrams:
    """Runs of n items and how often each occurs."""
    return Counter(tuple(items[i : i + n]) for i in range(len(items) - n + 1))


def _shared(references: Sequence[str], n: int) -> dict[tuple[str, ...], float]:
    counts: Ngrams = Counter()
    for reference in references:
        counts.update(ngrams(tokens(reference), n))
    return {gram: count / len(references) for gram, count in counts.items()}


def _sari_n(source: Ngrams, found: Ngrams, wanted: dict[tuple[str, ...], float]) -> float:
    kept = {g: min(n, found[g]) for g, n in source.items()}
    to_keep = {g: min(n, wanted.get(g, 0.0)) for g, n in source.items()}
    cut = {g: n - kept[g] for g, n in source.items()}
    to_cut = {g: n - to_keep[g] for g, n in source.items()}
    kept_well = sum(min(n, to_keep[g]) for g, n in kept.items())
    cut_well = sum(min(n, to_cut[g]) for g, n in cut.items())
    added, to_add = set(found) - set(source), set(wanted) - set(source)
    common = len(added & to_add)
    return (
        f_score(_ratio(kept_well, sum(kept.values())), _ratio(kept_well, sum(to_keep.values())))
        + _ratio(cut_well, sum(cut.values()))
        + f_score(_ratio(common, len(added)), _ratio(common, len(to_add)))
    ) / 3


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _longest_common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, a whole row of the table in one long integer.

    Source: Hyyrö (2004), "Bit-parallel LCS-length computation revisited", AWOCA.
    """
    places: dict[str, int] = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for word in b:
        hit = row & places.get(word, 0)
        row = (row + hit | row - hit) & full
    return len(a) - row.bit_count()
