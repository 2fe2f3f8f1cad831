"""Every adapter with everything it can answer: how it is set up, and what case it is put to.

``tasks`` says what there must be, from the registry and the catalogue; ``row_for`` how it is
done. An adapter or a task that is added without being set up here fails the test of the table.
"""

import base64
import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from arena.generations.adapter_info import ANY
from arena.generations.adapters import CATALOGUE
from arena.generations.strategies import STRATEGIES
from arena.voting.presenters import presenters
from tests.kinds_examples import NOTE, examples, files_of, input_kind
from tests.workers import checkpoints, task_checkpoints
from tests.workers.chat_server import ChatServer, whole
from workers.probes.__main__ import main as probe_fit

Record = dict[str, Any]
Make = Callable[[Path], Path]
WORDS = ("simplification", "summary", "text-answer")
"""What any text is a record of; everything else a language model must write as JSON."""
WRITERS = ("transformers-text", "transformers-image-text")
"""Their weights here are random and write no JSON, so that they are asked for text."""
TWO, TYPES = {0: "yes", 1: "no"}, task_checkpoints.NER
NLI = {0: "contradiction", 1: "neutral", 2: "entailment"}
NAMED = {"classes": ["pneumonia", "asthma"]}
CHOICES = f"{NOTE}\nA. Pneumonia\nB. Asthma\nC. Embolism"


@dataclass
class Bench:
    """What systems are made of: small models, a server that says what it is told, a corpus."""

    folder: Path
    server: ChatServer
    built: dict[str, Path] = field(default_factory=dict)

    def model(self, name: str, make: Make) -> str:
        if name not in self.built:
            self.built[name] = make(self.folder / "org" / name)
        return f"org/{name}"


Setup = Callable[[Bench], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One adapter with one task; ``setup`` gives what ``system_register`` takes."""

    kind: str
    cases: str
    setup: Setup
    rival: Record | None = None
    """What it is compared with, where an example of the page will not do."""


def tasks() -> list[tuple[str, str]]:
    """Each adapter with each of its tasks: an output kind, or for variants a strategy."""
    return [(name, task) for name in sorted(CATALOGUE) for task in _tasks(name)]


def _tasks(name: str) -> list[str]:
    info = CATALOGUE[name]
    if name == "variant":
        return [key for key, _ in STRATEGIES]
    if info.for_tests:
        return ["summary"]
    if name in WRITERS:
        return [*WORDS, "agent-trajectory", "chat-multi-turn"]
    shown = sorted(presenters())
    if name == "openai-compatible":
        return [kind for kind in shown if not files_of(examples()[kind].records[1])]
    return shown if info.output_kinds == ANY else sorted(info.output_kinds)


def row_for(name: str, task: str) -> Row:
    """Raises ``KeyError`` where nobody said how the adapter is set up."""
    if name == "variant":
        kind, cases, options = STRATEGY[task]
        return Row(kind, cases, partial(_variant, task, kind, options))
    if name in ANSWERED:
        return Row(task, input_kind(task), partial(ANSWERED[name], task))
    cases, make, config = LOCAL[name]
    return Row(task, cases, partial(_local, name, task, make, config))


# Where what is answered can be chosen -----------------------------------------------------------
def _example(kind: str) -> Record:
    """The second of the page's two; the first is answered by whom it is compared with."""
    return examples()[kind].records[1]


def _chat(kind: str, bench: Bench) -> dict[str, Any]:
    record = _example(kind)
    said = record["text"] if kind in WORDS else json.dumps(record)
    if kind in {"agent-trajectory", "chat-multi-turn"}:
        said = "Amoxicillin, and review on Friday."
    bench.server.say = lambda _: whole(said)
    return {"config": {"base_url": f"http://{bench.server.place}/v1", "model": "m", "sees": True}}


def _service(kind: str, bench: Bench) -> dict[str, Any]:
    record, files = _example(kind), _encoded(_example(kind))
    bench.server.say = lambda _: {"record": record, "files": files}
    template = _fetched(record) if files else "$.record"
    asked = {"request": {"prompt": "{prompt}"}, "record": template}
    return {"config": {"base_url": f"http://{bench.server.place}/predict", **asked}}


def _fetched(record: Any) -> Any:
    """The record, with a path to the reply in place of each file."""
    named = set(files_of(record))
    return {
        key: {"$file": f'$.files["{value}"]'} if value in named else f"$.record.{key}"
        for key, value in record.items()
    }


def _function(kind: str, bench: Bench) -> dict[str, Any]:
    told = {"record": _example(kind), "files": _encoded(_example(kind))}
    return {"config": {"callable": "tests.workers.echo:answer"}, "prompt": json.dumps(told)}


def _encoded(record: Record) -> dict[str, str]:
    return {name: base64.b64encode(data).decode() for name, data in files_of(record).items()}


def _mock(kind: str, bench: Bench) -> dict[str, Any]:
    return {"config": {"record": _example(kind)}}


def _method(method: str, kind: str, bench: Bench) -> dict[str, Any]:
    return {"config": {"method": method}}


def _uploaded(kind: str, bench: Bench) -> dict[str, Any]:
    return {}


ANSWERED: dict[str, Callable[[str, Bench], dict[str, Any]]] = {
    "openai-compatible": _chat,
    "http-json": _service,
    "python-callable": _function,
    "mock": _mock,
    "precomputed": _uploaded,
    "extractive-summary": partial(_method, "textrank"),
    "entity-tagging": partial(_method, "combined"),
    "segmentation": partial(_method, "otsu"),
}


# Variants ---------------------------------------------------------------------------------------
STRATEGY: dict[str, tuple[str, str, Record]] = {
    "few-shot": (
        "text-answer", "clinical-note",
        {"demonstrations": [{"text": "Chest pain, ST elevation.", "answer": "Infarction"}]},
    ),
    "chain-of-thought": ("text-answer", "clinical-note", {}),
    "choice-shuffling": ("multiple-choice", "choices", {"samples": 2}),
    "self-consistency": ("text-answer", "clinical-note", {"samples": 2}),
    "retrieval": ("text-answer", "clinical-note", {"corpus": "guidelines.jsonl", "count": 1}),
    "self-reflection": ("text-answer", "clinical-note", {"rounds": 1}),
    "team": (
        "agent-trajectory", "clinical-note",
        {"roles": [{"name": "radiologist", "brief": "Look."}], "rounds": 1},
    ),
    "perturbation": ("text-answer", "clinical-note", {"change": "typos", "strength": 0.1}),
    "modality-drop": ("text-answer", "image-2d", {"drop": ["image"]}),
    "truncation": ("text-answer", "clinical-note", {"fraction": 0.5}),
}  # fmt: skip
UNDER = "under"
"""The short name of the system that variants are made of; it takes no part itself."""


def _variant(strategy: str, kind: str, options: Record, bench: Bench) -> dict[str, Any]:
    said = "FINAL ANSWER: Amoxicillin, and review on Friday."
    answer = '{"choice": "A"}' if kind == "multiple-choice" else said
    bench.server.say = lambda _: whole(answer)
    (bench.folder / "guidelines.jsonl").write_text('{"id": "g1", "text": "Fever: amoxicillin."}\n')
    return {"config": {"of": UNDER, "strategy": strategy, "options": options}}


# Models that the worker loads -------------------------------------------------------------------
def _bert(head: str, names: dict[int, str] | None = None) -> Make:
    return lambda at: task_checkpoints.bert(at, head, names)


def _vit(at: Path) -> Path:
    return task_checkpoints.vit(at, TWO)


LOCAL: dict[str, tuple[str, Make, Record]] = {
    "transformers-text": ("clinical-note", partial(checkpoints.llama, ends=False), {}),
    "transformers-image-text": ("image-2d", checkpoints.gemma_vision, {}),
    "token-classification": ("clinical-note", _bert("BertForTokenClassification", TYPES), {}),
    "text-classification": ("clinical-note", _bert("BertForSequenceClassification", TWO), {}),
    "zero-shot-text": ("clinical-note", _bert("BertForSequenceClassification", NLI), NAMED),
    "extractive-answer": ("clinical-note", _bert("BertForQuestionAnswering"), {}),
    "text-to-text": ("clinical-note", task_checkpoints.t5, {}),
    "image-classification": ("image-2d", _vit, {}),
    "zero-shot-image": ("image-2d", task_checkpoints.siglip, NAMED),
    "object-detection": ("image-2d", task_checkpoints.detr, {"threshold": 0.0}),
    "zero-shot-detection": ("image-2d", task_checkpoints.owlv2, {**NAMED, "threshold": 0.0}),
    "image-segmentation": ("image-2d", task_checkpoints.segformer, {}),
    "prompted-segmentation": ("image-2d", task_checkpoints.sam, {"label": "lesion"}),
    "text-prompted-segmentation": (
        "image-2d",
        task_checkpoints.sam,
        {**NAMED, "threshold": 0.0},
    ),
    "time-series-forecast": ("time-series", task_checkpoints.patchtst, {}),
    "text-probe": ("clinical-note", _bert("BertModel"), {}),
    "image-probe": ("image-2d", _vit, {}),
}


def _local(name: str, kind: str, make: Make, config: Record, bench: Bench) -> dict[str, Any]:
    model = bench.model(name, make)
    settings = {"model": model, "dtype": "float32", "resource": "cpu", **config}
    if name == "text-prompted-segmentation":
        settings["detector"] = bench.model("detector", task_checkpoints.owlv2)
    if name.endswith("-probe"):
        settings |= _head(bench, model, name, survival=kind != "label-probabilities")
    return {"config": settings, "decoding": {"max_tokens": 12} if name != "variant" else {}}


def _head(bench: Bench, model: str, name: str, *, survival: bool) -> Record:
    """A training set of twelve labelled files, embedded by the command that users call."""
    out = bench.folder / f"{name}-{'times' if survival else 'labels'}.npz"
    if not out.exists():
        table = _labelled(bench.folder / f"{name}-files", texts=name == "text-probe")
        assert probe_fit([model, str(table[survival]), "--out", str(out)]) == 0
    return {"training": out.name, "head": "survival" if survival else "linear"}


def _labelled(folder: Path, *, texts: bool) -> tuple[Path, Path]:
    """Two tables of the same files: with labels, and with times and events."""
    folder.mkdir(exist_ok=True)
    tables = folder / "labels.csv", folder / "times.csv"
    heads = ["file", "label", "group"], ["file", "time", "event", "group"]
    for survival, (table, head) in enumerate(zip(tables, heads, strict=True)):
        with table.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(head)
            for n in range(12):
                told = [n % 5 + 1, n % 3 > 0] if survival else [("fever", "pain")[n % 2]]
                rows.writerow([_file(folder, n, texts), *map(_digit, told), n // 2])
    return tables


def _digit(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def _file(folder: Path, n: int, texts: bool) -> str:
    if texts:
        (folder / f"{n}.txt").write_text(
            ("Fever and cough. ", "Chest pain at night. ")[n % 2] * (n + 1)
        )
        return f"{n}.txt"
    Image.new("RGB", (32, 32), ((40, 210)[n % 2] + n,) * 3).save(folder / f"{n}.png")
    return f"{n}.png"
