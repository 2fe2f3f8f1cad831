"""The queue on SQLite: claim and finish per generation, and from the doorbell to the start of work.

    python bench/workers_queue.py [--waiting 100000] [--rows 400] [--bells 40]

Claims and stores answers with 100,000 rows waiting for four systems, through the same services as
workers (validation, leak filter and provenance included), in CPU and clock time per generation.
Then a real, idle worker process is rung for one row at a time.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="consilium-bench-"))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "arena.settings",
    "CONSILIUM_DATA_DIR": str(FOLDER),
    "CONSILIUM_LOG_LEVEL": "ERROR",
    "OMP_NUM_THREADS": "1",
}
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django

django.setup()

from django.core.management import call_command

from arena.generations.models import Generation
from arena.generations.services import (
    generation_cancel,
    generation_claim,
    generation_complete,
    generation_request,
)
from arena.studies.models import Case, CaseVersion, Study
from tests.arena.generations import world

SYSTEMS = 4
PROVENANCE = {"identity": {"files": {f"file-{n}": "0" * 64 for n in range(10)}}, "batch": 8}


def many(waiting: int) -> Study:
    study = world.study("many")
    count = waiting // SYSTEMS
    cases = [Case(study=study, key=str(n), position=n) for n in range(count)]
    Case.objects.bulk_create(cases, batch_size=500)
    held = [
        CaseVersion(
            case=case, input_kind="text", content={"text": "Fever."}, digest=f"{case.pk:064}"
        )
        for case in cases
    ]
    CaseVersion.objects.bulk_create(held, batch_size=500)
    for number in range(SYSTEMS):
        world.system(study, f"system-{number}")
    generation_request(study=study)
    return study


def claim_and_finish(rows: int, batch: int, resident: list[int]) -> tuple[float, float]:
    """CPU and clock milliseconds per generation."""
    done, cpu, clock = 0, time.process_time(), time.perf_counter()
    while done < rows:
        owner = f"bench/{done}"
        for row in generation_claim(owner=owner, resource="cpu", limit=batch, resident=resident):
            stored = generation_complete(
                generation_id=row.pk, owner=owner, record={"text": "Rest."}, provenance=PROVENANCE
            )
            done += stored
    spent = time.process_time() - cpu, time.perf_counter() - clock
    return spent[0] / done * 1000, spent[1] / done * 1000


def bells(count: int) -> list[float]:
    """Seconds from the request of one row to the start of its work in an idle worker."""
    command = ["-m", "celery", "-A", "workers.app", "worker", "-P", "threads", "-c", "2"]
    quiet = subprocess.DEVNULL
    worker = subprocess.Popen(
        [sys.executable, *command, "-Q", "default,cpu"], cwd=ROOT, stdout=quiet, stderr=quiet
    )
    found = []
    try:
        for number in range(count + 2):
            study = world.study(f"bell-{number}")
            world.cases(study, 1)
            world.system(study, f"bell-{number}")
            rung = time.time()
            generation_request(study=study)
            row = Generation.objects.filter(study_system__study=study)
            while not row.filter(status="succeeded").exists():
                time.sleep(0.02)
            found.append(row[0].started_at.timestamp() - rung)  # type: ignore[union-attr]
            time.sleep(0.3)
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    return found[2:]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--bells", type=int, default=40)
    args = parser.parse_args()
    call_command("migrate", verbosity=0)
    study = many(args.waiting)
    claim_and_finish(8, 8, [])
    print(f"{args.waiting} rows waiting: CPU ms, ms per generation (claim and finish)")
    last = study.study_systems.latest("pk").version_id
    for batch, resident in ((1, []), (8, []), (8, [last])):
        cpu, clock = claim_and_finish(args.rows, batch, resident)
        print(f"claims of {batch}{', one loaded' if resident else '':12} {cpu:6.2f} {clock:6.2f}")
    generation_cancel(study=study, by="bench")
    seconds = bells(args.bells)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(f"doorbell to start: median {statistics.median(seconds):.3f} s, p95 {p95:.3f} s")


if __name__ == "__main__":
    main()
