"""The audit trail cannot be changed unnoticed."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from arena.core.audit import audit_break, audit_record
from arena.core.models import AuditEvent, ImmutableError

pytestmark = pytest.mark.django_db


def trail(n: int) -> list[AuditEvent]:
    return [
        audit_record(actor="system", action="export", target=f"study {i}", detail={"n": i})
        for i in range(n)
    ]


def tamper(event: AuditEvent, column: str, value: object) -> None:
    """What somebody with the database's password could do."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE core_auditevent SET {column} = %s WHERE id = %s", [value, event.pk])


def test_a_whole_trail_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    last = trail(3)[-1]
    call_command("verify_audit")
    assert f"3 lines, the chain is whole; the last is {last.pk}, digest {last.digest}." in (
        capsys.readouterr().out
    )


def test_an_empty_trail_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit")
    assert capsys.readouterr().out == "0 lines, the chain is whole.\n"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "somebody else"),
        ("action", "nothing"),
        ("target", "study 9"),
        ("detail", '{"n": 99}'),
        ("created_at", "2020-01-01 00:00:00"),
    ],
)
def test_a_changed_line_is_named(column: str, value: str) -> None:
    _, changed, _ = trail(3)
    tamper(changed, column, value)
    with pytest.raises(CommandError, match=f"broken at line {changed.pk} "):
        call_command("verify_audit")


def test_a_removed_line_is_noticed_at_the_line_after_it() -> None:
    _, gone, after = trail(3)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditevent WHERE id = %s", [gone.pk])
    assert audit_break() == after


def test_lines_are_refused_a_change_in_the_orm() -> None:
    event = trail(1)[0]
    with pytest.raises(ImmutableError):
        event.save()
    with pytest.raises(ImmutableError):
        event.delete()
    with pytest.raises(ImmutableError):
        AuditEvent.objects.all().delete()
    with pytest.raises(ImmutableError):
        AuditEvent.objects.update(actor="x")
