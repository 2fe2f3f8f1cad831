"""Loads and time for four models of which one fits: by the queue, and staying with what is loaded.

    python bench/workers_residency.py [--cases 24]

Four checkpoints of random weights (110 MB each) answer the same cases, asked for case by case, so
that the queue's order changes the model with every row. Real claims, real loading, SQLite.
“Queue order” claims one row at a time; “claims of one system” takes what is alike in the queue
together but prefers nobody; “affinity” is what workers do.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="consilium-bench-"))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "arena.settings",
    "CONSILIUM_DATA_DIR": str(FOLDER),
    "CONSILIUM_LOG_LEVEL": "ERROR",
    "CONSILIUM_DEVICE": "cpu",
    "OMP_NUM_THREADS": "1",
}
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django

django.setup()

from django.core.management import call_command

from arena.generations.models import Generation
from arena.generations.services import generation_request
from tests.arena.generations import world
from tests.workers import checkpoints
from workers import runner
from workers.residency import Residents

MODELS = 4
SHAPE = {
    "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8,
    "num_attention_heads": 8, "num_key_value_heads": 8, "ends": False,
}  # fmt: skip


class Nobody(Residents):
    """Loads as needed, prefers nobody."""

    def favoured(self) -> list[int]:
        return []


def ask(cases: int, slug: str) -> None:
    study = world.study(slug)
    world.cases(study, cases)
    for number in range(MODELS):
        config = {"model": str(FOLDER / f"model-{number}"), "dtype": "float32"}
        world.system(
            study, f"model-{number}", adapter="transformers-text",
            config={**config, "batching": "padded"}, decoding={"max_tokens": 4},
        )  # fmt: skip
    generation_request(study=study)


def measure(residents: Residents, most: int) -> tuple[int, float, float]:
    """Loads, CPU seconds and seconds until nothing waits."""
    runner.residents, runner.MOST_PER_CLAIM, runner.crew = residents, most, runner.Crew()
    cpu, clock = time.process_time(), time.perf_counter()
    while Generation.objects.filter(status="queued").exists():
        runner.run(resource="gpu")
    found = residents.loads, time.process_time() - cpu, time.perf_counter() - clock
    residents.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=24)
    cases = parser.parse_args().cases
    call_command("migrate", verbosity=0)
    for number in range(MODELS):
        (FOLDER / f"model-{number}").mkdir()
        checkpoints.llama(FOLDER / f"model-{number}", seed=number, **SHAPE)
    policies = {
        "queue order": (Nobody(capacity=1), 1),
        "claims of one system": (Nobody(capacity=1), 8),
        "affinity": (Residents(capacity=1), 8),
    }
    found = {}
    for name, (residents, most) in policies.items():
        ask(cases, name.replace(" ", "-"))
        found[name] = measure(residents, most)
    base = found["queue order"]
    print(f"{MODELS} models, capacity 1, {cases * MODELS} rows")
    print(f"{'policy':22} loads  CPU s      s  CPU time: times faster  time: times faster")
    for name, (loads, cpu, seconds) in found.items():
        ratios = f"{base[1] / cpu:23.1f} {base[2] / seconds:19.1f}"
        print(f"{name:22} {loads:5} {cpu:6.1f} {seconds:6.1f} {ratios}")


if __name__ == "__main__":
    main()
