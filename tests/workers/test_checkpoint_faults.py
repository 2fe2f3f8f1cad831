"""Checkpoints that are not what they are taken for: another task, another type, other files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch", reason='no torch: pip install ".[models]"')
pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file

from tests.workers import checkpoints, task_checkpoints
from tests.workers.scripted import asked
from workers.adapters.base import Adapter, AdapterError
from workers.adapters.registry import adapter_for
from workers.adapters.transformers_text import TransformersText

pytestmark = pytest.mark.slow


def loaded(adapter: str, folder: Path, revision: str = "") -> Adapter:
    made = adapter_for(adapter, {"model": str(folder)}, revision)
    made.load()
    return made


def refused(adapter: str, folder: Path, revision: str = "") -> str:
    with pytest.raises(AdapterError) as caught:
        loaded(adapter, folder, revision)
    assert (caught.value.failure, caught.value.retryable) == ("rejected_by_policy", False)
    return str(caught.value)


@pytest.mark.parametrize(
    ("adapter", "build"),
    [
        ("token-classification", checkpoints.llama),
        ("text-classification", checkpoints.llama),
        ("token-classification", lambda at: task_checkpoints.bert(at, "BertModel")),
        ("extractive-answer", lambda at: task_checkpoints.bert(at, "BertModel")),
    ],
)
def test_a_model_without_a_head_for_the_task_is_refused(
    tmp_path: Path, adapter: str, build: Callable[[Path], Path]
) -> None:
    """A head of random weights would answer, and nobody would see that it knows nothing."""
    said = refused(adapter, build(tmp_path / "model"))
    assert "would answer at random" in said
    assert "fit a head on it" in said


@pytest.mark.parametrize("tied", [True, False])
def test_weights_that_are_others_of_the_model_need_not_be_stored(
    tmp_path: Path, tied: bool
) -> None:
    """As where the words that are read and those that are written share theirs."""
    folder = checkpoints.llama(tmp_path / "model", tie_word_embeddings=tied)
    weights = load_file(folder / "model.safetensors")
    weights.pop("lm_head.weight", None)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    if tied:
        loaded("transformers-text", folder).close()
    else:
        assert "no weights for lm_head.weight" in refused("transformers-text", folder)


@pytest.mark.parametrize(
    ("adapter", "build", "kind"),
    [
        ("transformers-image-text", checkpoints.llama, "llama"),
        ("prompted-segmentation", task_checkpoints.segformer, "segformer"),
    ],
)
def test_a_model_of_another_type_is_named_by_its_type(
    tmp_path: Path, adapter: str, build: Callable[[Path], Path], kind: str
) -> None:
    said = refused(adapter, build(tmp_path / "model"))
    assert f"is a model of the type {kind!r}" in said
    assert len(said) < 250


def test_a_folder_has_no_revision_but_its_digest(tmp_path: Path) -> None:
    folder = checkpoints.llama(tmp_path / "model")
    for revision in ("v1.0", "main", "ab" * 20):
        assert f"has no revision {revision!r}" in refused("transformers-text", folder, revision)
    first = loaded("transformers-text", folder)
    assert isinstance(first, TransformersText)
    loaded("transformers-text", folder, first.checkpoint.digest).close()
    first.close()


def test_files_that_were_exchanged_are_loaded_anew(tmp_path: Path) -> None:
    """While the old ones are still loaded: an answer belongs to the files that are told with it."""
    folder = checkpoints.llama(tmp_path / "model")
    old = loaded("transformers-text", folder)
    shutil.rmtree(folder)
    checkpoints.llama(folder, seed=1)
    new = loaded("transformers-text", folder)
    texts = [_answer(each) for each in (old, new)]
    files = [each.identity()["files"] for each in (old, new)]
    old.close()
    new.close()
    again = loaded("transformers-text", folder)
    assert _answer(again) == texts[1] != texts[0]
    assert again.identity()["files"] == files[1] != files[0]
    again.close()


def _answer(adapter: Adapter) -> str:
    (result,) = adapter.results([asked("text-answer", tokens=12)])
    assert result.answer, result.error
    return json.dumps(result.answer.record)


def test_an_encoder_of_another_output_gets_no_head(tmp_path: Path) -> None:
    from workers.adapters.probes import ImageProbe

    probe = ImageProbe({"model": "org/sam"})
    with pytest.raises(AdapterError, match="org/sam is no encoder"):
        probe.pooled(object())


@pytest.mark.parametrize("renamed", ["DRUG", "B-drug", "disease"])
def test_a_class_that_the_model_lacks_is_not_renamed(tmp_path: Path, renamed: str) -> None:
    folder = task_checkpoints.bert(
        tmp_path / "model", "BertForTokenClassification", task_checkpoints.NER
    )
    config = {"model": str(folder), "labels": {"problem": "problem", renamed: "medication"}}
    made = adapter_for("token-classification", config, "")
    with pytest.raises(AdapterError, match="it has: O, drug, problem") as caught:
        made.load()
    assert repr(renamed) in str(caught.value)
    named = {"model": str(folder), "labels": {"problem": None, "drug": "medication"}}
    fine = adapter_for("token-classification", named, "")
    fine.load()
    fine.close()
