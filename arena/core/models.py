"""Base models: records that are written once, and the audit chain."""

import hashlib
import json
from typing import Any, NoReturn, TypeVar

from django.db import models
from django.utils import timezone

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class ImmutableError(TypeError):
    """A record that is written once was about to be changed or deleted."""


class WriteOnceQuerySet(models.QuerySet[M_co]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise ImmutableError(f"{self.model.__name__} rows are written once; add a new record.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ImmutableError(f"{self.model.__name__} rows are written once; add a new record.")

    def delete(self) -> NoReturn:
        raise ImmutableError(f"{self.model.__name__} rows are never deleted.")


class WriteOnce(models.Model):
    """A row that is added and then never changed or deleted; a correction is another row."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WriteOnceQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ImmutableError(f"This {self._meta.verbose_name} is written once; add a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ImmutableError(f"A {self._meta.verbose_name} is never deleted.")


class AuditEvent(WriteOnce):
    """One line of the audit trail; each line carries the hash of the line before it."""

    actor = models.CharField(max_length=80, help_text="Pseudonym or account number; or 'system'.")
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    previous_digest = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.target}"

    def expected_digest(self) -> str:
        """SHA-256 over the line's content and the digest of the line before it."""
        line = [
            self.previous_digest,
            self.created_at.isoformat(),
            self.actor,
            self.action,
            self.target,
            self.detail,
        ]
        text = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
