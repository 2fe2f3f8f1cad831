"""Asking systems for answers, and taking back or repeating what was asked."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.core.queue import TaskName, enqueue
from arena.generations.adapters import adapter_info, resource_for
from arena.generations.models import Generation, StudySystem
from arena.generations.selectors import resources_waiting
from arena.generations.services.systems import outside_refuse
from arena.studies.models import Study
from arena.studies.selectors import case_versions_current, protocol_current

Status = Generation.Status
ASKING = frozenset({Study.Status.DRAFT, Study.Status.OPEN})
PIECE = 500
ENDED = (Status.FAILED, Status.CANCELLED)


def generation_request(*, study: Study, by: object = "system") -> int:
    """Queue what is missing: every active system times every current case. Returns the new rows.

    Asking again adds nothing: a unique constraint holds one row per system, case version and
    repeat. Large requests are written in pieces, so that raters can vote in between; one cut
    short is completed by asking again.
    """
    protocol_current(study=study)
    if study.status not in ASKING:
        raise UserError(f"“{study.title}” is closed: it takes no new outputs.")
    cases = list(case_versions_current(study=study).values_list("pk", flat=True))
    rows = _missing(_asked(study), cases)
    for start in range(0, len(rows), PIECE):
        with write_txn():
            Generation.objects.bulk_create(rows[start : start + PIECE], ignore_conflicts=True)
    if rows:
        detail = {"rows": len(rows)}
        audit_record(actor=by, action="generation:request", target=study.slug, detail=detail)
    _ring({row.resource for row in rows})
    return len(rows)


def generation_cancel(*, study: Study, by: object, study_system: StudySystem | None = None) -> int:
    """Stop what has not ended; an answer that still comes in is dropped, its lease being gone."""
    with write_txn():
        pending = _of(study, study_system).filter(status__in=[Status.QUEUED, Status.CLAIMED])
        rows = pending.update(
            status=Status.CANCELLED, lease_owner="", lease_until=None, finished_at=timezone.now()
        )
        audit_record(actor=by, action="generation:cancel", target=study.slug, detail={"rows": rows})
    return rows


def generation_retry(
    *, study: Study, by: object, study_system: StudySystem | None = None, failure: str = ""
) -> int:
    """Queue failed and cancelled rows again; how they failed before stays in their provenance.

    ``failure``: only those that failed in this way.
    """
    chosen = {"failure": failure} if failure else {}
    with write_txn():
        ended = list(_of(study, study_system).filter(status__in=ENDED, **chosen))
        for row in ended:
            _requeue(row)
        Generation.objects.bulk_update(ended, REQUEUED, batch_size=200)
        audit_record(
            actor=by, action="generation:retry", target=study.slug, detail={"rows": len(ended)}
        )
        _ring({row.resource for row in ended})
    return len(ended)


def generation_pause(*, study: Study, by: object, study_system: StudySystem | None = None) -> int:
    """Ask nothing more until resumed; what is being answered is still stored. Returns systems."""
    now = timezone.now()
    with write_txn():
        held = _systems(study, study_system).filter(paused_at=None).update(paused_at=now)
        _note(by, "generation:pause", study, study_system)
    return held


def generation_resume(*, study: Study, by: object, study_system: StudySystem | None = None) -> int:
    """Ask again what waits. Returns how many systems were paused."""
    with write_txn():
        held = _systems(study, study_system).exclude(paused_at=None).update(paused_at=None)
        _note(by, "generation:resume", study, study_system)
        _ring(set(resources_waiting()))
    return held


def generation_prioritise(*, study_system: StudySystem, by: object, priority: int) -> int:
    """Put what waits for a system, and what will, before or behind the rest. Returns the rows."""
    with write_txn():
        study_system.priority = priority
        study_system.save(update_fields=["priority"])
        rows = study_system.generations.filter(status=Status.QUEUED).update(priority=priority)
        _note(by, "generation:prioritise", study_system.study, study_system, priority=priority)
    return rows


def pending_ring() -> None:
    """Ring for every resource that something waits for."""
    _ring(set(resources_waiting()))


REQUEUED = [
    "status", "attempts", "failure", "error", "provenance",
    "lease_owner", "lease_until", "not_before", "started_at", "finished_at",
]  # fmt: skip


def _requeue(row: Generation) -> None:
    before = {"failure": row.failure, "error": row.error, "attempts": row.attempts}
    earlier = [*row.provenance.get("earlier", []), before] if row.failure else []
    row.provenance = {"earlier": earlier} if earlier else {}
    row.status, row.attempts, row.failure, row.error = Status.QUEUED, 0, "", ""
    row.lease_owner, row.lease_until, row.not_before = "", None, timezone.now()
    row.started_at = row.finished_at = None


def _asked(study: Study) -> list[StudySystem]:
    """The active systems that a worker has to run (not those whose outputs are uploaded)."""
    active = StudySystem.objects.filter(study=study, withdrawn_at=None).select_related("version")
    asked = [held for held in active if adapter_info(held.version.asked.adapter).resource]
    for held in asked:
        outside_refuse(study=study, config=held.version.asked.config)
    return asked


def _missing(systems: list[StudySystem], cases: list[int]) -> list[Generation]:
    """Case by case, so that the first cases have all their answers, and can be voted on, early."""
    first = Generation.objects.filter(study_system__in=systems, repeat=0)
    known = set(first.values_list("study_system_id", "case_version_id"))
    return [
        Generation(
            study_system=held,
            case_version_id=case,
            resource=resource_for(held.version.asked.adapter, held.version.asked.config),
            priority=held.priority,
        )
        for case in cases
        for held in systems
        if (held.pk, case) not in known
    ]


def _of(study: Study, study_system: StudySystem | None) -> QuerySet[Generation]:
    narrowed: dict[str, Any] = {"study_system": study_system} if study_system else {}
    return Generation.objects.filter(study_system__study=study, **narrowed)


def _systems(study: Study, study_system: StudySystem | None) -> QuerySet[StudySystem]:
    held = StudySystem.objects.filter(study=study)
    return held.filter(pk=study_system.pk) if study_system else held


def _note(
    by: object, action: str, study: Study, study_system: StudySystem | None, **more: Any
) -> None:
    detail = {"system": study_system.label if study_system else "all", **more}
    audit_record(actor=by, action=action, target=study.slug, detail=detail)


def _ring(resources: set[str]) -> None:
    for resource in sorted(resources):
        enqueue(TaskName.GENERATE, queue=resource, resource=resource)
