"""Overlap of two texts: exact match, token F1, ROUGE, BLEU, chrF, METEOR, SARI. All within 0…1.

Each equals the tool it names to the last digits, with that tool's way of cutting words. Where the
tool has no answer or 0 for want of words, ours is: two texts without a word agree fully (1), one
against none does not (0).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import pairwise
from math import exp, log

from evaluation.scores.overlap import Overlap, bag_overlap, f_score
from evaluation.scores.tokens import alphanumeric, code, mteval, squad

Ngrams = Counter[tuple[str, ...]]

LONGEST = 4
ALPHA, BETA, GAMMA = 0.9, 3.0, 0.5  # of METEOR: weight of recall; shape, weight of the penalty


def exact_match(found: str, true: str) -> float:
    """1 if the texts are equal apart from case, spacing, punctuation and articles, else 0.

    Source: Rajpurkar et al. (2016), "SQuAD", EMNLP, and its evaluate-v1.1.py.
    """
    return float(squad(found) == squad(true))


def token_f1(found: str, true: str) -> float:
    """F1 of the bags of words, without case, punctuation and articles. Source: as exact match."""
    return bag_overlap(squad(found), squad(true)).f1


def code_f1(found: str, true: str) -> float:
    """F1 of the bags of names, numbers and signs of two programs; says nothing of what they do."""
    return bag_overlap(code(found), code(true)).f1


def rouge_n(found: str, true: str, n: int = 1) -> Overlap:
    """Overlap of n-grams of words, not stemmed; equals `rougeN` of the package rouge-score.

    Two texts too short for an n-gram agree only if they are equal. Source: Lin (2004), "ROUGE",
    section 2. Raises `ValueError` for n below 1.
    """
    if n < 1:
        raise ValueError(f"an n-gram has 1 word or more, not {n}")
    words, others = alphanumeric(found), alphanumeric(true)
    ours, theirs = ngrams(words, n), ngrams(others, n)
    if not ours and not theirs and words != others:
        return Overlap(0, len(words), 0, len(others))
    common = (ours & theirs).total()
    return Overlap(common, ours.total(), common, theirs.total())


def rouge_l(found: str, true: str) -> Overlap:
    """Longest common subsequence of words over each length; equals `rougeL` of rouge-score.

    Source: Lin (2004), "ROUGE", section 3.1; words are not stemmed.
    """
    ours, theirs = alphanumeric(found), alphanumeric(true)
    common = _longest_common(ours, theirs)
    return Overlap(common, len(ours), common, len(theirs))


def bleu(found: str, references: Sequence[str]) -> float:
    """BLEU of one text: geometric mean of clipped 1…4-gram precisions × brevity penalty.

    Equals `sentence_bleu` of the package sacrebleu over 100: 13a words with case, the k-th empty
    precision counts 1/(2^k·n-grams), lengths that the text has no n-gram of are left out. Sources:
    Papineni et al. (2002), ACL; Post (2018), WMT; Chen & Cherry (2014), WMT, method 3.
    Raises `ValueError` without references.
    """
    ours, theirs = mteval(found), [mteval(text) for text in _some(references)]
    if not ours:
        return float(not all(theirs))
    grams = [ngrams(ours, n) for n in range(1, LONGEST + 1)]
    hits = [_clipped(own, n, theirs) for n, own in enumerate(grams, 1)]
    if not any(hits):
        return 0.0
    logs, penalty = [], 1
    for hit, own in zip(hits, grams, strict=True):
        if own:
            penalty *= 1 if hit else 2
            logs.append(log((hit or 1 / penalty) / own.total()))
    nearest = min((len(text) for text in theirs), key=lambda size: (abs(size - len(ours)), size))
    return exp(sum(logs) / len(logs) + min(0.0, 1 - nearest / len(ours)))


def chrf(found: str, true: str, *, longest: int = 6, beta: float = 2.0) -> float:
    """F_β of character n-grams, precision and recall averaged over n = 1…6, spaces left out.

    Equals `sentence_chrf` of sacrebleu over 100: lengths that either text lacks are not averaged.
    Source: Popović (2015), "chrF", WMT; β = 2.
    """
    ours, theirs = ("".join(text.split()) for text in (found, true))
    size = min(longest, len(ours), len(theirs))
    if not size:
        return float(ours == theirs)
    precision = recall = 0.0
    for n in range(1, size + 1):
        left, right = (_characters(text, n) for text in (ours, theirs))
        common = (left & right).total()
        precision += common / left.total()
        recall += common / right.total()
    return f_score(precision / size, recall / size, beta)


def meteor_exact(found: str, true: str) -> float:
    """METEOR by exact words only, without the stages of stems and synonyms.

    (1 − ½·(chunks/matches)³) · PR / (0.9P + 0.1R); a chunk is a run of words next to each other in
    both. From the end, each 13a word without case is paired with the last free one. Equals
    `single_meteor_score` of nltk with no stemmer and no synonyms. Source: Lavie & Agarwal (2007),
    WMT.
    """
    ours, theirs = mteval(found.lower()), mteval(true.lower())
    if not ours or not theirs:
        return float(ours == theirs)
    pairs = _paired_from_the_end(ours, theirs)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(ours), len(pairs) / len(theirs)
    mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
    chunks = 1 + sum((i + 1, j + 1) != following for (i, j), following in pairwise(pairs))
    return float(mean * (1 - GAMMA * (chunks / len(pairs)) ** BETA))


def sari(source: str, found: str, references: Sequence[str]) -> float:
    """SARI of a simplification: F1 of kept and of added n-grams and precision of deleted ones.

    Averaged over the three and over n = 1…4 of 13a words without case; n-grams of the references
    count by the share of references that have them; 0/0 counts as 1 (nothing to do, nothing done).
    Equals `sari` of Hugging Face's evaluate over 100, which corrects the recall of the authors'
    script. Source: Xu et al. (2016), TACL 4:401. Raises `ValueError` without references.
    """
    texts = [mteval(text.lower()) for text in (source, found, *_some(references))]
    parts = [_sari_n(*(ngrams(words, n) for words in texts)) for n in range(1, LONGEST + 1)]
    return sum(parts) / len(parts)


def ngrams(items: Sequence[str], n: int) -> Ngrams:
    """Runs of n items and how often each occurs."""
    return Counter(zip(*(items[i:] for i in range(n)), strict=False))


def _characters(text: str, n: int) -> Counter[str]:
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def _clipped(grams: Ngrams, n: int, references: Sequence[Sequence[str]]) -> int:
    """n-grams that a reference has as well, each as often as the reference with most of it."""
    allowed: Ngrams = Counter()
    for reference in references:
        allowed |= ngrams(reference, n)
    return (grams & allowed).total()


def _sari_n(source: Ngrams, found: Ngrams, *references: Ngrams) -> float:
    wanted: Ngrams = Counter()
    for reference in references:
        wanted.update(reference)
    before, after = (_times(grams, len(references)) for grams in (source, found))
    kept, cut = before & after, before - after
    to_keep = (before & wanted).total()
    added, to_add = set(found) - set(source), set(wanted) - set(source)
    kept_well = (kept & wanted).total()
    common = len(added & to_add)
    keep = f_score(_mean_share(kept & wanted, kept), _ratio(kept_well, to_keep))
    add = f_score(_ratio(common, len(added)), _ratio(common, len(to_add)))
    return (keep + _mean_share(cut - wanted, cut) + add) / 3


def _times(grams: Ngrams, factor: int) -> Ngrams:
    return Counter({gram: count * factor for gram, count in grams.items()})


def _mean_share(part: Ngrams, whole: Ngrams) -> float:
    """Mean over distinct n-grams of the share of their occurrences; 1 without any."""
    return _ratio(sum(count / whole[gram] for gram, count in part.items()), len(whole))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _some(references: Sequence[str]) -> Sequence[str]:
    if isinstance(references, str) or not references:
        raise ValueError("one reference text or more is needed, in a list")
    return references


def _paired_from_the_end(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for j, word in enumerate(theirs):
        places[word].append(j)
    last = range(len(ours) - 1, -1, -1)
    return sorted((i, places[ours[i]].pop()) for i in last if places[ours[i]])


def _longest_common(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence, a whole row of the table in one long integer.

    Source: Hyyrö (2004), "Bit-parallel LCS-length computation revisited", AWOCA.
    """
    places: dict[Hashable, int] = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for word in b:
        hit = row & places.get(word, 0)
        row = (row + hit | row - hit) & full
    return len(a) - row.bit_count()
