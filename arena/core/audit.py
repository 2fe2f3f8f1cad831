"""The append-only, hash-chained record of who did what."""

from typing import Any

from django.db import connection
from django.utils import timezone

from arena.core.db import write_txn
from arena.core.models import AuditEvent

GENESIS = "0" * 64
CHAIN_LOCK = 0x436F6E73  # any fixed number: PostgreSQL's name for "the end of the chain"


def audit_record(*, actor: object, action: str, target: object, detail: Any = None) -> AuditEvent:
    """Append one line. ``actor`` is a user (kept as account number) or a word such as 'system'.

    Two writers must not both extend the same last line: on PostgreSQL an advisory lock held to
    the end of the transaction makes them queue; SQLite has one writer anyway.
    """
    with write_txn():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        last = AuditEvent.objects.order_by("-pk").values_list("digest", flat=True).first()
        event = AuditEvent(
            created_at=timezone.now(),
            actor=str(getattr(actor, "pk", None) or actor),
            action=action,
            target=str(target)[:120],
            detail=detail or {},
            previous_digest=last or GENESIS,
        )
        event.digest = event.expected_digest()
        event.save()
    return event


def audit_break() -> AuditEvent | None:
    """The first line that was changed, or whose predecessor is gone; ``None`` if all is well."""
    previous = GENESIS
    for event in AuditEvent.objects.order_by("pk").iterator(chunk_size=1000):
        if event.previous_digest != previous or event.digest != event.expected_digest():
            return event
        previous = event.digest
    return None
