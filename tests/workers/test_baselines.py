"""The weight-free methods really compute, and differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.demo.notes import notes
from workers.baselines import entities, segmentations, summaries

NOTES = list(notes())


@pytest.mark.parametrize("method", summaries.METHODS)
def test_a_summary_is_made_of_the_notes_own_sentences(method: str) -> None:
    for note in NOTES:
        summary = summaries.summarise(note.text, method=method)
        own = {sentence.text for sentence in summaries.split_sentences(note.text)}
        assert 0 < len(summary) < len(note.text) / 2
        assert all(part.text in own for part in summaries.split_sentences(summary))


def test_the_summarisers_disagree() -> None:
    texts = {summaries.summarise(NOTES[0].text, method=m) for m in summaries.METHODS}
    assert len(texts) == len(summaries.METHODS)


@pytest.mark.parametrize("method", summaries.METHODS)
def test_an_empty_note_has_an_empty_summary(method: str) -> None:
    assert summaries.summarise("  \n ", method=method) == ""


def test_sentences_do_not_end_after_a_title_or_inside_a_number() -> None:
    found = summaries.split_sentences("Seen by Dr. Miller. Potassium 3.4 mmol/L. Stable.")
    assert [s.text for s in found] == ["Seen by Dr. Miller.", "Potassium 3.4 mmol/L.", "Stable."]


def test_page_rank_of_a_star_gives_the_centre_most_and_sums_to_one() -> None:
    star = np.array([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])
    rank = summaries.page_rank(star)
    # Solved by hand: centre = 0.05 + 0.85 (1 − centre), so centre = 0.9 / 1.85.
    assert rank == pytest.approx([0.9 / 1.85, 0.475 / 1.85, 0.475 / 1.85])


def disc() -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[0:96, 0:96]
    mask = np.hypot(rows - 48, columns - 40) < 22
    noise = np.random.default_rng(3).normal(0, 6, mask.shape)
    return np.clip(np.where(mask, 190, 60) + noise, 0, 255).astype(np.uint8), mask


@pytest.mark.parametrize("method", segmentations.METHODS)
@pytest.mark.parametrize("inverted", [False, True])
def test_every_segmentation_finds_a_disc_bright_or_dark(method: str, inverted: bool) -> None:
    pixels, mask = disc()
    found = segmentations.segment(255 - pixels if inverted else pixels, method=method)
    assert 2 * (found & mask).sum() / (found.sum() + mask.sum()) > 0.93


@pytest.mark.parametrize("method", segmentations.METHODS)
def test_an_even_image_has_no_foreground_and_raises_nothing(method: str) -> None:
    flat = np.full((40, 40), 128, dtype=np.uint8)
    found = segmentations.segment(flat, method=method, foreground="bright")
    assert found.shape == (40, 40)
    assert not found.any()


@pytest.mark.parametrize("method", segmentations.METHODS)
def test_a_segmentation_gives_the_same_mask_twice(method: str) -> None:
    pixels, _ = disc()
    first, second = (segmentations.segment(pixels, method=method) for _ in range(2))
    assert np.array_equal(first, second)


def exact_f1(method: str) -> float:
    hits = found = wanted = 0
    for note in NOTES:
        truth = {(s["start"], s["end"], s["type"]) for s in note.spans}
        tagged = {(s["start"], s["end"], s["type"]) for s in entities.tag(note.text, method=method)}
        hits, found, wanted = hits + len(truth & tagged), found + len(tagged), wanted + len(truth)
    return 2 * hits / (found + wanted)


def test_both_together_tag_better_than_either_alone() -> None:
    combined = exact_f1("combined")
    assert combined > 0.6
    assert combined > exact_f1("dictionary") > 0.3
    assert exact_f1("pattern") > 0.3


@given(st.text(max_size=300))
def test_entities_of_any_text_lie_inside_it_without_overlap(text: str) -> None:
    for method in entities.METHODS:
        end = 0
        for span in entities.tag(text, method=method):
            assert end <= int(span["start"]) < int(span["end"]) <= len(text)
            end = int(span["end"])


def test_the_marks_of_a_demo_note_name_its_words() -> None:
    for note in NOTES:
        assert note.spans
        assert "{" not in note.text
        words = [note.text[int(s["start"]) : int(s["end"])] for s in note.spans]
        assert all(word == word.strip() and word for word in words)
