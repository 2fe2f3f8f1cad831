"""Scores of texts, each calculated by hand."""

from math import exp, isnan, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.scores import readability, text, tokens


def test_words_are_cut_as_each_tool_cuts_them():
    sentence = "The dose isn't 3.5 mg/day, but a half-dose of it."
    assert tokens.alphanumeric(sentence)[:7] == ["the", "dose", "isn", "t", "3", "5", "mg"]
    assert tokens.squad(sentence) == ["dose", "isnt", "35", "mgday", "but", "halfdose", "of", "it"]
    assert tokens.mteval(sentence)[:8] == ["The", "dose", "isn't", "3.5", "mg", "/", "day", ","]


def test_letters_of_other_alphabets_are_words_too():
    assert tokens.alphanumeric("Übelkeit, Fieber") == ["übelkeit", "fieber"]
    assert text.rouge_l("发烧", "咳嗽").f1 == 0


def test_exact_match_looks_past_case_spacing_punctuation_and_articles_only():
    assert text.exact_match("An acute  Otitis.", "acute otitis") == 1
    assert text.exact_match("acute otitis media", "acute otitis") == 0


def test_token_f1_of_two_of_three_and_two_of_four_words():
    # "the" and "a" do not count
    assert text.token_f1("no acute fracture", "No fracture is, the, seen.") == pytest.approx(
        2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    )
    assert text.token_f1("", "") == 1
    assert text.token_f1("", "fracture") == 0


def test_programs_are_compared_by_names_and_signs():
    # x, =, a, +, 1 against x, =, A, +, 1: four of five
    assert text.code_f1("x = a+1", "x=A + 1") == pytest.approx(4 / 5)
    assert text.code_f1("", "") == 1


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


def test_two_texts_too_short_for_an_ngram_agree_only_if_equal():
    assert text.rouge_n("fever", "fever", 2).f1 == 1
    assert text.rouge_n("fever", "cough", 2).f1 == 0
    assert text.rouge_n("", "", 2).f1 == 1
    with pytest.raises(ValueError, match="1 word or more, not 0"):
        text.rouge_n("a", "a", 0)


def test_bleu_clips_repeated_words_as_in_papinenis_example():
    clipped = text.bleu("the the the the the the the", ["the cat is on the mat"])
    # no longer n-gram is right: 1/2 of 6, 1/4 of 5, 1/8 of 4
    precisions = (2 / 7, 1 / 12, 1 / 20, 1 / 32)
    assert clipped == pytest.approx(exp(sum(map(log, precisions)) / 4))


def test_bleu_of_a_short_text_pays_the_brevity_penalty():
    assert text.bleu("the cat", ["the cat is on"]) == pytest.approx(exp(1 - 4 / 2))
    assert text.bleu("the cat", ["the cat is on", "a cat"]) == 1
    assert text.bleu("dog", ["cat"]) == 0
    assert (text.bleu("", ["cat"]), text.bleu("", [""])) == (0, 1)


@pytest.mark.parametrize("references", [[], "cat"])
def test_references_that_are_none_or_no_list_are_refused(references):
    with pytest.raises(ValueError, match="one reference text or more"):
        text.bleu("cat", references)
    with pytest.raises(ValueError, match="one reference text or more"):
        text.sari("cat", "cat", references)


def test_chrf_averages_character_ngrams_that_both_texts_have():
    # "ab" against "abc": n=1 P 2/2 R 2/3; n=2 P 1/1 R 1/2; "ab" has none of 3
    precision, recall = 1, (2 / 3 + 1 / 2) / 2
    expected = 5 * precision * recall / (4 * precision + recall)
    assert text.chrf("a b", "abc") == pytest.approx(expected)
    assert text.chrf("abc", "abc") == text.chrf("", " ") == 1
    assert text.chrf("", "abc") == text.chrf("xyz", "abc") == 0


def test_meteor_weighs_recall_and_punishes_broken_order():
    # 3 of 3 words found, of 4 true; "no fracture" and "seen" are two chunks
    mean = 1 * (3 / 4) / (0.9 * 1 + 0.1 * (3 / 4))
    expected = mean * (1 - 0.5 * (2 / 3) ** 3)
    assert text.meteor_exact("no fracture seen", "No fracture was seen") == pytest.approx(expected)
    assert text.meteor_exact("dog", "cat") == text.meteor_exact("", "cat") == 0
    assert text.meteor_exact("", "") == 1


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
