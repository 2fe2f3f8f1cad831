"""The queue of record: claims, leases, fences, attempts."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.core.errors import UserError
from arena.generations.models import Generation, SystemVersion
from arena.generations.selectors import generation_progress, resources_waiting
from arena.generations.services import (
    generation_cancel,
    generation_claim,
    generation_complete,
    generation_fail,
    generation_release,
    generation_request,
    generation_retry,
    leases_recover,
    leases_renew,
    leases_time_out,
    study_system_withdraw,
)
from arena.generations.services.queue import MOST_ATTEMPTS
from arena.studies.models import Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
ANSWER = {"record": {"text": "A summary."}, "provenance": {"by": "test"}}


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 6)
    world.system(made)
    generation_request(study=made)
    return made


def claim(owner: str = "a", limit: int = 8, **how: object) -> list[Generation]:
    return generation_claim(owner=owner, resource="cpu", limit=limit, **how)


def expire_leases() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Generation.objects.filter(status="claimed").update(lease_until=past)


def now_due() -> None:
    Generation.objects.update(not_before=timezone.now())


def test_asking_twice_adds_no_rows(study: Study) -> None:
    assert generation_request(study=study) == 0
    assert world.statuses(study) == {"queued": 6}


def test_a_new_case_and_a_new_system_bring_only_what_is_missing(study: Study) -> None:
    world.system(study, "second")
    assert generation_request(study=study) == 6


def test_cases_are_asked_for_one_after_the_other_so_that_the_first_can_be_voted_on_early() -> None:
    made = world.study("two-systems")
    first, second = world.cases(made, 2)
    a, b = world.system(made, "a"), world.system(made, "b")
    generation_request(study=made)
    order = Generation.objects.order_by("pk").values_list("case_version_id", "study_system_id")
    assert list(order) == [(first.pk, a.pk), (first.pk, b.pk), (second.pk, a.pk), (second.pk, b.pk)]


def test_a_closed_study_takes_no_new_outputs(study: Study) -> None:
    now = timezone.now()
    Study.objects.update(status="closed", opened_at=now, closed_at=now)
    study.refresh_from_db()
    with pytest.raises(UserError, match="closed"):
        generation_request(study=study)


def test_two_claims_never_share_a_row(study: Study) -> None:
    first, second = claim("a", 4), claim("b", 4)
    assert len(first) == 4
    assert len(second) == 2
    assert not {row.pk for row in first} & {row.pk for row in second}


def test_one_claim_holds_one_system_version() -> None:
    made = world.study("mixed")
    world.cases(made, 3)
    world.system(made, "a")
    world.system(made, "b")
    generation_request(study=made)
    assert len({row.study_system_id for row in claim()}) == 1


def test_the_resident_system_is_served_before_the_head_of_the_queue() -> None:
    made = world.study("resident")
    world.cases(made, 3)
    world.system(made, "a")
    b = world.system(made, "b")
    generation_request(study=made)
    rows = claim(resident=[b.version_id])
    assert {row.study_system_id for row in rows} == {b.pk}


def test_a_resident_system_does_not_keep_what_was_asked_long_before_waiting() -> None:
    made = world.study("starving")
    world.cases(made, 2)
    a, b = world.system(made, "a"), world.system(made, "b")
    generation_request(study=made)
    long_ago = timezone.now() - timedelta(hours=1)
    Generation.objects.filter(study_system=a).update(requested_at=long_ago)
    assert {row.study_system_id for row in claim(resident=[b.version_id])} == {a.pk}


def test_urgent_rows_go_first_whatever_is_resident() -> None:
    made = world.study("urgent")
    world.cases(made, 2)
    a, b = world.system(made, "a"), world.system(made, "b")
    generation_request(study=made)
    Generation.objects.filter(study_system=b).update(priority=5)
    assert {row.study_system_id for row in claim(resident=[a.version_id])} == {b.pk}


def test_rows_are_claimed_only_for_their_resource(study: Study) -> None:
    Generation.objects.update(resource="gpu")
    assert claim() == []
    assert resources_waiting() == ["gpu"]


def test_what_may_not_be_tried_yet_is_left_alone(study: Study) -> None:
    Generation.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    assert claim() == []
    assert resources_waiting() == []


def test_an_answer_is_stored_once_with_its_provenance(study: Study) -> None:
    row = claim("a", 1)[0]
    assert generation_complete(generation_id=row.pk, owner="a", **ANSWER)
    assert not generation_complete(generation_id=row.pk, owner="a", **ANSWER)
    row.refresh_from_db()
    assert (row.status, row.record) == ("succeeded", {"text": "A summary."})
    assert row.provenance == {"by": "test"}
    assert len(row.record_digest) == 64
    assert row.lease_owner == ""


def test_the_late_answer_of_a_lost_lease_changes_nothing(study: Study) -> None:
    late = claim("late", 1)[0]
    expire_leases()
    assert leases_recover() == 1
    now = claim("now", 1)[0]
    assert late.pk == now.pk
    assert not generation_complete(generation_id=late.pk, owner="late", **ANSWER)
    assert not generation_fail(
        generation_id=late.pk, owner="late", failure="crashed", error="late", retryable=False
    )
    assert generation_complete(generation_id=now.pk, owner="now", **ANSWER)


def test_renewing_keeps_a_lease(study: Study) -> None:
    claim("a")
    expire_leases()
    assert leases_renew(owner="a") == 6
    assert leases_recover() == 0


def test_one_case_past_the_time_limit_has_timed_out(study: Study) -> None:
    row = claim("slow", 1)[0]
    assert leases_time_out(owner="slow") == 1
    row.refresh_from_db()
    assert (row.status, row.failure) == ("failed", "timed_out")


def test_of_several_cases_past_the_time_limit_each_is_tried_alone(study: Study) -> None:
    claim("slow")
    assert leases_time_out(owner="slow") == 6
    assert len(claim("again")) == 1


def test_a_released_row_does_not_count_as_an_attempt(study: Study) -> None:
    claim("worker/1", 2)
    assert generation_release(owner="worker/") == 2
    assert set(Generation.objects.values_list("status", "attempts")) == {("queued", 0)}


def test_a_row_whose_worker_died_is_taken_alone_and_given_up_after_every_attempt(
    study: Study,
) -> None:
    claim("a")
    for attempt in range(2, MOST_ATTEMPTS + 1):
        expire_leases()
        leases_recover()
        now_due()
        assert [row.attempts for row in claim("a")] == [attempt]
        Generation.objects.filter(status="queued").delete()
    expire_leases()
    assert leases_recover() == 1
    dead = Generation.objects.get()
    assert (dead.status, dead.failure) == ("failed", "crashed")
    assert "5 times" in dead.error


def test_a_passing_error_is_tried_again_later_and_a_permanent_one_is_not(study: Study) -> None:
    passing, permanent = claim("a", 2)
    why = {"owner": "a", "failure": "timed_out", "error": "slow"}
    assert generation_fail(generation_id=passing.pk, retryable=True, retry_after=90.0, **why)
    assert generation_fail(generation_id=permanent.pk, retryable=False, **why)
    passing.refresh_from_db()
    permanent.refresh_from_db()
    assert passing.status == "queued"
    assert passing.not_before > timezone.now() + timedelta(seconds=60)
    assert (permanent.status, permanent.failure) == ("failed", "timed_out")
    assert permanent.finished_at is not None


@pytest.mark.parametrize(
    ("record", "failure"),
    [
        ({"text": "  "}, "empty"),
        ({"wrong": 1}, "invalid_output"),
        ("not a record", "invalid_output"),
        (None, "invalid_output"),
        ({"text": "a\0b"}, "invalid_output"),
        ({"text": "\ud800"}, "invalid_output"),
        ({"text": float("nan")}, "invalid_output"),
        ({"text": "x" * 5_000_000}, "invalid_output"),
        ({"text": "fine", "of": {1: {2}}}, "invalid_output"),
    ],
)
def test_a_faulty_answer_is_a_failure_of_the_system(
    study: Study, record: object, failure: str
) -> None:
    row = claim("a", 1)[0]
    generation_complete(generation_id=row.pk, owner="a", record=record, provenance={})
    row.refresh_from_db()
    assert (row.status, row.failure, row.record) == ("failed", failure, None)
    assert row.error


def nested(depth: int) -> Any:
    value: Any = "core"
    for _ in range(depth):
        value = [value]
    return value


def test_a_record_nested_beyond_all_limits_is_a_failure_of_the_system(study: Study) -> None:
    row = claim("a", 1)[0]
    record = {"text": nested(50_000)}
    assert generation_complete(generation_id=row.pk, owner="a", record=record, provenance={})
    row.refresh_from_db()
    assert (row.status, row.failure) == ("failed", "invalid_output")


@pytest.mark.parametrize("said", [float("nan"), "a\0b", "\ud800", {1: {2}}, nested(50_000)])
def test_what_a_system_says_of_itself_never_costs_it_its_answer(study: Study, said: Any) -> None:
    row = claim("a", 1)[0]
    provenance = {"served": {"id": said}, "finish_reason": "stop"}
    answer = {**ANSWER, "provenance": provenance}
    assert generation_complete(generation_id=row.pk, owner="a", **answer)
    row.refresh_from_db()
    assert (row.status, row.provenance["finish_reason"]) == ("succeeded", "stop")


def test_an_error_with_half_a_character_is_still_stored(study: Study) -> None:
    row = claim("a", 1)[0]
    why = {"failure": "crashed", "error": "bad \ud800 byte", "retryable": False}
    assert generation_fail(generation_id=row.pk, owner="a", **why)


def test_an_answer_that_names_its_maker_is_marked(study: Study) -> None:
    row = claim("a", 1)[0]
    record = {"text": "As ChatGPT, I would rest."}
    generation_complete(generation_id=row.pk, owner="a", record=record, provenance={})
    row.refresh_from_db()
    assert row.names_its_maker


def test_an_answer_that_names_the_model_asked_is_marked(study: Study) -> None:
    config = {"model": "org/ward-llm", "resource": "cpu"}
    held = world.system(study, "ward", adapter="transformers-text", config=config)
    generation_request(study=study)
    Generation.objects.exclude(study_system=held).update(status="cancelled")
    row = claim("a", 1)[0]
    record = {"text": "Written by Ward-LLM: rest."}
    generation_complete(generation_id=row.pk, owner="a", record=record, provenance={})
    row.refresh_from_db()
    assert row.names_its_maker


def test_cancelling_drops_the_answer_that_still_comes_in(study: Study) -> None:
    row = claim("a", 1)[0]
    assert generation_cancel(study=study, by="test") == 6
    assert not generation_complete(generation_id=row.pk, owner="a", **ANSWER)
    assert world.statuses(study) == {"cancelled": 6}


def test_a_retry_keeps_how_it_failed_before(study: Study) -> None:
    row = claim("a", 1)[0]
    generation_fail(generation_id=row.pk, owner="a", failure="refused", error="no", retryable=False)
    assert generation_retry(study=study, by="test") == 1
    row.refresh_from_db()
    assert (row.status, row.failure, row.attempts) == ("queued", "", 0)
    assert row.provenance["earlier"][0]["failure"] == "refused"


def test_a_withdrawn_system_is_asked_nothing_more(study: Study) -> None:
    study_system_withdraw(study_system=study.study_systems.get(), by=world.coordinator())
    assert claim() == []
    assert generation_request(study=study) == 0


def test_progress_counts_by_system_in_a_constant_number_of_queries(study: Study) -> None:
    rows = claim("a", 2)
    generation_complete(generation_id=rows[0].pk, owner="a", **ANSWER)
    generation_complete(generation_id=rows[1].pk, owner="a", record={"text": ""}, provenance={})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        progress = generation_progress(study=study)
    assert (progress.succeeded, progress.failed, progress.queued) == (1, 1, 4)
    assert progress.per_system[0].failures == {"empty": 1}
    assert progress.percent == 33
    assert progress.eta_seconds is not None
    assert len(queries) == 4


def test_the_claim_reads_no_more_of_a_long_queue_than_of_a_short_one(study: Study) -> None:
    """Walks the queue's index instead of scanning and sorting the table."""
    held = study.study_systems.get()
    waiting = Generation.objects.filter(
        status="queued", resource="cpu", not_before__lte=timezone.now()
    ).order_by("-priority", "pk")[:1]
    plan = waiting.explain()
    assert "generation_queue" in plan or connection.vendor == "postgresql"
    assert "TEMP B-TREE" not in plan
    assert SystemVersion.objects.get(pk=held.version_id)
