"""Every type of model people bring from the Hub: saved, put in the Hub's cache, loaded by its id.

The files lie as ``hf download`` leaves them: a snapshot named by its commit, a branch that points
to it. The adapter is given the id alone and must find, pin, load and answer.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="no torch: pip install '.[models]'")

from evaluation.kinds import CaseFacts, kind_for
from tests.workers import checkpoints, task_checkpoints
from tests.workers.test_forecasting import part as series
from workers.adapters.base import AdapterError, Ask, Part
from workers.adapters.checkpoint import Checkpoint
from workers.adapters.model_card import facts_of
from workers.adapters.registry import adapter_for

COMMIT = "4f2a" * 10
TEXT = "Fever and cough since two days. Chest pain at night."
FACTS = CaseFacts(text=TEXT, width=48, height=40)
TWO = {0: "yes", 1: "no"}
Make = Callable[[Path], Path]


def bert(head: str, names: dict[int, str] | None = None) -> Make:
    return lambda at: task_checkpoints.bert(at, head, names)


NAMED = {"classes": ["a mole", "a scar"]}
TYPES: dict[str, tuple[str, Make, str, dict[str, Any]]] = {
    "Llama": ("transformers-text", checkpoints.llama, "summary", {}),
    "Qwen": ("transformers-text", checkpoints.qwen, "summary", {}),
    "Gemma": ("transformers-text", checkpoints.gemma, "summary", {}),
    "LLaVA": ("transformers-image-text", checkpoints.llava, "text-answer", {}),
    "Gemma with vision": (
        "transformers-image-text", checkpoints.gemma_vision, "text-answer", {},
    ),
    "BERT, entities": (
        "token-classification", bert("BertForTokenClassification", task_checkpoints.NER),
        "spans", {},
    ),
    "BERT, classes": (
        "text-classification", bert("BertForSequenceClassification", TWO),
        "label-probabilities", {},
    ),
    "BERT, answers": (
        "extractive-answer", bert("BertForQuestionAnswering"), "text-answer", {},
    ),
    "T5": ("text-to-text", task_checkpoints.t5, "summary", {}),
    "ViT": (
        "image-classification", lambda at: task_checkpoints.vit(at, TWO),
        "label-probabilities", {},
    ),
    "CLIP": ("zero-shot-image", task_checkpoints.clip, "label-probabilities", NAMED),
    "SigLIP": ("zero-shot-image", task_checkpoints.siglip, "label-probabilities", NAMED),
    "SAM": ("prompted-segmentation", task_checkpoints.sam, "mask", {}),
    "DETR": ("object-detection", task_checkpoints.detr, "boxes", {"threshold": 0.0}),
    "YOLOS": ("object-detection", task_checkpoints.yolos, "boxes", {"threshold": 0.0}),
    "OWLv2": (
        "zero-shot-detection", task_checkpoints.owlv2, "boxes", {**NAMED, "threshold": 0.0},
    ),
    "SegFormer": ("image-segmentation", task_checkpoints.segformer, "mask", {}),
    "Mask2Former": ("image-segmentation", task_checkpoints.mask2former, "mask", {}),
    "PatchTST": ("time-series-forecast", task_checkpoints.patchtst, "forecast", {}),
    "PatchTSMixer": ("time-series-forecast", task_checkpoints.patchtsmixer, "forecast", {}),
    "TimeSeriesTransformer": (
        "time-series-forecast", task_checkpoints.time_series, "forecast", {},
    ),
    "TimesFM": ("time-series-forecast", task_checkpoints.timesfm, "forecast", {}),
}  # fmt: skip


def downloaded(cache: Path, make: Make, name: str = "org/model") -> str:
    """As ``hf download`` leaves it; the card is among the files."""
    place = cache / f"models--{name.replace('/', '--')}"
    snapshot = place / "snapshots" / COMMIT
    made = make(snapshot)
    (made / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(COMMIT)
    return name


def ask(name: str, kind: str) -> Ask:
    kept = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (40, 48, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(kept, "PNG")
    parts = [
        Part("text", TEXT),
        Part("image", kept.getvalue(), "image", "image/png", {"width": 48, "height": 40}),
        series(np.arange(40.0), np.sin(np.arange(40.0))),
    ]
    sent = parts[: {"transformers-text": 1, "transformers-image-text": 2}.get(name, 3)]
    return Ask("c", "What is it?", tuple(sent), kind, decoding={"max_tokens": 6}, seed=1)


@pytest.mark.parametrize("type_", TYPES)
def test_a_model_of_this_type_is_loaded_by_its_hub_id_and_answers(
    type_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, make, kind, config = TYPES[type_]
    monkeypatch.setenv("CONSILIUM_MODELS_DIR", str(tmp_path))
    model = downloaded(tmp_path, make)
    adapter = adapter_for(name, {"model": model, "dtype": "float32", **config})
    adapter.load()
    (result,) = adapter.results([ask(name, kind)])
    facts, identity = facts_of(adapter), adapter.identity()
    adapter.close()
    assert result.answer is not None, result.error
    kind_for(kind).validate(result.answer.record, FACTS)
    assert (facts["revision"], facts["licence"]) == (COMMIT, "apache-2.0")
    assert facts["parameters"] > 0
    assert identity["commit"] == COMMIT
    assert identity["files"]["model.safetensors"]


def test_a_commit_that_was_pinned_is_found_though_the_branch_moved_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_MODELS_DIR", str(tmp_path))
    model = downloaded(tmp_path, task_checkpoints.timesfm)
    (tmp_path / "models--org--model" / "refs" / "main").write_text("ab" * 20)
    assert Checkpoint(model, COMMIT).commit == COMMIT
    with pytest.raises(AdapterError, match="hf download org/model"):
        Checkpoint(model)


def test_what_was_not_downloaded_is_told_with_the_command_that_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_MODELS_DIR", str(tmp_path))
    adapter = adapter_for("transformers-text", {"model": "org/absent"}, COMMIT)
    with pytest.raises(AdapterError) as caught:
        adapter.load()
    command = f"`hf download org/absent --revision {COMMIT} --cache-dir {tmp_path}`"
    assert command in str(caught.value)
    assert "downloads nothing by itself" in str(caught.value)
