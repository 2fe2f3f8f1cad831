"""What workers ask of the queue is looked up by index, however many rows wait (SQLite's plan)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from arena.generations.models import Generation
from arena.generations.selectors import resources_waiting
from arena.generations.services import (
    generation_claim,
    generation_complete,
    generation_held,
    generation_release,
    generation_request,
    leases_recover,
    leases_renew,
    queue,
)
from tests.arena.generations import world

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="plans are read from SQLite"),
]


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """The statements on generations with their parameters, which decide which index serves."""
    seen: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "UPDATE")) and '"generations_generation"' in sql:
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def scans(work: Callable[[], Any]) -> list[str]:
    """Where the plan walks through the whole table of generations."""
    with statements() as seen:
        work()
    assert seen
    found = []
    with connection.cursor() as cursor:
        for sql, params in seen:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            found += [step for *_, step in cursor.fetchall()]
    return [step for step in found if step in {"SCAN generations_generation", "SCAN U0"}]


@pytest.fixture
def versions() -> list[int]:
    """Two systems; the second has nothing left to do."""
    study = world.study("plan")
    world.cases(study, 20)
    held = [world.system(study, name) for name in ("a", "b")]
    generation_request(study=study)
    Generation.objects.filter(study_system=held[1]).update(status="cancelled")
    return [each.version_id for each in held]


def claim(resident: list[int]) -> list[Generation]:
    return generation_claim(owner="w/1", resource="cpu", limit=4, resident=resident)


def test_a_claim_walks_through_no_table(versions: list[int]) -> None:
    assert scans(lambda: claim([])) == []
    assert scans(lambda: claim([versions[0]])) == []
    assert scans(lambda: claim([versions[1]])) == []
    assert Generation.objects.filter(status="claimed").count() == 12


def test_a_claim_beside_a_server_that_may_not_be_asked_walks_through_no_table(
    versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    Generation.objects.update(resource="remote")
    monkeypatch.setattr(queue, "endpoints_closed", lambda: [404])
    rows: list[Generation] = []
    remote = {"owner": "w/1", "resource": "remote", "limit": 4}
    assert scans(lambda: rows.extend(generation_claim(**remote))) == []  # type: ignore[arg-type]
    assert len(rows) == 4


def test_what_follows_a_claim_walks_through_no_table(versions: list[int]) -> None:
    row = claim([])[0]
    answer = {"record": {"text": "Rest."}, "provenance": {}}
    assert scans(resources_waiting) == []
    assert scans(lambda: leases_renew(owner="w/1")) == []
    assert scans(lambda: generation_held(owner="w/1")) == []
    assert scans(lambda: generation_complete(generation_id=row.pk, owner="w/1", **answer)) == []
    assert scans(lambda: generation_release(owner="w/1")) == []
    assert scans(leases_recover) == []
