"""Tokens per CPU second: continuous batching, padded batches, one by one, and the whole way.

    python bench/workers_throughput.py [--cases 32] [--in-flight 16] [--shape 27m]
    python bench/workers_throughput.py --shape 8b --device cuda --dtype bfloat16 --cases 512 \
        --in-flight 64 --alone 16

A model of random weights answers cases whose answers end after 1 to 192 tokens (about 40 on
average): sampled by each case's seed, so that every way writes the same texts, which is checked.
The whole way is a real worker process with Celery, the embedded broker, SQLite and storage; it is
warm before it is measured. On a CPU the time is the process' own; on a GPU it is the clock's, and
only ``--alone`` cases are answered one by one.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

FOLDER = Path(tempfile.mkdtemp(prefix="consilium-bench-"))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "arena.settings",
    "CONSILIUM_DATA_DIR": str(FOLDER),
    "CONSILIUM_LOG_LEVEL": "ERROR",
    "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
}
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django

django.setup()

from django.core.management import call_command

from arena.generations.models import Generation, StudySystem
from arena.generations.services import generation_request
from tests.arena.generations import world
from tests.workers import checkpoints
from workers.adapters.transformers_text import TransformersText
from workers.asks import ask_for

SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {},
    "27m": {
        "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8,
        "num_attention_heads": 8, "num_key_value_heads": 8,
    },
    "8b": {
        "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "dtype": "bfloat16",
    },
}  # fmt: skip
DECODING = {"temperature": 1.7, "max_tokens": 192}
ENDS = 5
"""So many of about 170 tokens end the text."""


def checkpoint(shape: str) -> Path:
    """A model that ends its texts at a chance of about 1 in 40 per token."""
    folder = FOLDER / "model"
    folder.mkdir()
    checkpoints.llama(folder, max_position_embeddings=2048, **SHAPES[shape])
    file = folder / "generation_config.json"
    words = checkpoints.tokenizer()
    plain = [n for n in range(len(words)) if words.decode([n]).strip().isalnum()]
    told = json.loads(file.read_text()) | {"eos_token_id": plain[:: len(plain) // ENDS]}
    file.write_text(json.dumps(told))
    return folder


def system(slug: str, cases: int, config: dict[str, Any]) -> StudySystem:
    study = world.study(slug)
    world.cases(study, cases)
    return world.system(
        study, adapter="transformers-text", config=config, decoding=DECODING,
        prompt="What does this note say about the patient? Answer in words. {text}",
    )  # fmt: skip


class Clock:
    """CPU seconds of a process where the CPU computes, else seconds."""

    def __init__(self, device: str, pid: int | None = None) -> None:
        self._cpu, self._pid = device == "cpu", pid
        self._began = self._now()

    def _now(self) -> float:
        if not self._cpu:
            return time.perf_counter()
        if self._pid is None:
            return time.process_time()
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def seconds(self) -> float:
        return self._now() - self._began


def bare(batching: str, asks: list[Any], args: argparse.Namespace) -> tuple[list[str], float]:
    """The texts and the tokens per second of the adapter called directly."""
    model = TransformersText(config_of(args, batching))
    model.load()
    list(model.results(asks[:1]))
    clock = Clock(args.device)
    found = {id(result.ask): result.answer for result in model.results(asks)}
    seconds = clock.seconds()
    answers = [found[id(ask)] for ask in asks]
    model.close()
    gc.collect()
    tokens = sum(answer.provenance["tokens_out"] for answer in answers if answer)
    return [answer.record["text"] for answer in answers if answer], tokens / seconds


def config_of(args: argparse.Namespace, batching: str) -> dict[str, Any]:
    return {
        "model": str(FOLDER / "model"),
        "dtype": args.dtype,
        "batching": batching,
        "in_flight": args.in_flight,
    }


def whole_way(
    held: StudySystem, args: argparse.Namespace, beside: Callable[[int], Any] = nullcontext
) -> tuple[list[str], float]:
    """The same cases through the queue and a worker process; ``beside`` (told its id) looks on."""
    command = ["-m", "celery", "-A", "workers.app", "worker", "-P", "threads", "-c", "4"]
    options = ["-Q", "gpu", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    env, quiet = os.environ | {"CONSILIUM_DEVICE": args.device}, subprocess.DEVNULL
    worker = subprocess.Popen(
        [sys.executable, *command, *options], env=env, cwd=ROOT, stdout=quiet, stderr=quiet
    )
    try:
        warm = system("warm", 2, held.version.config)
        answered(warm)
        with beside(worker.pid):
            clock = Clock(args.device, worker.pid)
            rows = answered(held)
            seconds = clock.seconds()
    finally:
        asked = time.monotonic()
        worker.terminate()
        worker.wait(timeout=60)
        print(f"the worker was gone {time.monotonic() - asked:.1f} s after it was told to stop")
    tokens = sum(row.provenance.get("tokens_out", 0) for row in rows)
    print(*(f"{row.failure}: {row.error[:200]}" for row in rows if row.failure), sep="\n")
    return [(row.record or {}).get("text", "") for row in rows], tokens / seconds


def answered(held: StudySystem) -> list[Generation]:
    generation_request(study=held.study)
    rows = Generation.objects.filter(study_system=held).order_by("case_version__case__position")
    while rows.filter(status__in=["queued", "claimed"]).exists():
        time.sleep(0.2)
    return list(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument("--alone", type=int, default=0, help="cases one by one; 0: all")
    parser.add_argument("--shape", choices=SHAPES, default="27m")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    args = parser.parse_args()
    os.environ["CONSILIUM_DEVICE"] = args.device
    call_command("migrate", verbosity=0)
    checkpoint(args.shape)
    held = system("bench", args.cases, config_of(args, "continuous"))
    versions = [case.versions.latest("pk") for case in held.study.cases.order_by("position")]
    asks = [ask_for(Generation(study_system=held, case_version=version)) for version in versions]
    few = asks[: args.alone] if args.alone else asks
    texts, rates = {}, {}
    texts["one by one"], rates["one by one"] = bare("alone", few, args)
    texts["padded"], rates["padded"] = bare("padded", asks, args)
    texts["continuous"], rates["continuous"] = bare("continuous", asks, args)
    texts["whole way"], rates["whole way"] = whole_way(held, args)
    print(f"{'way':12} {'tokens/s':>9} {'÷ one by one':>13} {'÷ padded':>9} same text")
    for way, rate in rates.items():
        same = sum(a == b for a, b in zip(texts[way], texts["continuous"], strict=False))
        ratios = f"{rate / rates['one by one']:13.2f} {rate / rates['padded']:9.2f}"
        print(f"{way:12} {rate:9.1f} {ratios} {same} of {len(texts[way])}")
    print(f"whole way ÷ the engine called bare: {rates['whole way'] / rates['continuous']:.2f}")


if __name__ == "__main__":
    main()
