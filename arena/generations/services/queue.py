"""The queue of record: rows are claimed under a lease, and only the lease's owner may end them.

The owner of a lease must be a fresh name per claim. A worker that was too slow, and even the same
worker after it claimed the row a second time, then updates no row with its late answer.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from arena.core.db import write_txn
from arena.generations.adapters import CATALOGUE
from arena.generations.models import Generation, StudySystem
from arena.generations.selectors import generations_due
from arena.generations.services.endpoints import endpoint_take, endpoints_closed

Status, Failure = Generation.Status, Generation.Failure
MOST_ATTEMPTS = 5
PATIENCE = timedelta(seconds=60)
REMOTE = "remote"
UNOWNED = {"lease_owner": "", "lease_until": None}


def generation_claim(
    *, owner: str, resource: str, limit: int, resident: Collection[int] = ()
) -> list[Generation]:
    """Take up to ``limit`` rows of one system version; empty when nothing may be tried now.

    ``resident`` are ids of the system versions the caller has loaded: they are served first,
    unless the head of the queue is more urgent or was asked for a minute before them. A row that
    failed before is taken alone, so that a poisonous case takes no other down with it.
    """
    while True:
        with write_txn():
            chosen = _choice(resource, limit, resident)
            if not chosen:
                return []
            # Another worker may have chosen the same rows: the status decides, row by row.
            taken = Generation.objects.filter(pk__in=chosen, status=Status.QUEUED).update(
                status=Status.CLAIMED,
                lease_owner=owner,
                lease_until=_lease_end(),
                attempts=F("attempts") + 1,
                started_at=timezone.now(),
            )
        if taken:
            mine = _held(owner).filter(pk__in=chosen).select_related(*CONTEXT)
            return sorted(mine, key=lambda row: row.pk)


CONTEXT = ("study_system__version__system", "study_system__study", "case_version__case")


def generation_release(*, owner: str, generation_id: int | None = None) -> int:
    """Give back unanswered rows, as if they had never been claimed. Returns how many.

    ``owner`` may be the beginning of an owner's name, which releases all of a worker's claims.
    """
    one = Q(pk=generation_id) if generation_id is not None else Q()
    with write_txn():
        held = Generation.objects.filter(
            one, status=Status.CLAIMED, lease_owner__startswith=owner, attempts__gt=0
        )
        return held.update(status=Status.QUEUED, attempts=F("attempts") - 1, **UNOWNED)


def generation_held(*, owner: str) -> set[int]:
    """The rows that are still this owner's to answer."""
    return set(_held(owner).values_list("pk", flat=True))


def leases_renew(*, owner: str) -> int:
    """Hold on to what this owner is still working on."""
    with write_txn():
        return _held(owner).update(lease_until=_lease_end())


def leases_recover() -> int:
    """Queue rows whose worker died; give up on those that had every attempt. Returns the rows."""
    lost = Generation.objects.filter(status=Status.CLAIMED, lease_until__lt=Now())
    if not lost.exists():
        return 0
    with write_txn():
        given_up = lost.filter(attempts__gte=MOST_ATTEMPTS).update(
            status=Status.FAILED,
            failure=Failure.CRASHED,
            error=f"The worker stopped while answering, {MOST_ATTEMPTS} times in a row.",
            finished_at=timezone.now(),
            **UNOWNED,
        )
        # The first loss is most likely the machine's fault, later ones the case's.
        first = lost.filter(attempts=1).update(status=Status.QUEUED, **UNOWNED)
        return given_up + first + sum(_requeue_later(row) for row in lost.all())


def leases_time_out(*, owner: str) -> int:
    """End what took too long. Of several cases the slow one is not known: each is tried alone."""
    with write_txn():
        held = list(_held(owner).order_by("pk"))
        if len(held) == 1:
            return _held(owner).update(
                status=Status.FAILED,
                failure=Failure.TIMED_OUT,
                error="No answer came within the system's time limit.",
                finished_at=timezone.now(),
                **UNOWNED,
            )
        return _held(owner).update(status=Status.QUEUED, **UNOWNED)


def retry_at(*, attempts: int, after: float | None = None) -> datetime:
    """When to try again: exponential with full jitter up to 5 minutes.

    A pause that was asked for is kept and a quarter of it drawn on top, so that not all come back
    at the same moment.
    """
    most = min(300, 2.0**attempts) if after is None else after / 4
    wait = (after or 0) + random.uniform(0, most)  # noqa: S311
    return timezone.now() + timedelta(seconds=wait)


def _requeue_later(row: Generation) -> int:
    return Generation.objects.filter(pk=row.pk, status=Status.CLAIMED).update(
        status=Status.QUEUED, not_before=retry_at(attempts=row.attempts), **UNOWNED
    )


def _held(owner: str) -> QuerySet[Generation]:
    return Generation.objects.filter(status=Status.CLAIMED, lease_owner=owner)


def _lease_end() -> CombinedExpression:
    """By the database's clock, so that workers whose clocks differ still agree who holds what."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


def _choice(resource: str, limit: int, resident: Collection[int]) -> list[int]:
    queue = generations_due(resource=resource)
    head = _head(queue, resource, resident)
    if head is None:
        return []
    version = head.study_system.version
    most = 1 if head.attempts else min(limit, CATALOGUE[version.adapter].batch)
    alike = queue.filter(study_system=head.study_system_id, attempts=0, priority=head.priority)
    chosen = [head.pk] if head.attempts else list(alike.values_list("pk", flat=True)[:most])
    if version.endpoint_id is None:
        return chosen
    return chosen[: endpoint_take(endpoint_id=version.endpoint_id, most=len(chosen))]


def _head(
    queue: QuerySet[Generation], resource: str, resident: Collection[int]
) -> Generation | None:
    """The first row; or the first of a resident version, if not asked for much later."""
    closed = endpoints_closed() if resource == REMOTE else []
    open_to = StudySystem.objects.filter(paused_at=None)
    if closed:
        open_to = open_to.exclude(version__endpoint__in=closed)
    if closed or StudySystem.objects.exclude(paused_at=None).exists():
        head = min(_heads(queue, open_to), key=_place, default=None)
    else:
        head = queue.select_related("study_system__version").first()
    if head is None or not resident or head.study_system.version_id in resident:
        return head
    warm = [
        row
        for row in _heads(queue, open_to.filter(version__in=resident))
        if row.priority == head.priority and row.requested_at < head.requested_at + PATIENCE
    ]
    return min(warm, key=_place, default=head)


def _heads(queue: QuerySet[Generation], held: QuerySet[StudySystem]) -> list[Generation]:
    """The first row of each system: a look into the index per system, however long the queue."""
    first = queue.filter(study_system=OuterRef("pk")).values("pk")[:1]
    found = held.order_by().annotate(first=Subquery(first)).values_list("first", flat=True)
    rows = Generation.objects.filter(pk__in=[pk for pk in found if pk is not None])
    return list(rows.select_related("study_system__version"))


def _place(row: Generation) -> tuple[int, int]:
    return (-row.priority, row.pk)
