"""Frozen encoders with fitted heads: what is learned, from whom, and what is answered."""

import csv
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="no torch: pip install '.[models]'")
pytest.importorskip("sklearn", reason="no scikit-learn: pip install '.[demo]'")

from evaluation.kinds import CaseFacts, kind_for, kinds
from tests.workers import task_checkpoints as small
from workers.adapters.base import AdapterError, Ask, Part, Record
from workers.adapters.registry import adapter_for
from workers.probes.__main__ import main
from workers.probes.heads import HEADS, head_fit
from workers.probes.survival import hazards_fit
from workers.probes.training import training_read


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "training"
    folder.mkdir()
    monkeypatch.setenv("CONSILIUM_TRAINING_DIR", str(folder))
    return folder


def two_clouds(path: Path, **more: Any) -> None:
    """Sixty embeddings of eight numbers around two centres; ten patients with six each."""
    rng = np.random.default_rng(0)
    labels = np.tile(["benign", "malignant"], 30)
    embeddings = rng.normal(size=(60, 8)) + np.where(labels == "benign", -2, 2)[:, None]
    groups = np.repeat(np.arange(10), 6)
    np.savez(path, embeddings=embeddings, labels=labels, groups=groups, **more)


@pytest.mark.parametrize("kind", HEADS)
def test_every_head_tells_two_clouds_apart_and_repeats_itself(kind: str, sets: Path) -> None:
    two_clouds(sets / "clouds.npz", bags=np.arange(60) // 2 * 2 + np.arange(60) % 2)
    training = training_read("clouds.npz")
    one, again = head_fit(kind, training, {}), head_fit(kind, training, {})
    assert one.classes == ["benign", "malignant"]
    near, far = np.full((1, 8), -2.0), np.full((1, 8), 2.0)
    assert one.probabilities(near)[0] > 0.7 and one.probabilities(far)[1] > 0.7
    assert one.probabilities(near).sum() == pytest.approx(1)
    assert np.array_equal(one.probabilities(far), again.probabilities(far))


def test_no_patient_stands_on_both_sides_of_a_split(sets: Path) -> None:
    two_clouds(sets / "clouds.npz")
    training = training_read("clouds.npz")
    splits = list(training.splits())
    assert len(splits) == 5
    for fitted_on, judged_by in splits:
        assert not set(training.groups[fitted_on]) & set(training.groups[judged_by])


def test_a_head_that_only_knows_patients_is_seen_through(sets: Path) -> None:
    """Labels by patient alone: on other patients the log loss is no better than chance."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(12), 5)
    embeddings = rng.normal(size=(12, 8))[groups] + 0.01 * rng.normal(size=(60, 8))
    labels = np.where(groups % 2, "a", "b")
    np.savez(sets / "patients.npz", embeddings=embeddings, labels=labels, groups=groups)
    chosen = head_fit("knn", training_read("patients.npz"), {}).chosen
    assert chosen["log_loss"] > 0.5


class TestSurvival:
    def fit(self, sets: Path, ridge: float = 1e-6) -> Any:
        """Two patients of four have x = 1; the hand calculation maximises the partial likelihood
        e^b/(2e^b+2) · 1/(e^b+2) · e^b/(e^b+1) of deaths at 1 (x=1), 2 (x=0), 3 (x=1)."""
        x = np.array([[1.0], [0.0], [1.0], [0.0]])
        np.savez(sets / "cox.npz", embeddings=x, time=[1, 2, 3, 4], event=[1, 1, 1, 0])
        return hazards_fit(training_read("cox.npz"), ridge)

    def test_the_hazard_ratio_maximises_the_partial_likelihood(self, sets: Path) -> None:
        model = self.fit(sets)
        found = model.risk(np.array([1.0])) - model.risk(np.array([0.0]))
        b = np.linspace(-5, 5, 200_001)
        e = np.exp(b)
        best = b[np.argmax(np.log(e / (2 * e + 2)) - np.log(e + 2) + np.log(e / (e + 1)))]
        assert found == pytest.approx(best, abs=1e-3)

    def test_the_curve_falls_and_the_riskier_falls_below(self, sets: Path) -> None:
        model = self.fit(sets)
        times, safe = model.curve(np.array([0.0]))
        _, risky = model.curve(np.array([1.0]))
        assert times == [1, 2, 3]
        assert all(a >= b for a, b in itertools.pairwise(safe))
        assert all(a >= b for a, b in zip(safe, risky, strict=True))
        assert model.chance(np.array([1.0]), 0.5) == 0
        assert model.chance(np.array([1.0]), 3) == pytest.approx(1 - risky[-1])


class TestTrainingSets:
    @pytest.mark.parametrize("name", ["", "none.npz", "../clouds.npz"])
    def test_only_files_of_the_folder_are_read(self, sets: Path, name: str) -> None:
        two_clouds(sets / "clouds.npz")
        with pytest.raises(AdapterError, match=r"there are: clouds\.npz"):
            training_read(name)

    @pytest.mark.parametrize(
        ("arrays", "problem"),
        [
            ({"labels": ["a"]}, "needs embeddings"),
            ({"embeddings": [[np.nan]], "labels": ["a"]}, "finite"),
            ({"embeddings": [[1.0]]}, "needs labels, or time and event"),
            ({"embeddings": [[1.0]], "labels": ["a", "b"]}, "labels of x.npz must have 1 rows"),
        ],
    )
    def test_faults_name_the_array(self, sets: Path, arrays: Any, problem: str) -> None:
        np.savez(sets / "x.npz", **arrays)
        with pytest.raises(AdapterError, match=problem):
            training_read("x.npz")

    def test_pickled_arrays_and_other_files_are_refused(self, sets: Path) -> None:
        np.savez(sets / "pickle.npz", embeddings=np.array([object()]))
        (sets / "text.npz").write_text("not an archive")
        for name in ("pickle.npz", "text.npz"):
            with pytest.raises(AdapterError, match="cannot be read"):
                training_read(name)

    def test_one_class_is_no_question(self, sets: Path) -> None:
        np.savez(sets / "one.npz", embeddings=[[1.0], [2.0]], labels=["a", "a"])
        with pytest.raises(AdapterError, match="two classes"):
            head_fit("linear", training_read("one.npz"), {})


def shade(level: int, side: int = 32) -> bytes:
    pixels = np.random.default_rng(level).normal(level, 20, (side, side, 3)).clip(0, 255)
    kept = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(kept, "PNG")
    return kept.getvalue()


def answered(name: str, config: dict[str, Any], kind: str, *parts: Part) -> Record:
    adapter = adapter_for(name, {"dtype": "float32", **config})
    adapter.load()
    (result,) = adapter.results([Ask("c", "?", parts, kind)])
    adapter.close()
    assert result.answer is not None, result.error
    if kind in kinds():
        kind_for(kind).validate(result.answer.record, CaseFacts())
    return result.answer.record


def test_an_image_encoder_is_trained_from_a_table_and_answers(sets: Path, tmp_path: Path) -> None:
    model = small.vit(tmp_path / "vit", {0: "x", 1: "y"})
    with (tmp_path / "table.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "label", "group", "bag"])
        for n in range(12):
            level, label = (40, "dark") if n % 2 else (210, "bright")
            (tmp_path / f"{n}.png").write_bytes(shade(level + n))
            rows.writerow([f"{n}.png", label, n // 2, n])
    out = sets / "shades.npz"
    assert main([str(model), str(tmp_path / "table.csv"), "--out", str(out)]) == 0
    image = Part("image", shade(45), "image", "image/png")
    for head in HEADS:
        config = {"model": str(model), "training": "shades.npz", "head": head}
        labels = answered("image-probe", config, "label-probabilities", image)["labels"]
        assert labels["dark"] > labels["bright"], head
    tiled = {"model": str(model), "training": "shades.npz", "head": "attention-mil", "tile": 32}
    large = Part("image", shade(45, 96), "image", "image/png")
    assert answered("image-probe", tiled, "label-probabilities", large)["labels"]["dark"] > 0.5


def test_a_text_encoder_answers_with_risks_and_curves(sets: Path, tmp_path: Path) -> None:
    model = small.bert(tmp_path / "bert", "BertModel")
    with (tmp_path / "table.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "time", "event"])
        for n in range(10):
            text = "Fever and cough." if n % 2 else "No fever, rests and drinks."
            (tmp_path / f"{n}.txt").write_text(text)
            rows.writerow([f"{n}.txt", n + 1 if n % 2 else n + 20, 1])
    out = sets / "deaths.npz"
    assert main([str(model), str(tmp_path / "table.csv"), "--out", str(out)]) == 0
    config = {
        "model": str(model), "training": "deaths.npz", "head": "survival",
        "horizon": 10, "time_unit": "days", "pooling": "first",
    }  # fmt: skip
    ill, well = Part("text", "Fever and cough."), Part("text", "No fever, rests and drinks.")
    risk = answered("text-probe", config, "risk-score", ill)
    assert risk["horizon"] == "10 days"
    assert risk["p"] > answered("text-probe", config, "risk-score", well)["p"]
    curve = answered("text-probe", config, "survival-curve", ill)
    assert (curve["t"][0], curve["S"][0]) == (0, 1) and curve["S"][-1] < 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("file,label\nnone.png,a\n", "row 2, column file"),
        ("image,label\na,b\n", "needs the columns"),
    ],
)
def test_a_faulty_table_is_told_by_its_row(
    text: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert main(["none", str(tmp_path / "t.csv"), "--out", str(tmp_path / "x.npz")]) == 1
    assert problem in capsys.readouterr().err


def test_an_encoder_of_another_width_is_told_so(sets: Path, tmp_path: Path) -> None:
    two_clouds(sets / "clouds.npz")
    model = small.bert(tmp_path / "bert", "BertModel")
    adapter = adapter_for("text-probe", {"model": str(model), "training": "clouds.npz"})
    adapter.load()
    ask = Ask("c", "?", (Part("text", "Fever."),), "label-probabilities")
    (result,) = adapter.results([ask])
    assert "gives 32 numbers, the training set 8" in str(result.error)
    adapter.close()


@pytest.mark.parametrize(
    ("other", "pooling", "problem"),
    [(True, "first", "by another encoder than"), (False, "mean", "was pooled by 'first'")],
)
def test_a_training_set_of_another_encoder_is_refused(
    sets: Path, tmp_path: Path, other: bool, pooling: str, problem: str
) -> None:
    """As wide as this one: its numbers would mean something else, and nobody would see it."""
    model = small.bert(tmp_path / "bert", "BertModel")
    (tmp_path / "a.txt").write_text("Fever.")
    (tmp_path / "b.txt").write_text("No fever.")
    (tmp_path / "table.csv").write_text("file,label\na.txt,ill\nb.txt,well\n")
    out = sets / "notes.npz"
    assert main([str(model), str(tmp_path / "table.csv"), "--out", str(out)]) == 0
    used = model
    if other:
        used = small.bert(tmp_path / "other", "BertForTokenClassification", small.NER)
    config = {"model": str(used), "training": "notes.npz", "pooling": pooling}
    adapter = adapter_for("text-probe", config)
    with pytest.raises(AdapterError, match=problem) as refused:
        adapter.load()
    adapter.close()
    assert refused.value.failure == "rejected_by_policy"
