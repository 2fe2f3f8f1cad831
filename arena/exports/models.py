"""Files built for researchers."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from arena.studies.models import Study
from arena.voting.models import Origin


class Export(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="exports")
    format = models.CharField(max_length=40)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    last_vote = models.PositiveBigIntegerField(help_text="Id of the newest vote included.")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    file = models.FileField(upload_to="exports/", max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )
    requested_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.study.slug} {self.format}"
