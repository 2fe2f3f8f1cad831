"""From a queued row to a stored answer, without a broker."""

import io
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError
from PIL import Image

from arena.core.models import AuditEvent
from arena.generations.models import Generation, OutputFile, SystemVersion
from arena.generations.services import generation_cancel, generation_request
from arena.studies.models import Asset, Study
from tests.arena.generations import world
from workers import runner
from workers.adapters import mock
from workers.adapters.base import Answer
from workers.adapters.mock import Mock
from workers.residency import Residents

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A crew of one, nothing resident, and bells that are noted instead of rung."""
    bells: list[str] = []
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, resource, **__: bells.append(resource))
    monkeypatch.setattr("arena.generations.services.requests.enqueue", lambda *_, **__: None)
    yield bells
    runner.residents.close()


def asked(count: int = 5, **settings: Any) -> Study:
    study = world.study()
    world.cases(study, count)
    world.system(study, **settings)
    generation_request(study=study)
    return study


def digests(*positions: int) -> list[str]:
    rows = Generation.objects.order_by("case_version__case__position")
    return [rows[n].case_version.digest for n in positions]


def test_every_waiting_row_is_answered_with_its_provenance() -> None:
    study = asked()
    runner.run(resource="cpu")
    assert world.statuses(study) == {"succeeded": 5}
    known = Generation.objects.first().provenance  # type: ignore[union-attr]
    assert known["identity"]["adapter"] == "Mock"
    assert known["batch"] == 5
    assert {"seed", "ask", "case_digest", "worker", "waited_seconds", "seconds"} <= set(known)


def test_a_poisonous_case_costs_only_its_own_answer() -> None:
    study = world.study()
    poison = world.cases(study, 9)[4].digest
    world.system(study, config={"fail": [poison], "failure": "refused"})
    generation_request(study=study)
    runner.run(resource="cpu")
    assert world.statuses(study) == {"failed": 1, "succeeded": 8}
    failed = Generation.objects.get(status="failed")
    assert (failed.case_version.digest, failed.failure) == (poison, "refused")


def test_a_system_that_cannot_be_loaded_fails_and_the_others_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = asked(2)
    monkeypatch.setattr(Mock, "load", lambda self: (_ for _ in ()).throw(OSError("no such file")))
    runner.run(resource="cpu")
    assert world.statuses(study) == {"failed": 2}
    assert "no such file" in Generation.objects.all()[0].error


def test_a_passing_error_waits_for_its_next_try() -> None:
    study = asked(1, config={"fail": True, "retryable": True})
    runner.run(resource="cpu")
    row = Generation.objects.get()
    assert (row.status, row.attempts) == ("queued", 1)
    assert row.not_before > row.requested_at
    assert world.statuses(study) == {"queued": 1}


def test_a_database_that_fails_for_a_moment_is_not_counted_against_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = asked(3)
    faults = [OperationalError("the database is shutting down")]
    store = runner.generation_complete

    def faulty(**answer: Any) -> bool:
        if faults:
            raise faults.pop()
        return store(**answer)

    monkeypatch.setattr(runner, "generation_complete", faulty)
    runner.run(resource="cpu")
    assert world.statuses(study) == {"succeeded": 3}
    assert set(Generation.objects.values_list("attempts", flat=True)) == {1}


def test_an_answer_after_cancelling_is_dropped() -> None:
    study = asked(1, config={"seconds": 0.5})
    runner_thread = threading.Thread(target=_run_in_thread)
    runner_thread.start()
    _until(lambda: Generation.objects.filter(status="claimed").exists())
    generation_cancel(study=study, by="test")
    runner_thread.join()
    assert world.statuses(study) == {"cancelled": 1}


def test_a_stop_releases_what_was_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    study = asked(8)
    monkeypatch.setattr(Mock, "batch", 1)
    monkeypatch.setattr(Mock, "answer", _answer_then_stop)
    runner.run(resource="cpu")
    assert world.statuses(study) == {"queued": 7, "succeeded": 1}
    assert set(Generation.objects.filter(status="queued").values_list("attempts", flat=True)) == {0}


def test_an_answer_past_the_time_limit_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes when the test says so, however slow the machine is."""
    late = threading.Event()
    monkeypatch.setattr(mock, "sleep", lambda _: late.wait(60))
    study = asked(1, config={"seconds": 9, "time_limit": 0.1})
    thread = threading.Thread(target=_run_in_thread)
    thread.start()
    _until(lambda: any(flight.asks for flight in runner.crew.flights.values()))
    time.sleep(0.15)
    runner.leases_hold()
    late.set()
    thread.join()
    assert world.statuses(study) == {"failed": 1}
    assert Generation.objects.get().failure == "timed_out"


def test_a_full_crew_leaves_the_bell_to_those_at_work() -> None:
    study = asked(1)
    assert runner.crew.join()
    runner.run(resource="cpu")
    assert world.statuses(study) == {"queued": 1}


def test_the_first_claim_calls_one_more_thread(fresh_crew: list[str]) -> None:
    runner.crew.size = 2
    asked(20)
    runner.run(resource="cpu")
    assert fresh_crew == ["cpu"]


def test_residents_are_put_out_least_recently_used_first() -> None:
    study = world.study()
    versions = [world.system(study, name).version for name in ("a", "b", "c")]
    held = Residents(capacity=2)
    for version in versions:
        with held.use(version):
            pass
    assert held.ids() == [versions[1].pk, versions[2].pk]


def test_a_busy_system_is_never_put_out() -> None:
    study = world.study()
    first, second = (world.system(study, name).version for name in ("a", "b"))
    held = Residents(capacity=1)
    with held.use(first):
        with held.use(second):
            assert first.pk in held.ids()
        assert held.ids() == [first.pk]


@pytest.mark.parametrize("method", ["lead", "textrank", "sections", "tfidf"])
def test_summaries_are_answered_end_to_end(method: str) -> None:
    study = asked(2, adapter="extractive-summary", config={"method": method, "sentences": 1})
    runner.run(resource="cpu")
    assert world.statuses(study) == {"succeeded": 2}


@pytest.mark.parametrize("method", ["dictionary", "combined"])
def test_entities_are_answered_end_to_end(method: str) -> None:
    study = world.study(output_kind="spans")
    world.cases(study, 1)
    world.system(study, adapter="entity-tagging", config={"method": method})
    generation_request(study=study)
    runner.run(resource="cpu")
    record = Generation.objects.get().record
    assert record is not None
    assert {span["type"] for span in record["spans"]} == {"problem"}


@pytest.mark.parametrize("method", ["otsu", "watershed", "active-contour", "slic"])
def test_masks_are_answered_end_to_end_under_the_name_in_the_caption(method: str) -> None:
    study = world.study(input_kind="image-2d", output_kind="mask")
    case = world.cases(study, 1)[0]
    _give_image(case.pk)
    world.system(study, adapter="segmentation", config={"method": method, "largest": True})
    generation_request(study=study)
    runner.run(resource="cpu")
    row = Generation.objects.get()
    assert row.record is not None, row.error
    disc = row.record["objects"][0]
    assert disc["label"] == "disc"
    assert sum(disc["counts"][1::2]) == pytest.approx(np.pi * 15**2, rel=0.12)


def _give_image(case_version_id: int) -> None:
    rows, columns = np.mgrid[0:64, 0:80]
    grey = np.where(np.hypot(rows - 30, columns - 40) < 15, 200, 40).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    from django.db.models import QuerySet

    from arena.studies.models import CaseVersion

    versions = QuerySet(CaseVersion).filter(pk=case_version_id)
    versions.update(content={"caption": "Outline: disc"}, input_kind="image-2d")
    Asset.objects.create(
        case_version_id=case_version_id,
        name="image",
        media_type="image/png",
        digest="d" * 64,
        size=file.tell(),
        file=ContentFile(file.getvalue(), "image.png"),
        meta={"width": 80, "height": 64},
    )


def _answer_then_stop(self: Mock, ask: Any) -> Any:
    from workers.adapters.mock import plain

    runner.crew.stopping.set()
    return Answer(plain(ask))


def _run_in_thread() -> None:
    from django.db import connections

    runner.run(resource="cpu")
    connections.close_all()


def _until(true: Any, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_a_number_that_names_another_system_is_loaded_anew() -> None:
    residents = Residents(capacity=2)
    before = SystemVersion(
        pk=7, adapter="extractive-summary", config={"method": "lead"}, digest="a"
    )
    after = SystemVersion(
        pk=7, adapter="extractive-summary", config={"method": "tfidf"}, digest="b"
    )
    with residents.use(before) as first, residents.use(before) as again:
        assert again is first
    with residents.use(after) as second:
        assert second.adapter is not first.adapter


def test_files_of_an_answer_are_stored_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "tests.workers.callables:pictured"
    monkeypatch.setenv("CONSILIUM_CALLABLES", name)
    study = world.study(output_kind="image-generated")
    world.cases(study, 2)
    world.system(study, adapter="python-callable", config={"callable": name})
    generation_request(study=study)
    runner.run(resource="cpu")
    assert world.statuses(study) == {"succeeded": 2}
    assert set(OutputFile.objects.values_list("media_type", flat=True)) == {"image/png"}
    assert OutputFile.objects.count() == 2


def test_code_that_is_not_ours_leaves_a_line_in_the_audit_trail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONSILIUM_CALLABLES", "tests.workers.callables")
    study = world.study()
    world.cases(study, 2)
    held = world.system(
        study, adapter="python-callable", config={"callable": "tests.workers.callables:counted"}
    )
    generation_request(study=study)
    runner.run(resource="cpu")
    line = AuditEvent.objects.get(action="system:run-code")
    assert (line.actor, line.target) == ("operator", str(held.version))
    assert re.fullmatch(r"tests\.workers\.callables:counted@[0-9a-f]{64}", line.detail["code"])
