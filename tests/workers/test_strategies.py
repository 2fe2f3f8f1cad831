"""Strategies: what the system underneath is asked, and what becomes of its answers."""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from arena.generations.strategies import VARIANT
from workers.adapters import registry
from workers.adapters.base import Adapter, AdapterError, Answer, Ask, Part, Record, Result
from workers.adapters.variant import Variant
from workers.strategies import strategies, strategy_class
from workers.strategies.choice_shuffling import chosen_before, reordered

Reply = Callable[[Ask], Record]
NOTE = "Fever and cough since Monday.\nA. Pneumonia\nB. Asthma\nC. Embolism"


class Scripted(Adapter):
    """Answers by a function and remembers what it was asked, and how many at once."""

    threads = True
    batch = 16
    reply: Reply
    asked: list[Ask]
    sizes: list[int]

    def answer_batch(self, asks: Sequence[Ask]) -> list[Answer]:
        type(self).sizes.append(len(asks))
        return [self.answer(ask) for ask in asks]

    def answer(self, ask: Ask) -> Answer:
        type(self).asked.append(ask)
        return Answer(type(self).reply(ask), {"tokens_out": 3})


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry, "_places", {**registry._places, "scripted": f"{__name__}:Scripted"}
    )
    Scripted.asked, Scripted.sizes = [], []


def variant(strategy: str, reply: Reply, **options: Any) -> Variant:
    Scripted.reply = staticmethod(reply)
    of = {"adapter": "scripted", "config": {}, "revision": "", "prompt": "", "decoding": {}}
    made = Variant({"strategy": strategy, "options": options, "of": of})
    made.load()
    return made


def ask(text: str = NOTE, kind: str = "text-answer", **more: Any) -> Ask:
    return Ask("c1", "What is it?", (Part("text", text),), kind, **more)


def told(text: str) -> Reply:
    return lambda _: {"text": text}


def results(made: Variant, *asks: Ask) -> list[Result]:
    return list(made.results(asks))


def record(made: Variant, one: Ask) -> Record:
    (result,) = results(made, one)
    assert result.answer is not None, result.error
    return result.answer.record


def test_every_strategy_is_found_by_being_there() -> None:
    assert {
        *("few-shot", "chain-of-thought", "choice-shuffling", "self-consistency", "retrieval"),
        *("self-reflection", "perturbation", "modality-drop", "truncation", "team"),
    } <= set(strategies())
    with pytest.raises(LookupError, match="there are: chain-of-thought"):
        strategy_class("magic")
    with pytest.raises(AdapterError, match="has no option 'fractoin'; it has: fraction, keep"):
        strategy_class("truncation")({"fractoin": 0.5})


def test_the_form_s_examples_are_options_that_each_strategy_knows() -> None:
    (field,) = (field for field in VARIANT.fields if field.key == "options")
    place, found = 0, {}
    while (start := field.help.find("{", place)) >= 0:
        options, length = json.JSONDecoder().raw_decode(field.help[start:])
        place = start + length
        found[next(iter(options))] = options
    named = {
        "demonstrations": "few-shot", "corpus": "retrieval", "roles": "team",
        "drop": "modality-drop", "samples": "self-consistency", "change": "perturbation",
        "fraction": "truncation",
    }  # fmt: skip
    assert set(found) == set(named)
    for key, options in found.items():
        made = strategy_class(named[key])(options)
        if key != "corpus":
            made.load()


@pytest.mark.parametrize(
    ("strategy", "options"),
    [
        ("few-shot", {}),
        ("team", {}),
        ("modality-drop", {}),
        ("self-consistency", {"sample": 3}),
        ("truncation", {"fraction": 7}),
    ],
)
def test_a_variant_that_was_set_up_wrongly_has_not_crashed(strategy: str, options: Any) -> None:
    with pytest.raises(AdapterError) as refused:
        variant(strategy, told("x"), **options)
    assert refused.value.failure == "rejected_by_policy"


class TestFewShot:
    shown = [
        {"text": "Chest pain, ST elevation.", "answer": "Infarction"},
        {"text": "Cough with fever and sputum.", "answer": "Pneumonia"},
    ]

    def test_the_first_examples_stand_before_the_case(self) -> None:
        made = variant("few-shot", told("x"), demonstrations=self.shown, count=1)
        record(made, ask())
        sent = Scripted.asked[0].text
        assert sent.index("ST elevation") < sent.index("Infarction") < sent.index("Fever and cough")
        assert "sputum" not in sent

    def test_the_example_most_like_the_case_is_chosen(self) -> None:
        made = variant("few-shot", told("x"), demonstrations=self.shown, count=1, choose="nearest")
        record(made, ask())
        assert "sputum" in Scripted.asked[0].text and "ST elevation" not in Scripted.asked[0].text

    def test_an_example_cannot_steer_the_template(self) -> None:
        shown = [{"text": "{question} {text}", "answer": "x"}]
        record(variant("few-shot", told("x"), demonstrations=shown), ask())
        assert "Example 1:\n{question} {text}" in Scripted.asked[0].rendered

    @pytest.mark.parametrize("shown", [None, [], ["a"], [{"text": "a"}], [{}] * 65])
    def test_faulty_examples_are_refused(self, shown: Any) -> None:
        with pytest.raises(AdapterError, match="demonstrations"):
            variant("few-shot", told("x"), demonstrations=shown)


class TestChainOfThought:
    def test_what_follows_the_mark_is_the_answer_and_the_rest_stays_in_the_trace(self) -> None:
        made = variant("chain-of-thought", told("First …\nFINAL ANSWER: Pneumonia"))
        (result,) = results(made, ask())
        assert result.answer is not None and result.answer.record == {"text": "Pneumonia"}
        assert result.answer.provenance["steps"][0]["output"].startswith("First")
        assert result.answer.provenance["tokens_out"] == 3

    def test_an_answer_without_the_mark_is_not_guessed_at(self) -> None:
        (result,) = results(variant("chain-of-thought", told("Pneumonia")), ask())
        assert result.error is not None and result.error.failure == "invalid_output"

    def test_a_record_of_another_kind_is_read_from_the_final_answer(self) -> None:
        made = variant("chain-of-thought", told("So B is out. FINAL ANSWER: A"))
        assert record(made, ask(kind="multiple-choice")) == {"choice": "A"}


class TestChoiceShuffling:
    def test_options_change_places_under_their_letters(self) -> None:
        assert reordered(NOTE, ["C", "A", "B"]).splitlines()[1:] == [
            *("A. Embolism", "B. Pneumonia", "C. Asthma")
        ]
        assert [chosen_before(letter, ["C", "A", "B"]) for letter in "ABC"] == ["C", "A", "B"]

    def test_a_system_that_knows_gets_all_votes_whatever_the_order(self) -> None:
        def knows(one: Ask) -> Record:
            line = next(line for line in one.text.splitlines() if "Asthma" in line)
            return {"choice": line[0]}

        found = record(variant("choice-shuffling", knows, samples=6), ask(kind="multiple-choice"))
        assert found == {"choice": "B", "probs": {"A": 0.0, "B": 1.0, "C": 0.0}}
        assert len({one.text for one in Scripted.asked}) > 1

    def test_a_system_that_always_says_a_spreads_its_votes(self) -> None:
        made = variant("choice-shuffling", lambda _: {"choice": "A"}, samples=12)
        found = record(made, ask(kind="multiple-choice", seed=5))
        assert max(found["probs"].values()) < 0.8

    @pytest.mark.parametrize("text", ["No options", "A. One option", "B. x\nA. y"])
    def test_a_case_without_options_is_not_asked(self, text: str) -> None:
        made = variant("choice-shuffling", lambda _: {"choice": "A"})
        (result,) = results(made, ask(text, kind="multiple-choice"))
        assert result.error is not None and result.error.failure == "rejected_by_policy"
        assert not Scripted.asked


class TestSelfConsistency:
    def test_the_commonest_choice_wins(self) -> None:
        made = variant("self-consistency", lambda a: {"choice": "AB"[a.seed % 2]}, samples=3)
        assert record(made, ask(kind="multiple-choice", seed=1)) == {"choice": "B"}
        assert len({one.seed for one in Scripted.asked}) == 3

    def test_of_texts_the_one_most_like_the_others(self) -> None:
        texts = iter(["fever and cough", "fever, cough and chills", "a broken arm"])
        made = variant("self-consistency", lambda _: {"text": next(texts)}, samples=3)
        assert record(made, ask())["text"].startswith("fever")


class TestRetrieval:
    @pytest.fixture
    def corpora(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("CONSILIUM_CORPORA_DIR", str(tmp_path))
        rows = [
            {"id": "p1", "title": "Sepsis", "text": "Early antibiotics in sepsis."},
            {"id": "p2", "title": "Cough", "text": "Cough and fever suggest pneumonia."},
        ]
        lines = "\n".join(json.dumps(row) for row in rows)
        (tmp_path / "guidelines.jsonl").write_text(lines)
        return tmp_path

    def test_the_passage_that_fits_best_stands_before_the_case(self, corpora: Path) -> None:
        made = variant("retrieval", told("x"), corpus="guidelines.jsonl", count=1)
        record(made, ask("Fever and cough: what now?"))
        assert "[p2] Cough" in Scripted.asked[0].text and "sepsis" not in Scripted.asked[0].text
        assert len(made.identity()["corpus_sha256"]) == 64

    @pytest.mark.parametrize("name", ["", "../guidelines.jsonl", "/etc/passwd", "none.jsonl"])
    def test_only_files_of_the_folder_are_read(self, corpora: Path, name: str) -> None:
        with pytest.raises(AdapterError, match=r"no corpus .* there are: guidelines.jsonl"):
            variant("retrieval", told("x"), corpus=name)

    @pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', '{"id": "p1", "text": "again"}'])
    def test_a_faulty_line_is_named(self, corpora: Path, line: str) -> None:
        with (corpora / "guidelines.jsonl").open("a") as file:
            file.write(f"\n{line}")
        with pytest.raises(AdapterError, match=r"line 3|ids of their own"):
            variant("retrieval", told("x"), corpus="guidelines.jsonl")


class TestReflection:
    def test_draft_critique_and_revision_follow_each_other(self) -> None:
        texts = iter(["Draft", "The dose is missing", "Revised"])
        made = variant("self-reflection", lambda _: {"text": next(texts)})
        (result,) = results(made, ask(kind="summary"))
        assert result.answer is not None and result.answer.record == {"text": "Revised"}
        steps = [step["name"] for step in result.answer.provenance["steps"]]
        assert steps == ["draft", "critique", "revision"]
        assert "The dose is missing" in Scripted.asked[2].text

    def test_a_system_that_does_not_answer_in_text_is_told_so(self) -> None:
        (result,) = results(variant("self-reflection", lambda _: {"spans": []}), ask())
        assert "answers in text" in str(result.error)


class TestChangedCases:
    def image(self) -> Part:
        kept = io.BytesIO()
        pixels = np.random.default_rng(0).integers(0, 200, (320, 320), dtype=np.uint8)
        Image.fromarray(pixels).save(kept, "PNG")
        return Part("image", kept.getvalue(), "image", "image/png")

    def test_a_modality_is_left_out_and_a_case_without_it_is_not_asked(self) -> None:
        made = variant("modality-drop", told("x"), drop=["image"])
        with_image = replace(ask(), parts=(*ask().parts, self.image()))
        results(made, with_image)
        assert not Scripted.asked[0].images and Scripted.asked[0].text == NOTE
        (result,) = results(made, ask())
        assert result.error is not None and len(Scripted.asked) == 1

    @pytest.mark.parametrize(("keep", "left"), [("start", "one two"), ("end", "three four")])
    def test_half_of_a_text_ends_with_a_whole_word(self, keep: str, left: str) -> None:
        made = variant("truncation", told("x"), fraction=0.5, keep=keep)
        record(made, ask("one two three four"))
        assert Scripted.asked[0].text in {left, "four"}

    @pytest.mark.parametrize("fraction", [0, 1, "half", True])
    def test_a_fraction_out_of_range_is_refused(self, fraction: Any) -> None:
        with pytest.raises(AdapterError, match="'fraction' of truncation must"):
            variant("truncation", told("x"), fraction=fraction)

    def test_typing_errors_keep_every_letter_and_repeat_with_the_seed(self) -> None:
        made = variant("perturbation", told("x"), change="typos", strength=1)
        record(made, ask("Fever since yesterday", seed=3))
        record(made, ask("Fever since yesterday", seed=3))
        sent = [one.text for one in Scripted.asked]
        assert sent[0] == sent[-1] != "Fever since yesterday"
        assert sorted(sent[0]) == sorted("Fever since yesterday")

    @pytest.mark.parametrize("change", ["noise", "brightness", "blur"])
    def test_an_image_is_changed_and_keeps_its_size(self, change: str) -> None:
        made = variant("perturbation", told("x"), change=change, strength=0.5)
        results(made, replace(ask(), parts=(self.image(),)))
        with Image.open(io.BytesIO(Scripted.asked[0].images[0].data)) as sent:
            pixels = np.asarray(sent.convert("L"))
        with Image.open(io.BytesIO(self.image().data)) as before:
            assert pixels.shape == np.asarray(before).shape
            assert (pixels != np.asarray(before)).any()


class TestTeam:
    roles = [{"name": "radiologist", "brief": "Look at the film."}, {"name": "GP", "brief": "Ask."}]

    def test_roles_hear_each_other_and_a_moderator_sums_up(self) -> None:
        made = variant(
            "team", lambda a: {"text": f"said {len(a.text)}"}, roles=self.roles, rounds=2
        )
        (result,) = results(made, ask(kind="summary"))
        assert result.answer is not None
        names = [step["name"] for step in result.answer.provenance["steps"]]
        assert names == ["radiologist", "GP", "radiologist", "GP", "moderator"]
        assert "radiologist said:" in Scripted.asked[2].text
        assert Scripted.sizes == [2, 2, 1]

    def test_where_a_trajectory_is_asked_for_the_discussion_is_the_output(self) -> None:
        made = variant("team", told("hm"), roles=self.roles)
        steps = record(made, ask(kind="agent-trajectory"))["steps"]
        assert [step["input"]["role"] for step in steps] == ["radiologist", "GP", "moderator"]


def test_cases_are_asked_side_by_side_and_a_faulty_one_costs_no_other() -> None:
    def reply(one: Ask) -> Mapping[str, Any]:
        if "poison" in one.text:
            raise AdapterError("told to fail", failure="refused", retryable=True)
        return {"text": "FINAL ANSWER: fine"}

    made = variant("chain-of-thought", reply)  # type: ignore[arg-type]
    found = results(made, *(ask(text) for text in ("one", "poison", "two")))
    assert Scripted.sizes[0] == 3
    assert [r.answer and r.answer.record for r in found] == [
        {"text": "fine"},
        None,
        {"text": "fine"},
    ]
    assert found[1].error is not None
    assert (found[1].error.failure, found[1].error.retryable) == ("refused", True)
    assert found[1].provenance["steps"][0]["name"] == "chain-of-thought"


def test_prompt_and_decoding_are_those_of_the_version_underneath() -> None:
    made = variant("modality-drop", told("x"), drop=["image"])
    made.config["of"] |= {"prompt": "Say: {question}", "decoding": {"temperature": 0.2}}
    results(made, replace(ask(), parts=(Part("image", b"", "image"),), prompt="ignored"))
    assert Scripted.asked[0].rendered == "Say: What is it?"
    assert Scripted.asked[0].decoding == {"temperature": 0.2}


PAGE = (Path(__file__).parents[2] / "docs" / "variants.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^\| `([\w-]+)` \|.*\| `(\{.*\})` \|$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("key", strategies())
def test_the_documents_show_options_that_the_strategy_takes(key: str) -> None:
    options = json.loads(EXAMPLES[key])
    assert set(options) <= set(strategy_class(key).known)
    strategy_class(key)(options)


def test_a_record_that_is_given_on_keeps_its_files() -> None:
    made = variant("modality-drop", told("x"), drop=["image"])
    inner = Scripted.answer
    with_image = replace(ask(), parts=(*ask().parts, Part("image", b"", "image")))

    def with_file(self: Scripted, one: Ask) -> Answer:
        return replace(inner(self, one), files={"first.png": b"picture"})

    made._inner.answer = with_file.__get__(made._inner)  # type: ignore[method-assign]
    (result,) = results(made, with_image)
    assert result.answer is not None and result.answer.files == {"first.png": b"picture"}


def test_a_case_is_given_back_as_soon_as_its_own_answers_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Scripted, "batch", 1)
    made = variant("chain-of-thought", lambda ask: {"text": "A"})
    results = made.results([ask(), ask("Another note.")])
    first = next(results)
    assert (first.ask, len(Scripted.asked)) == (ask(), 1)
    assert len(list(results)) == 1
