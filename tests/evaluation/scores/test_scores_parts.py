"""Scores of sets, spans, records, labels and ranked lists, each calculated by hand."""

from math import isnan, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from evaluation.scores import labels, overlap, ranking, records
from evaluation.scores.spans import Span, character_overlap, relaxed_overlap, strict_overlap


def test_set_overlap_of_codes():
    found = overlap.set_overlap(["I10", "E11", "E11", "J45"], ["I10", "J45", "K21", "N18"])
    assert (found.precision, found.recall, found.f1) == pytest.approx((2 / 3, 2 / 4, 4 / 7))


def test_bags_count_repeated_items():
    found = overlap.bag_overlap("aab", "abb")
    assert (found.precision, found.recall) == (2 / 3, 2 / 3)


@pytest.mark.parametrize(
    ("found", "true", "expected"), [("", "", (1, 1, 1)), ("a", "", (0, 0, 0)), ("", "a", (0, 0, 0))]
)
def test_empty_answers_agree_only_with_empty_references(found, true, expected):
    result = overlap.set_overlap(found, true)
    assert (result.precision, result.recall, result.f1) == expected


def test_counts_add_up_to_the_micro_average():
    total = overlap.set_overlap("ab", "a") + overlap.set_overlap("c", "cd")
    assert (total.precision, total.recall) == (2 / 3, 2 / 3)


def test_jaccard_and_f_beta():
    assert overlap.jaccard("abc", "bcd") == 0.5
    assert overlap.jaccard("", "") == 1
    assert overlap.f_score(0.5, 1.0, beta=2) == pytest.approx(5 * 0.5 / (4 * 0.5 + 1))


def test_spans_match_strictly_by_both_ends_and_type():
    true = [Span(0, 7, "drug"), Span(10, 15, "dose"), Span(20, 30, "route")]
    found = [Span(0, 7, "drug"), Span(10, 14, "dose"), Span(20, 30, "dose")]
    assert strict_overlap(found, true).f1 == pytest.approx(1 / 3)
    assert relaxed_overlap(found, true).f1 == pytest.approx(2 / 3)


def test_relaxed_spans_that_only_touch_do_not_match():
    assert relaxed_overlap([Span(0, 5)], [Span(5, 9)]).f1 == 0


def test_one_long_span_answers_to_two_references():
    result = relaxed_overlap([Span(0, 20)], [Span(0, 5), Span(10, 15), Span(30, 35)])
    assert (result.precision, result.recall) == (1, 2 / 3)


SPANS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from("xy")).map(
        lambda span: Span(span[0], span[0] + span[1], span[2])
    ),
    max_size=8,
)


@given(SPANS, SPANS)
def test_spans_touch_and_characters_count_as_defined(found, true):
    def touched(spans, others):
        return sum(
            any(a.type == b.type and a.start < b.end and b.start < a.end for b in others)
            for a in set(spans)
        )

    def characters(spans):
        return {(i, span.type) for span in spans for i in range(span.start, span.end)}

    relaxed = relaxed_overlap(found, true)
    assert (relaxed.hits_found, relaxed.hits_true) == (touched(found, true), touched(true, found))
    by_character = character_overlap(found, true)
    ours, theirs = characters(found), characters(true)
    assert by_character.hits_found == len(ours & theirs)
    assert (by_character.n_found, by_character.n_true) == (len(ours), len(theirs))


@pytest.mark.parametrize("score", [strict_overlap, relaxed_overlap, character_overlap])
def test_a_span_that_ends_before_it_starts_is_refused(score):
    with pytest.raises(ValueError, match="the span 7 to 3 ends before it starts"):
        score([Span(7, 3)], [])


def test_characters_of_spans_count_once():
    result = character_overlap([Span(0, 4, "x"), Span(2, 6, "x")], [Span(3, 9, "x")])
    assert (result.precision, result.recall) == (3 / 6, 3 / 6)


def test_fields_are_compared_without_case_and_rounding():
    true = {"drug": "Aspirin", "dose": 0.3, "route": "oral", "days": 5}
    found = {"drug": " aspirin", "dose": 0.1 + 0.2, "route": "iv"}
    assert records.field_accuracy(found, true) == 0.5
    assert records.field_accuracy({}, {}) == 1


def test_fields_too_much_cost_nothing_and_missing_values_are_equal():
    nothing = float("nan")
    assert records.field_accuracy({"a": 1, "b": 2}, {"a": 1}) == 1
    assert records.field_accuracy({"a": nothing}, {"a": nothing}) == 1
    assert records.field_accuracy({"a": [1, 2]}, {"a": [1, 2]}) == 1


def test_cells_of_query_results_are_compared_by_nine_digits_and_by_type():
    assert records.execution_accuracy([[0.1 + 0.2, 3.0]], [[0.3, 3]]) == 1
    assert records.execution_accuracy([[1e-12]], [[2e-12]]) == 0
    assert records.execution_accuracy([[2**60]], [[2**60 + 1]]) == 0
    assert records.execution_accuracy([[float("nan"), None]], [[None, float("nan")]]) == 1
    assert records.execution_accuracy([["1"]], [[1]]) == 0
    assert records.execution_accuracy([[["a"], {"b": 1}]], [[["a"], {"b": 1}]]) == 1
    assert records.execution_accuracy([], []) == 1


def test_query_results_are_bags_of_rows_unless_order_matters():
    rows, turned = [(1, "a"), (2, "b")], [(2.0, "b"), (1, "a")]
    assert records.execution_accuracy(turned, rows) == 1
    assert records.execution_accuracy(turned, rows, ordered=True) == 0
    assert records.execution_accuracy([*rows, (2, "b")], rows) == 0


def test_order_of_events_is_the_share_of_pairs_kept():
    assert records.order_accuracy("abdcx", "abcd") == pytest.approx(5 / 6)
    assert records.order_accuracy("a", "b") == 1


@given(st.permutations(range(9)))
def test_order_accuracy_is_that_of_kendalls_tau(found):
    tau = kendalltau(found, range(9)).statistic
    assert records.order_accuracy(list(range(9)), found) == pytest.approx((1 + tau) / 2)


def test_steps_are_compared_by_edits():
    assert records.edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert records.edit_similarity([], []) == 1


def test_labels_by_accuracy_f1_and_balance():
    true, found = "aaaabb", "aaabba"  # a: 3 hits of 4 found, 4 true; b: 1 of 2 and 2
    assert labels.accuracy(found, true) == pytest.approx(4 / 6)
    assert labels.macro_f1(found, true) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert labels.balanced_accuracy(found, true) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert isnan(labels.accuracy("", ""))


def test_wilson_interval_is_the_published_one():
    # Newcombe (1998), Stat Med 17:857, table I: 81/263 and 0/20
    assert labels.wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert labels.wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert labels.wilson_interval(0, 0) == (0, 1)


def test_ranked_lists_at_k():
    ranked, relevant = "wxyz", {"x", "z", "q"}
    assert ranking.recall_at(ranked, relevant, 2) == pytest.approx(1 / 3)
    assert ranking.precision_at(ranked, relevant, 4) == 0.5
    assert ranking.precision_at("x", relevant, 4) == 0.25
    assert (ranking.hit_at(ranked, relevant, 1), ranking.hit_at(ranked, relevant, 2)) == (0, 1)
    assert ranking.reciprocal_rank(ranked, relevant) == 0.5
    assert ranking.reciprocal_rank("w", relevant) == 0
    assert ranking.average_precision(ranked, relevant) == pytest.approx((1 / 2 + 2 / 4) / 3)


def test_ndcg_discounts_by_place():
    gains = {"a": 3, "b": 2, "c": 0, "d": 1}
    got = 2 / log2(2) + 0 / log2(3) + 3 / log2(4)
    best = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert ranking.ndcg("bca", gains, 3) == pytest.approx(got / best)
    assert ranking.ndcg("abd", gains) == 1
    assert isnan(ranking.ndcg("ab", {}))


def test_a_repeated_item_gains_nothing():
    assert ranking.ndcg("aab", {"a": 1, "b": 1}) == ranking.ndcg("ab", {"a": 1, "b": 1})
    assert ranking.average_precision("aab", "ab") == 1
