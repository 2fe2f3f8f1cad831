"""Every adapter of a task answers with a small model, in records that its output kind accepts."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="no torch: pip install '.[models]'")

from evaluation.kinds import CaseFacts, kind_for, kinds
from tests.workers import task_checkpoints as small
from workers.adapters.base import AdapterError, Ask, Part, Record
from workers.adapters.image_tasks import _meant, prompt_of
from workers.adapters.local_model import LocalModel
from workers.adapters.registry import adapter_for
from workers.adapters.text_tasks import joined

TEXT = "Fever and cough since two days. Chest pain at night, no fever. What now? " * 6
WIDTH, HEIGHT = 48, 40
FACTS = CaseFacts(text=TEXT, width=WIDTH, height=HEIGHT)
TWO = {0: "NEGATIVE", 1: "POSITIVE"}
NLI = {0: "contradiction", 1: "neutral", 2: "entailment"}


def picture(seed: int = 0) -> Part:
    pixels = np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    kept = io.BytesIO()
    Image.fromarray(pixels).save(kept, "PNG")
    meta = {"width": WIDTH, "height": HEIGHT}
    return Part("image", kept.getvalue(), "image", "image/png", meta)


def asks(kind: str, count: int = 3) -> list[Ask]:
    return [
        Ask(
            f"c{n}",
            "What does the patient have?",
            (Part("text", TEXT), picture(n)),
            kind,
            decoding={"max_new_tokens": 8},
            seed=n,
        )
        for n in range(count)
    ]


def records(
    name: str, folder: Path, kind: str, config: Mapping[str, Any] | None = None, **more: Any
) -> list[Record]:
    """What the adapter answers; one by one and in a batch are the same."""
    adapter = adapter_for(name, {"model": str(folder), "dtype": "float32", **(config or {})})
    adapter.load()
    asked = asks(kind, **more)
    together = {r.ask.case_id: r for r in adapter.results(asked)}
    assert not [r.error for r in together.values() if r.error]
    found = [together[ask.case_id].answer.record for ask in asked]  # type: ignore[union-attr]
    assert adapter.answer(asked[0]).record.keys() == found[0].keys()
    adapter.close()
    if kind in kinds():
        for record in found:
            kind_for(kind).validate(record, FACTS)
    return found


Make = Callable[[Path], Path]
TASKS: list[tuple[str, Make, str, dict[str, Any]]] = [
    (
        "token-classification",
        lambda f: small.bert(f, "BertForTokenClassification", small.NER),
        "spans",
        {"labels": {"drug": "medication"}},
    ),
    (
        "text-classification",
        lambda f: small.bert(f, "BertForSequenceClassification", TWO),
        "label-probabilities",
        {"labels": {"POSITIVE": "pneumonia", "NEGATIVE": "no pneumonia"}},
    ),
    (
        "zero-shot-text",
        lambda f: small.bert(f, "BertForSequenceClassification", NLI),
        "label-probabilities",
        {"classes": ["pneumonia", "asthma"]},
    ),
    (
        "extractive-answer",
        lambda f: small.bert(f, "BertForQuestionAnswering"),
        "text-answer",
        {},
    ),
    ("text-to-text", small.t5, "summary", {}),
    (
        "image-classification",
        lambda f: small.vit(f, {0: "melanoma", 1: "nevus", 2: "other"}),
        "label-probabilities",
        {"labels": {"other": None}},
    ),
    ("zero-shot-image", small.clip, "label-probabilities", {"classes": ["a mole", "a scar"]}),
    ("zero-shot-image", small.siglip, "label-probabilities", {"classes": ["a mole", "a scar"]}),
    ("object-detection", small.yolos, "boxes", {"threshold": 0.0}),
    ("object-detection", small.detr, "boxes", {"threshold": 0.0}),
    (
        "zero-shot-detection",
        small.grounding_dino,
        "boxes",
        {"threshold": 0.0, "classes": ["fever", "chest pain"]},
    ),
    ("zero-shot-detection", small.owlv2, "boxes", {"threshold": 0.0, "classes": ["a mole"]}),
    ("image-segmentation", small.segformer, "mask", {}),
    ("image-segmentation", small.mask2former, "mask", {}),
    ("prompted-segmentation", small.sam, "mask", {"label": "lesion"}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize(
    ("name", "make", "kind", "config"),
    TASKS,
    ids=[f"{name}-{n}" for n, (name, *_) in enumerate(TASKS)],
)
def test_a_model_of_this_task_answers_a_batch(
    name: str, make: Make, kind: str, config: dict[str, Any], folder: Path, request: Any
) -> None:
    made = make(folder / request.node.callspec.id)
    found = records(name, made, kind, config)
    assert len(found) == 3
    assert found == records(name, made, kind, config), "the same on every run"


def rewritten(folder: Path, wanted: list[Ask]) -> list[Any]:
    """The texts in the order of the asks, or the errors."""
    adapter = adapter_for("text-to-text", {"model": str(folder), "dtype": "float32"})
    adapter.load()
    found = {id(r.ask): r for r in adapter.results(wanted)}
    adapter.close()
    results = [found[id(one)] for one in wanted]
    return [r.answer.record["text"] if r.answer else str(r.error) for r in results]


def drawn(**decoding: Any) -> list[Ask]:
    told = {"temperature": 3.0, "max_tokens": 8, **decoding}
    return [replace(one, decoding=told) for one in asks("summary")]


def test_a_rewritten_text_follows_its_seed_whatever_its_batch(folder: Path) -> None:
    made = small.t5(folder / "drawn")
    together = rewritten(made, drawn())
    assert rewritten(made, drawn()) == together
    assert [rewritten(made, [one])[0] for one in drawn()] == together
    assert rewritten(made, drawn()[::-1])[::-1] == together
    assert len(set(together)) == 3


@pytest.mark.parametrize(
    ("decoding", "words"),
    [
        ({"num_beams": 2}, "num_beams or temperature"),
        ({"stop": "."}, "Stop words"),
        ({"length_penalty": 2}, "has no 'length_penalty'"),
    ],
)
def test_a_decoding_that_would_not_be_kept_to_is_refused(
    decoding: dict[str, Any], words: str, folder: Path
) -> None:
    made = folder / "odd"
    if not made.exists():
        small.t5(made)
    assert all(words in said for said in rewritten(made, drawn(**decoding)))


class TestSpans:
    def test_words_become_spans_by_their_labels(self) -> None:
        told = [
            (0, 5, "B-drug"), (6, 9, "I-drug"), (10, 12, "O"),
            (13, 18, "B-drug"), (19, 24, "B-drug"), (25, 30, "problem"), (31, 36, "problem"),
        ]  # fmt: skip
        assert [(s["start"], s["end"], s["type"]) for s in joined(told)] == [
            *((0, 9, "drug"), (13, 18, "drug"), (19, 24, "drug"), (25, 36, "problem"))
        ]

    def test_a_long_text_is_read_to_its_end(self, folder: Path) -> None:
        """64 tokens are read at once; the text has hundreds."""
        made = small.bert(folder / "long", "BertForTokenClassification", small.NER)
        spans = records("token-classification", made, "spans")[0]["spans"]
        assert max(span["end"] for span in spans) > len(TEXT) * 0.8
        assert all(TEXT[s["start"] : s["end"]].strip() for s in spans)

    def test_a_type_may_be_left_out(self, folder: Path) -> None:
        made = small.bert(folder / "less", "BertForTokenClassification", small.NER)
        found = records("token-classification", made, "spans", {"labels": {"drug": None}})
        assert {span["type"] for record in found for span in record["spans"]} <= {"problem"}


class TestAnswersInTheText:
    def test_the_answer_is_a_stretch_of_the_text(self, folder: Path) -> None:
        made = small.bert(folder / "qa", "BertForQuestionAnswering")
        assert records("extractive-answer", made, "text-answer")[0]["text"] in TEXT
        (span,) = records("extractive-answer", made, "spans", count=1)[0]["spans"]
        assert TEXT[span["start"] : span["end"]].strip()


class TestImages:
    def test_probabilities_of_one_class_sum_to_one(self, folder: Path) -> None:
        made = small.vit(folder / "vit-sum", {0: "melanoma", 1: "nevus"})
        found = records("image-classification", made, "label-probabilities")
        assert [sum(r["labels"].values()) for r in found] == pytest.approx([1, 1, 1], abs=1e-5)

    def test_boxes_lie_in_the_image(self, folder: Path) -> None:
        made = small.yolos(folder / "yolos-in")
        config = {"threshold": 0.0, "labels": {"node": None}}
        boxes = records("object-detection", made, "boxes", config)[0]["boxes"]
        assert {box["label"] for box in boxes} <= {"lesion"}
        assert all(b["x"] + b["w"] <= WIDTH and b["y"] + b["h"] <= HEIGHT for b in boxes)

    def test_a_box_has_the_name_of_a_class_that_was_asked_for(self, folder: Path) -> None:
        """Grounding DINO answers with words of the prompt, such as “fever. chest pain. [SEP]”."""
        made = small.grounding_dino(folder / "named")
        config = {"threshold": 0.0, "classes": ["fever", "chest pain"]}
        found = records("zero-shot-detection", made, "boxes", config)
        labels = {box["label"] for record in found for box in record["boxes"]}
        assert labels
        assert labels <= {"fever", "chest pain"}

    @pytest.mark.parametrize(
        ("label", "meant"),
        [
            ("fever", "fever"),
            ("pain", "chest pain"),
            ("Chest pain. [SEP]", "chest pain"),
            ("fever chest pain", "chest pain"),
            ("", ""),
            ("[CLS]", ""),
        ],
    )
    def test_words_of_a_prompt_mean_the_class_they_share_most_with(
        self, label: str, meant: str
    ) -> None:
        assert _meant(label, ["fever", "chest pain"]) == meant

    def test_a_prompt_in_the_text_is_followed(self) -> None:
        size = (WIDTH, HEIGHT)
        assert prompt_of("Outline it. Point: 12, 30", size) == {"input_points": [[[12, 30]]]}
        assert prompt_of("box 1, 2, 30, 40", size) == {"input_boxes": [[[1, 2, 30, 40]]]}
        assert prompt_of("", size) == {"input_points": [[[24, 20]]]}

    @pytest.mark.parametrize("text", ["point: 48, 0", "box: 30, 2, 1, 40", "box: 0, 0, 49, 40"])
    def test_a_prompt_outside_the_image_is_refused(self, text: str) -> None:
        with pytest.raises(Exception, match="does not lie in the image"):
            prompt_of(text, (WIDTH, HEIGHT))

    def test_a_case_without_an_image_fails_alone(self, folder: Path) -> None:
        made = small.vit(folder / "vit-none", {0: "melanoma", 1: "nevus"})
        adapter: LocalModel = adapter_for("image-classification", {"model": str(made)})  # type: ignore[assignment]
        adapter.load()
        without = Ask("none", "?", (Part("text", TEXT),), "label-probabilities")
        found = {r.ask.case_id: r for r in adapter.results([without, *asks("label-probabilities")])}
        assert found["none"].error is not None
        assert found["none"].error.failure == "rejected_by_policy"
        assert all(found[f"c{n}"].answer for n in range(3))
        adapter.close()


@pytest.mark.parametrize("classes", [None, [], "a mole"])
def test_zero_shot_needs_classes(folder: Path, classes: Any) -> None:
    made = folder / "clip-none"
    if not made.exists():
        small.clip(made)
    adapter = adapter_for("zero-shot-image", {"model": str(made), "classes": classes})
    adapter.load()
    (result,) = adapter.results(asks("label-probabilities", count=1))
    assert result.error is not None and "'classes' must list" in str(result.error)
    adapter.close()


class TestWordsToMasks:
    @pytest.fixture
    def pair(self, folder: Path) -> dict[str, Any]:
        detector, outliner = small.owlv2(folder / "finds"), small.sam(folder / "outlines")
        found = {"model": str(outliner), "detector": str(detector), "dtype": "float32"}
        return {**found, "classes": ["a mole", "a scar"], "threshold": 0.0}

    def test_what_is_named_is_outlined_with_one_mask_a_class(self, pair: dict[str, Any]) -> None:
        adapter = adapter_for("text-prompted-segmentation", pair)
        adapter.load()
        try:
            results = list(adapter.results(asks("mask")))
            again = list(adapter.results(asks("mask")))
            assert set(adapter.identity()) >= {"detector", "outliner"}
            assert len(adapter.holds()) == 2
        finally:
            adapter.close()
        assert not [r.error for r in results if r.error]
        for result in results:
            assert result.answer is not None
            record = kind_for("mask").validate(result.answer.record, FACTS)
            labels = [item["label"] for item in record["objects"]]
            assert labels and set(labels) <= {"a mole", "a scar"}
            assert len(labels) == len(set(labels))
            assert result.answer.provenance["boxes"]
        assert [r.answer and r.answer.record for r in results] == [
            r.answer and r.answer.record for r in again
        ]

    def test_where_nothing_is_found_there_is_no_mask(self, pair: dict[str, Any]) -> None:
        adapter = adapter_for("text-prompted-segmentation", {**pair, "threshold": 1.0})
        adapter.load()
        try:
            (result,) = adapter.results(asks("mask", 1))
        finally:
            adapter.close()
        assert result.answer is not None
        assert result.answer.record == {"width": WIDTH, "height": HEIGHT, "objects": []}

    def test_a_detector_that_is_not_there_says_so_and_nothing_stays_loaded(
        self, pair: dict[str, Any]
    ) -> None:
        adapter = adapter_for("text-prompted-segmentation", {**pair, "model": "org/none"})
        with pytest.raises(AdapterError, match="org/none"):
            adapter.load()
        assert not adapter.holds()
