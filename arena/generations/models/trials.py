"""Systems tried before they are registered, or asked once more."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from arena.generations.models.answers import Generation
from arena.generations.models.systems import SystemVersion
from arena.studies.models import CaseVersion, Study


class Trial(models.Model):
    """A system asked one case for somebody to look at: before it is registered, which is forgotten
    after a day, or once more for a case that it answered. Never a generation: nobody votes on it.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        RUNNING = "running", "Being asked"
        ANSWERED = "answered", "Answered"
        FAILED = "failed", "Failed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, null=True, blank=True)
    case_version = models.ForeignKey(CaseVersion, on_delete=models.CASCADE, null=True, blank=True)
    text = models.TextField(blank=True, help_text="Asked in place of a case.")
    again = models.ForeignKey(
        Generation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reruns",
        help_text="The answer that is asked for once more.",
    )
    output_kind = models.CharField(max_length=40)
    resource = models.CharField(max_length=10)
    adapter = models.CharField(max_length=60)
    parent = models.ForeignKey(
        SystemVersion, on_delete=models.CASCADE, null=True, blank=True, help_text="Of a variant."
    )
    revision = models.CharField(max_length=120, blank=True)
    config = models.JSONField(default=dict)
    prompt = models.TextField(blank=True)
    decoding = models.JSONField(default=dict)
    sealed = models.TextField(blank=True, editable=False, help_text="The server's key.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    record = models.JSONField(null=True, blank=True)
    names_its_maker = models.BooleanField(default=False)
    failure = models.CharField(max_length=20, blank=True)
    error = models.TextField(blank=True)
    provenance = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(default=dict, blank=True, help_text="As the model's card tells them.")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="trials_to_forget")]

    def __str__(self) -> str:
        return f"trial of {self.adapter} ({self.status})"

    @property
    def asked_adapter(self) -> str:
        """The adapter of what really answers, as with its settings."""
        return self.parent.asked.adapter if self.parent else self.adapter

    @property
    def asked_config(self) -> dict[str, Any]:
        """The settings of what really answers: of a variant, of the version underneath."""
        config: dict[str, Any] = self.parent.asked.config if self.parent else self.config
        return config

    @property
    def ended(self) -> bool:
        return self.status in {self.Status.ANSWERED, self.Status.FAILED}
