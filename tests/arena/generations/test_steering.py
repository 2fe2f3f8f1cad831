"""Pausing, resuming, putting first, retrying by class: what coordinators do with a queue."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.core.models import AuditEvent
from arena.generations.models import Endpoint, Generation, StudySystem
from arena.generations.selectors import resources_waiting, servers_of
from arena.generations.services import (
    generation_claim,
    generation_complete,
    generation_fail,
    generation_pause,
    generation_prioritise,
    generation_request,
    generation_resume,
    generation_retry,
)
from arena.studies.models import Membership, Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
TAB = "/studies/notes/manage/systems/"


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 3)
    for slug in ("alder", "birch"):
        world.system(made, slug, config={"record": {"text": slug}})
    generation_request(study=made)
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    return made


@pytest.fixture
def client(study: Study) -> Client:
    made = Client()
    made.force_login(study.created_by, backend="django.contrib.auth.backends.ModelBackend")
    return made


def held(label: str) -> StudySystem:
    return StudySystem.objects.get(label=label)


def claim(limit: int = 8) -> list[Generation]:
    return generation_claim(owner="w", resource="cpu", limit=limit)


def asked() -> set[str]:
    """The systems that a worker with free hands would ask now."""
    rows = generation_claim(owner=uuid.uuid4().hex, resource="cpu", limit=8)
    return {row.study_system.label for row in rows}


def fail(row: Generation, failure: str) -> None:
    generation_fail(
        generation_id=row.pk, owner="w", failure=failure, error="so it was", retryable=False
    )


def test_a_paused_system_is_asked_nothing_and_the_others_go_on(study: Study) -> None:
    generation_pause(study=study, by="test", study_system=held("alder"))
    assert asked() == {"birch"}
    assert claim() == []
    assert resources_waiting() == []
    generation_resume(study=study, by="test", study_system=held("alder"))
    assert resources_waiting() == ["cpu"]
    assert asked() == {"alder"}


def test_what_is_being_answered_when_a_pause_comes_is_stored(study: Study) -> None:
    row = claim(1)[0]
    generation_pause(study=study, by="test")
    record = {"text": "Rest."}
    assert generation_complete(generation_id=row.pk, owner="w", record=record, provenance={})


def test_a_row_that_comes_back_to_a_paused_system_waits(study: Study) -> None:
    row = claim(1)[0]
    generation_pause(study=study, by="test")
    generation_fail(
        generation_id=row.pk, owner="w", failure="crashed", error="x", retryable=True,
        retry_after=0.0,
    )  # fmt: skip
    Generation.objects.update(not_before=timezone.now())
    assert claim() == []


def test_a_system_put_first_is_asked_before_all_others(study: Study) -> None:
    generation_prioritise(study_system=held("birch"), by="test", priority=10)
    assert asked() == {"birch"}
    generation_prioritise(study_system=held("birch"), by="test", priority=0)
    assert asked() == {"alder"}


def test_what_is_asked_for_later_has_the_systems_priority(study: Study) -> None:
    Generation.objects.all().delete()
    generation_prioritise(study_system=held("birch"), by="test", priority=10)
    generation_request(study=study)
    assert asked() == {"birch"}


def test_only_what_failed_in_one_way_is_tried_again(study: Study) -> None:
    first, second, third = claim()[:3]
    for row, failure in ((first, "refused"), (second, "refused"), (third, "crashed")):
        fail(row, failure)
    assert generation_retry(study=study, by="test", failure="refused") == 2
    assert Generation.objects.get(status="failed").failure == "crashed"


def test_a_long_queue_of_a_paused_system_is_stepped_over(study: Study) -> None:
    """The look for work walks an index per system and never the rows that wait."""
    generation_pause(study=study, by="test", study_system=held("alder"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        claim()
    looks = [query["sql"] for query in queries if "first" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' * (connection.vendor == 'sqlite')}{looks[0]}")
        plan = str(cursor.fetchall())
    assert "generation_backlog" in plan or connection.vendor == "postgresql"
    assert "TEMP B-TREE" not in plan


def test_everything_is_done_from_the_page_and_noted(client: Client, study: Study) -> None:
    birch = held("birch")
    for row in claim()[:2]:
        fail(row, "refused")
    page = client.get(TAB).content.decode()
    assert re.search(r"Retry 2 refused<span[^>]*> of alder", page)
    assert "2 refused" in page
    client.post(TAB + "step/", {"step": "first", "system": birch.pk})
    client.post(TAB + "step/", {"step": "pause", "system": birch.pk})
    page = client.get(TAB).content.decode()
    assert re.search(r">paused<.*>first<", page, re.DOTALL)
    assert "(paused)" in page
    for step in ("resume", "usual"):
        client.post(TAB + "step/", {"step": step, "system": birch.pk})
    client.post(TAB + "step/", {"step": "retry:refused", "system": held("alder").pk})
    assert not Generation.objects.filter(status="failed").exists()
    client.post(TAB + "step/", {"step": "pause"})
    assert "Resume all" in client.get(TAB).content.decode()
    client.post(TAB + "step/", {"step": "resume"})
    assert "Pause all" in client.get(TAB).content.decode()
    noted = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"generation:pause", "generation:resume", "generation:prioritise"} <= noted


def test_a_step_for_a_system_needs_one_of_this_study(client: Client, study: Study) -> None:
    foreign = world.system(world.study("other"), "cedar")
    for data in ({"step": "first"}, {"step": "pause", "system": foreign.pk}, {"step": "melt"}):
        assert client.post(TAB + "step/", data).status_code == 404


def test_what_loses_something_asks_once_more(client: Client, study: Study) -> None:
    page = client.get(TAB).content.decode()
    for value in ("cancel", "withdraw"):
        for button in re.finditer(rf'<button[^>]*value="{value}"', page):
            before = page[: button.start()]
            assert before.rfind('<details class="confirm">') > before.rfind("</details>")


def test_the_page_tells_how_the_servers_stand(client: Client, study: Study, settings: Any) -> None:
    settings.INSIDE_ENDPOINTS = ["gpu1:8000"]
    config = {"base_url": "http://gpu1:8000/v1", "model": "m"}
    world.system(study, "chat", adapter="openai-compatible", config=config)
    generation_request(study=study)
    row = generation_claim(owner="w", resource="remote", limit=2)[0]
    assert servers_of(study=study)[0].under_way == 2
    generation_fail(
        generation_id=row.pk, owner="w", failure="crashed", error="429: slow down",
        retryable=True, retry_after=300.0,
    )  # fmt: skip
    page = client.get(TAB).content.decode()
    assert "1 of at most 8 being asked" in page
    assert "429: slow down" in page
    Endpoint.objects.update(paused_until=None)
    assert "left alone" not in client.get(TAB).content.decode()
