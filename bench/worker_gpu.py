"""A GPU worker at work: 512 mixed cases through the whole way, against one by one, and how busy.

    python bench/worker_gpu.py                                   # an 8 B model on cuda:0
    python bench/worker_gpu.py --shape tiny --device cpu --cases 24 --alone 4   # that it works

A Llama-shaped model of random weights in half precision answers notes of 4 to 100 words
with texts of 1 to 192 tokens, through the queue, a real worker process, validation and storage.
Some cases (``--alone``) are also answered one after the other by the adapter called directly. The
share in which the GPU is busy is what its driver says ten times a second; on a CPU it is the
worker's computing time by the clock's. Acceptance on a GPU: at least 8 times one by one.
"""

import argparse
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import workers_throughput as throughput  # sets Django up, so before all that needs it

# isort: split
from django.core.management import call_command

from arena.generations.models import Generation, StudySystem
from arena.studies.models import Case, CaseVersion, Study
from tests.arena.generations import world
from workers.adapters.transformers_text import TransformersText
from workers.asks import ask_for
from workers.energy import gpu_busy

BAR = 8.0
LOOK_SECONDS = 0.1
DECODING = {**throughput.DECODING, "top_k": 48}
"""Random weights give control characters half a chance, and those are no texts to store."""
WORDS = [
    "fever",
    "cough",
    "chest",
    "pain",
    "since",
    "days",
    "night",
    "rest",
    "fluids",
    "blood",
    "pressure",
    "no",
    "what",
    "now",
]


def mixed_cases(study: Study, count: int) -> list[CaseVersion]:
    """Notes of 4 to 100 words, short ones more often, the same on every run."""
    draw, made = random.Random(8), []
    for number in range(count):
        words = draw.choices(WORDS, k=round(4 * 25 ** draw.random()))
        case = Case.objects.create(study=study, key=f"case-{number}", position=number)
        content = {"text": f"Note {number}: {' '.join(words)}."}
        made.append(
            CaseVersion.objects.create(
                case=case, input_kind="text", content=content, digest=f"{number:064d}"
            )
        )
    return made


class Busy:
    """How large a part of the time the device computed; looks on from a thread."""

    def __init__(self, device: str, pid: int) -> None:
        self.device, self.seen, self._ends = device, list[float](), threading.Event()
        self._clock = throughput.Clock(device, pid)
        self._began = time.perf_counter()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Busy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._began
        self.computed = self._clock.seconds()
        self._ends.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ends.wait(LOOK_SECONDS):
            share = gpu_busy(self.device)
            if share is not None:
                self.seen.append(share)

    def told(self) -> str:
        if self.device == "cpu":
            return f"{self.computed / self.seconds:.0%} (of one core: computing ÷ clock)"
        if not self.seen:
            return "not told: install nvidia-ml-py"
        return f"{sum(self.seen) / len(self.seen):.0%} (NVML, {len(self.seen)} looks)"


def build(args: argparse.Namespace) -> None:
    """The weights are drawn on the device and in half precision: an 8 B model is 16 GB, not 32."""
    import torch

    torch.set_default_dtype(getattr(torch, args.dtype))
    torch.set_default_device(args.device)
    throughput.checkpoint(args.shape)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device("cpu")


def one_by_one(config: dict[str, Any], asks: list[Any], device: str) -> float:
    """Tokens per second of the adapter, one case after the other."""
    model = TransformersText({**config, "batching": "alone"})
    model.load()
    list(model.results(asks[:1]))
    clock = throughput.Clock(device)
    results = list(model.results(asks))
    seconds = clock.seconds()
    print("attention:", model.identity()["attention"], "device:", model.known()["device"])
    model.close()
    known = [r.answer.provenance if r.answer else r.provenance for r in results]
    return sum(each.get("tokens_out", 0) for each in known) / seconds


def mixed_system(args: argparse.Namespace) -> StudySystem:
    study = world.study("mixed")
    mixed_cases(study, args.cases)
    return world.system(
        study, adapter="transformers-text", config=throughput.config_of(args, "continuous"),
        decoding=DECODING, prompt="What does this note say? Answer in words. {text}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=512)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--alone", type=int, default=16, help="cases also answered one by one")
    parser.add_argument("--shape", choices=throughput.SHAPES, default="8b")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--dtype", default="bfloat16")
    args = parser.parse_args()
    os.environ["CONSILIUM_DEVICE"] = args.device
    call_command("migrate", verbosity=0)
    build(args)
    held = mixed_system(args)
    versions = [case.versions.latest("pk") for case in held.study.cases.order_by("position")]
    few = [ask_for(Generation(study_system=held, case_version=v)) for v in versions[: args.alone]]
    alone = one_by_one(held.version.config, few, args.device)
    looks: list[Busy] = []

    def beside(pid: int) -> Busy:
        looks.append(Busy(args.device, pid))
        return looks[-1]

    texts, whole = throughput.whole_way(held, args, beside)
    per = "CPU second" if args.device == "cpu" else "second"
    print(f"one by one, {len(few)} cases: {alone:.1f} tokens per {per}")
    print(f"whole way, {len(texts)} cases: {whole:.1f} tokens per {per}, {looks[0].seconds:.1f} s")
    print(f"whole way ÷ one by one: {whole / alone:.2f} (on a GPU ≥ {BAR:g})")
    print(f"device busy: {looks[0].told()}")
    print(f"answered: {sum(bool(text) for text in texts)} of {len(texts)}")


if __name__ == "__main__":
    main()
