"""Scores of texts, each calculated by hand."""

from math import exp, isnan, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.scores import readability, text


def test_words_keep_decimals_and_apostrophes_together():
    assert text.tokens("Don't give 3.5 mg/day.") == ["don't", "give", "3.5", "mg", "/", "day", "."]


def test_exact_match_looks_past_case_and_spacing_only():
    assert text.exact_match("Acute  Otitis", "acute otitis") == 1
    assert text.exact_match("acute otitis media", "acute otitis") == 0


def test_token_f1_of_two_of_three_and_two_of_four_words():
    assert text.token_f1("no acute fracture", "no fracture is seen") == pytest.approx(
        2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    )
    assert text.token_f1("", "") == 1
    assert text.token_f1("", "fracture") == 0


def test_rouge_l_is_lins_example():
    reference = "police killed the gunman"  # Lin (2004), section 3.1: F is 3/4, 1/2 and 1/2
    assert text.rouge_l("police kill the gunman", reference).f1 == 0.75
    assert text.rouge_l("the gunman kill police", reference).f1 == 0.5
    assert text.rouge_l("the gunman police killed", reference).f1 == 0.5


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_rouge_l_finds_the_longest_common_subsequence(ours, theirs):
    table = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i, a in enumerate(ours):
        for j, b in enumerate(theirs):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else longer
    assert text.rouge_l(" ".join(ours), " ".join(theirs)).hits_true == table[-1][-1]


def test_rouge_2_counts_pairs_of_words():
    overlap = text.rouge_n("police kill the gunman", "police killed the gunman", 2)
    assert (overlap.precision, overlap.recall) == (1 / 3, 1 / 3)


def test_bleu_clips_repeated_words_as_in_papinenis_example():
    clipped = text.bleu("the the the the the the the", ["the cat is on the mat"])
    precisions = (2 / 7, 1 / 7, 1 / 6, 1 / 5)  # the added one leaves 0+1 of 6+1, 5+1, 4+1
    assert clipped == pytest.approx(exp(sum(map(log, precisions)) / 4))


def test_bleu_of_a_short_text_pays_the_brevity_penalty():
    assert text.bleu("the cat", ["the cat is on"]) == pytest.approx(exp(1 - 4 / 2))
    assert text.bleu("the cat", ["the cat is on", "a cat"]) == 1
    assert text.bleu("dog", ["cat"]) == 0
    assert text.bleu("", ["cat"]) == 0


def test_chrf_averages_character_ngrams_that_exist():
    # "ab" against "abc": n=1 P 2/2 R 2/3; n=2 P 1/1 R 1/2; n=3 P 0 (none) R 0/1
    precision, recall = (1 + 1 + 0) / 3, (2 / 3 + 1 / 2 + 0) / 3
    expected = 5 * precision * recall / (4 * precision + recall)
    assert text.chrf("a b", "abc") == pytest.approx(expected)
    assert text.chrf("abc", "abc") == 1
    assert text.chrf("", "abc") == 0


def test_sari_of_one_word_replaced():
    # 1-grams: keep "a" of {a}: 1; delete "b", rightly: 1; add "c" of {c}: 1
    # 2-grams: nothing to keep, nothing kept: 1; delete "a b": 1; add "a c": 1; longer: all 1
    assert text.sari("a b", "a c", ["a c"]) == 1
    # unchanged: keep P 1/2, R 1, F 2/3; delete 0/0 = 1; add P 0/0 = 1, R 0/1, F 0 -> 5/9
    # 2-grams: keep P 0/1, R 0/0 = 1, F 0; delete 1; add 0 -> 1/3; 3- and 4-grams: 1
    assert text.sari("a b", "a b", ["a c"]) == pytest.approx((5 / 9 + 1 / 3 + 1 + 1) / 4)


def test_sari_counts_a_word_by_the_share_of_references_that_have_it():
    # source "a", kept: to keep 1/2 -> P 1/2, R (1/2)/(1/2), F 2/3; delete 1; add P 1, R 0/1, F 0
    assert text.sari("a", "a", ["a", "b"]) == pytest.approx(((2 / 3 + 1 + 0) / 3 + 3) / 4)


def test_reading_ease_and_grade_of_the_cat():
    sample = "The cat sat on the mat."  # 6 words, 1 sentence, 6 syllables
    assert readability.flesch_reading_ease(sample) == pytest.approx(206.835 - 6.09 - 84.6)
    assert readability.flesch_kincaid_grade(sample) == pytest.approx(2.34 + 11.8 - 15.59)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("medicine", 3),
        ("table", 2),
        ("the", 1),
        ("treated", 2),
        ("walked", 1),
        ("diseases", 3),
        ("hypertension", 4),
        ("pneumonia", 3),
    ],
)
def test_syllables_are_counted_by_vowel_groups(word, count):
    assert readability.syllables(word) == count


def test_readability_of_no_words_is_undefined():
    assert isnan(readability.flesch_reading_ease("… 123"))
