"""Scores of texts equal the tools they name: on random texts and on real notes."""

import csv

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.meteor_score import single_meteor_score
from rouge_score.rouge_scorer import RougeScorer

from evaluation.scores import text, tokens

WORDS = st.sampled_from(
    [
        *("no", "acute", "Fracture,", "3.5", "mg/day;", "x-ray", "(left)", "a", "the"),
        *("\n", "it's", "5-", "1,000", "&", "&amp;"),
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=14).map(" ".join).filter(tokens.alphanumeric)
ROUGE = RougeScorer(["rouge1", "rouge2", "rougeL"])


class NoStems:
    def stem(self, word):
        return word


class NoSynonyms:
    def synsets(self, word):
        return []


def equal_to_the_tools(found, true):
    def near(value):
        return pytest.approx(value, abs=1e-12)

    assert text.bleu(found, [true]) == near(sacrebleu.sentence_bleu(found, [true]).score / 100)
    assert text.chrf(found, true) == near(sacrebleu.sentence_chrf(found, [true]).score / 100)
    words = tokens.mteval(true), tokens.mteval(found)
    meteor = single_meteor_score(*words, stemmer=NoStems(), wordnet=NoSynonyms())
    assert text.meteor_exact(found, true) == near(meteor)
    rouge = ROUGE.score(true, found)
    for name, ours in (
        ("rouge1", text.rouge_n(found, true, 1)),
        ("rouge2", text.rouge_n(found, true, 2)),
        ("rougeL", text.rouge_l(found, true)),
    ):
        if name != "rouge2" or min(len(tokens.alphanumeric(t)) for t in (found, true)) > 1:
            expected = (rouge[name].precision, rouge[name].recall, rouge[name].fmeasure)
            assert (ours.precision, ours.recall, ours.f1) == near(expected)


@settings(deadline=None, max_examples=150)
@given(TEXTS, TEXTS)
def test_random_texts_score_as_the_tools_say(found, true):
    equal_to_the_tools(found, true)


@settings(deadline=None, max_examples=80)
@given(TEXTS, st.lists(TEXTS, min_size=2, max_size=4))
def test_bleu_of_several_references_is_sacrebleus(found, references):
    expected = sacrebleu.sentence_bleu(found, references).score / 100
    assert text.bleu(found, references) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("system", ["GPT-4", "ChatGPT", "Text-Davinci-002", "BART_large"])
def test_real_notes_of_systems_score_as_the_tools_say(shared_data, system):
    folder = shared_data / "cases_acibench_test2"
    notes = [_notes(folder / f"test2_{name}.csv") for name in (system, "reference")]
    both = [case for case in notes[1] if notes[0].get(case)][:5]
    assert both
    for case in both:
        equal_to_the_tools(notes[0][case], notes[1][case])


def _notes(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["encounter_id"]: row["note"] for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("source", "found", "references", "expected"),
    [
        (
            "About 95 species are currently accepted .",
            "About 95 you now get in .",
            [
                "About 95 species are currently known .",
                "About 95 species are now accepted .",
                "95 species are now accepted .",
            ],
            0.26953601953601954,  # as its documentation prints it
        ),
        (
            "The patient presented with acute exacerbation of chronic obstructive "
            "pulmonary disease.",
            "The patient came in because her lung disease (COPD) suddenly got worse.",
            [
                "The patient came to hospital because her chronic lung disease got worse.",
                "Her long-term lung disease, COPD, got worse suddenly.",
            ],
            0.7111275801493192,
        ),
        (
            "Metoprolol 25.5 mg was administered; blood pressure fell to 110/70 mmHg.",
            "She got metoprolol 25.5 mg; her blood pressure fell to 110/70.",
            ["She was given metoprolol 25.5 mg. Blood pressure fell to 110/70."],
            0.7014880952380952,
        ),
        (
            "No evidence of fracture, no fracture seen.",
            "No broken bone, no fracture seen.",
            [
                "No broken bone was seen.",
                "There is no fracture.",
                "No bone is broken, no fracture seen.",
            ],
            0.6037037037037037,
        ),
        ("No evidence of fracture.", "No evidence of fracture.", ["No broken bone."], 8 / 21),
    ],
)
def test_sari_is_that_of_hugging_faces_evaluate(source, found, references, expected):
    assert text.sari(source, found, references) == pytest.approx(expected, abs=1e-12)
