"""The far side of the drills: what runs in processes of its own, on the database of the drill.

``python -m tests.workers.drill seed SYSTEMS CASES SECONDS``; all print JSON.
"""

import json
import os
import sys
import time
from collections import Counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.db.models import Max  # noqa: E402

from arena.core.queue import TaskName, enqueue  # noqa: E402
from arena.generations.models import Generation  # noqa: E402
from arena.generations.services import generation_cancel, generation_request  # noqa: E402
from arena.studies.models import Study  # noqa: E402
from tests.arena.generations import world  # noqa: E402

COUNTING = {
    "sqlite": [
        "CREATE TABLE IF NOT EXISTS drill_stored (generation integer)",
        """CREATE TRIGGER IF NOT EXISTS drill_count AFTER UPDATE OF status
        ON generations_generation WHEN NEW.status IN ('succeeded', 'failed')
        BEGIN INSERT INTO drill_stored VALUES (NEW.id); END""",
    ],
    "postgresql": [
        "CREATE TABLE IF NOT EXISTS drill_stored (generation bigint)",
        """CREATE OR REPLACE FUNCTION drill_note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO drill_stored VALUES (NEW.id); RETURN NEW; END $$""",
        """CREATE OR REPLACE TRIGGER drill_count AFTER UPDATE OF status ON generations_generation
        FOR EACH ROW WHEN (NEW.status IN ('succeeded', 'failed')) EXECUTE FUNCTION drill_note()""",
    ],
}


def seed(systems: str, cases: str, seconds: str) -> dict[str, int]:
    """A study with mock systems; every answer that is stored leaves a line in a table.

    The first case is poison for every system. What an earlier drill left waiting is cancelled.
    """
    for earlier in Study.objects.all():
        generation_cancel(study=earlier, by="drill")
    with connection.cursor() as cursor:
        for statement in COUNTING[connection.vendor]:
            cursor.execute(statement)
    study = world.study(f"drill-{Study.objects.count()}")
    poison = world.cases(study, int(cases))[0].digest
    for number in range(int(systems)):
        config = {"seconds": float(seconds), "fail": [poison]}
        world.system(study, f"system-{number}", config=config)
    return {"rows": generation_request(study=study)}


def model(folder: str, cases: str, tokens: str) -> dict[str, int]:
    """A study with a language model of this machine that writes so many tokens for each case."""
    with connection.cursor() as cursor:
        for statement in COUNTING[connection.vendor]:
            cursor.execute(statement)
    study = world.study(f"drill-{Study.objects.count()}")
    world.cases(study, int(cases))
    settings = {"model": folder, "dtype": "float32", "resource": "cpu", "in_flight": 4}
    world.system(
        study, adapter="transformers-text", config=settings, prompt="Shorten: {text}",
        decoding={"max_tokens": int(tokens)},
    )  # fmt: skip
    return {"rows": generation_request(study=study)}


def report() -> dict[str, int]:
    """Counts by status of the newest drill, and how often an end was stored more than once.

    The stored ends are read before the statuses: an end that arrives in between is then missing
    from ``stored``, and a drill that waits for it waits on, in place of seeing too few statuses.
    """
    newest = Study.objects.latest("pk")
    with connection.cursor() as cursor:
        cursor.execute("SELECT generation FROM drill_stored")
        ends = [generation for (generation,) in cursor.fetchall()]
    rows = Generation.objects.filter(study_system__study=newest)
    statuses = dict(rows.values_list("pk", "status"))
    stored = [generation for generation in ends if generation in statuses]
    counted = Counter(statuses.values())
    return {
        **{status: counted[status] for status in Generation.Status.values},
        "stored": len(stored),
        "doubled": len(stored) - len(set(stored)),
        "most_attempts": rows.aggregate(most=Max("attempts"))["most"],
    }


def failures() -> dict[str, list[str]]:
    """What the failed rows of the newest drill say."""
    newest = Study.objects.latest("pk")
    failed = Generation.objects.filter(study_system__study=newest, status="failed")
    return {"said": [f"{row.failure}: {row.error}" for row in failed]}


def wait(name: str, count: str, seconds: str) -> dict[str, int]:
    """Report once ``name`` is at least ``count``, or when the time is up."""
    deadline = time.monotonic() + float(seconds)
    while (found := report())[name] < int(count) and time.monotonic() < deadline:
        connection.close()
        time.sleep(0.05)
    return found


def ring(times: str) -> dict[str, int]:
    """Bells that nobody asked for: duplicate deliveries."""
    for _ in range(int(times)):
        enqueue(TaskName.GENERATE, queue="cpu", resource="cpu")
    return {"rung": int(times)}


if __name__ == "__main__":
    work = {
        "seed": seed,
        "model": model,
        "report": report,
        "failures": failures,
        "wait": wait,
        "ring": ring,
    }[sys.argv[1]]
    print(json.dumps(work(*sys.argv[2:])))
