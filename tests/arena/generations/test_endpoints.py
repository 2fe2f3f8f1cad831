"""Model servers are asked no more than they may be, by all workers together."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from arena.generations.models import Endpoint, Generation
from arena.generations.services import (
    endpoint_limit,
    generation_claim,
    generation_complete,
    generation_fail,
    generation_release,
    generation_request,
)
from arena.studies.models import Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
GPU1 = {"base_url": "http://gpu1:8000/v1", "model": "a"}
GPU2 = {"base_url": "http://GPU2:8000/v1", "model": "b"}


@pytest.fixture(autouse=True)
def inside(settings: Any) -> Iterator[None]:
    settings.INSIDE_ENDPOINTS = ["gpu1:8000", "gpu2:8000"]
    return


def asked(*configs: dict[str, Any], cases: int = 30) -> Study:
    study = world.study()
    world.cases(study, cases)
    for number, config in enumerate(configs):
        world.system(study, f"chat-{number}", adapter="openai-compatible", config=config)
    generation_request(study=study)
    return study


def claim(owner: str, limit: int = 32) -> list[Generation]:
    return generation_claim(owner=owner, resource="remote", limit=limit)


def complete(row: Generation, owner: str, **provenance: Any) -> bool:
    return generation_complete(
        generation_id=row.pk, owner=owner, record={"text": "Rest."}, provenance=provenance
    )


def test_systems_at_one_server_share_its_row() -> None:
    asked(GPU1, {**GPU1, "model": "other"}, GPU2)
    assert list(Endpoint.objects.values_list("address", flat=True)) == ["gpu1:8000", "gpu2:8000"]


def test_workers_together_ask_no_more_than_the_server_takes_at_once() -> None:
    asked(GPU1, {**GPU1, "model": "other"})
    endpoint_limit(address="gpu1:8000", most_at_once=5)
    assert [len(claim(owner)) for owner in ("a", "b")] == [5, 0]
    generation_release(owner="a", generation_id=Generation.objects.filter(lease_owner="a")[0].pk)
    assert [len(claim(owner)) for owner in ("b", "c")] == [1, 0]


def test_a_full_server_does_not_keep_others_from_answering() -> None:
    asked(GPU1, GPU2)
    endpoint_limit(address="gpu1:8000", most_at_once=1)
    endpoint_limit(address="gpu2:8000", most_at_once=1)
    rows = [claim(owner)[0] for owner in ("a", "b")]
    assert {row.study_system.version.config["model"] for row in rows} == {"a", "b"}


def test_a_dead_workers_share_comes_back_with_its_leases() -> None:
    asked(GPU1)
    endpoint_limit(address="gpu1:8000", most_at_once=4)
    assert len(claim("dead")) == 4
    assert claim("alive") == []
    Generation.objects.filter(lease_owner="dead").update(
        status="queued", lease_owner="", lease_until=None, attempts=0
    )
    assert len(claim("alive")) == 4


def saved_up(seconds: float) -> None:
    """As if nothing had been asked for so long."""
    before = timezone.now() - timedelta(seconds=seconds)
    Endpoint.objects.update(tokens=0, filled_at=before)


def test_a_rate_is_kept_and_a_pause_in_asking_is_no_licence_to_flood() -> None:
    asked(GPU1)
    endpoint_limit(address="gpu1:8000", most_at_once=100, per_minute=60)
    saved_up(3600)
    assert len(claim("a")) == 5
    assert claim("b") == []
    saved_up(2.5)
    assert len(claim("c")) == 2


def test_a_slow_rate_still_lets_one_through() -> None:
    asked(GPU1)
    endpoint_limit(address="gpu1:8000", per_minute=2)
    saved_up(29)
    assert claim("a") == []
    saved_up(31)
    assert len(claim("a")) == 1


def test_turns_and_tool_calls_count_as_the_requests_they_were() -> None:
    asked(GPU1)
    endpoint_limit(address="gpu1:8000", most_at_once=100, per_minute=60)
    saved_up(5)
    rows = claim("a", limit=3)
    assert complete(rows[0], "a", requests=4)
    assert Endpoint.objects.get().tokens < 0
    assert claim("b") == []


def test_a_busy_server_is_left_alone_by_all_and_it_costs_no_attempt() -> None:
    asked(GPU1, GPU2)
    row = claim("a", limit=1)[0]
    said = {"failure": "crashed", "error": "429: slow down", "retryable": True}
    assert generation_fail(generation_id=row.pk, owner="a", retry_after=40.0, **said)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.provenance) == ("queued", 0, {"pauses": 1})
    assert 40 <= (row.not_before - timezone.now()).total_seconds() + 1 <= 52
    server = Endpoint.objects.get(address="gpu1:8000")
    assert server.last_trouble == "429: slow down"
    models = {row.study_system.version.config["model"] for row in claim("b")}
    assert models == {"b"}
    Endpoint.objects.update(paused_until=timezone.now())
    assert claim("c")[0].study_system.version.config["model"] == "a"


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    asked(GPU1)
    rows = claim("a", limit=2)
    for row, seconds in zip(rows, (300.0, 1.0), strict=True):
        generation_fail(
            generation_id=row.pk, owner="a", failure="crashed", error="busy",
            retryable=True, retry_after=seconds,
        )  # fmt: skip
    left = Endpoint.objects.get().paused_until - timezone.now()
    assert left > timedelta(seconds=250)


def test_a_server_that_is_busy_for_ever_ends_as_a_failure() -> None:
    asked(GPU1)
    row = claim("a", limit=1)[0]
    Generation.objects.filter(pk=row.pk).update(provenance={"pauses": 200}, attempts=5)
    generation_fail(
        generation_id=row.pk, owner="a", failure="crashed", error="429", retryable=True,
        retry_after=5.0,
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.status, row.failure) == ("failed", "crashed")


def test_limits_are_listed_and_set_from_the_shell() -> None:
    asked(GPU1, GPU2)
    out = StringIO()
    call_command("endpoint_limits", "GPU1:8000", "--at-once=3", "--per-minute=90", stdout=out)
    call_command("endpoint_limits", stdout=out)
    assert out.getvalue().splitlines() == [
        "gpu1:8000: 3 at once, 90 per minute",
        "gpu1:8000: 3 at once, 90 per minute",
        "gpu2:8000: 8 at once, no rate limit",
    ]
    with pytest.raises(CommandError, match=r"'gpu9:1'; there are: gpu1:8000, gpu2:8000"):
        call_command("endpoint_limits", "gpu9:1")
    with pytest.raises(CommandError, match="At least one"):
        call_command("endpoint_limits", "gpu1:8000", "--at-once=0")
