"""Has anybody changed the audit trail?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.audit import audit_break
from arena.core.models import AuditEvent


class Command(BaseCommand):
    help = "Check the hash chain of the audit trail; exit 1 naming the first broken line."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = audit_break()
        if broken:
            raise CommandError(
                f"The audit trail is broken at line {broken.pk} ({broken}): that line was "
                "changed, or the line before it is gone. Compare it with a backup."
            )
        last = AuditEvent.objects.order_by("pk").last()
        # Lines cut off at the end leave a whole chain: note this digest elsewhere to notice.
        end = f"; the last is {last.pk}, digest {last.digest}" if last else ""
        self.stdout.write(f"{AuditEvent.objects.count()} lines, the chain is whole{end}.")
