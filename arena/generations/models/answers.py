"""What systems answered, with how it came about, and the files that came with it."""

from django.db import models
from django.utils import timezone

from arena.core.models import WriteOnce
from arena.generations.models.systems import StudySystem
from arena.studies.models import CaseVersion


class Generation(models.Model):
    """One output of one system version for one case version; also the queue's row."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        CLAIMED = "claimed", "Being generated"
        SUCCEEDED = "succeeded", "Answered"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        EXTERNAL = "external", "Judged elsewhere, output not held here"

    class Failure(models.TextChoices):
        REFUSED = "refused", "Refused to answer"
        TIMED_OUT = "timed_out", "Took too long"
        CRASHED = "crashed", "Crashed"
        OUT_OF_MEMORY = "out_of_memory", "Out of memory"
        INVALID_OUTPUT = "invalid_output", "Output not valid"
        EMPTY = "empty", "Empty output"
        REJECTED = "rejected_by_policy", "Rejected by policy"
        UNTAKEN = "cannot_take", "Cannot take the case"

    study_system = models.ForeignKey(
        StudySystem, on_delete=models.PROTECT, related_name="generations"
    )
    case_version = models.ForeignKey(
        CaseVersion, on_delete=models.PROTECT, related_name="generations"
    )
    repeat = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    # The queue: who works on it, until when, and when it may be tried again.
    resource = models.CharField(max_length=10, default="cpu", help_text="cpu, gpu or remote.")
    priority = models.SmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # The answer, or why there is none.
    record = models.JSONField(null=True, blank=True, help_text="As the output kind defines it.")
    record_digest = models.CharField(max_length=64, blank=True)
    names_its_maker = models.BooleanField(default=False, help_text="Set by the leak filter.")
    failure = models.CharField(max_length=20, choices=Failure.choices, blank=True)
    error = models.TextField(blank=True)
    provenance = models.JSONField(default=dict, blank=True)
    cost = models.DecimalField(
        max_digits=16, decimal_places=8, null=True, blank=True,
        help_text="Of all attempts, at the price of their day; empty where it is not known.",
    )  # fmt: skip
    cost_currency = models.CharField(max_length=3, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study_system", "case_version", "repeat"],
                name="a_system_answers_a_case_version_once_per_repeat",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="succeeded") | models.Q(record__isnull=False),
                name="an_answered_generation_has_a_record",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="failed") | ~models.Q(failure=""),
                name="a_failed_generation_says_how_it_failed",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="claimed")
                | (models.Q(lease_until__isnull=False) & ~models.Q(lease_owner="")),
                name="a_claimed_generation_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["resource", "-priority", "id"],
                condition=models.Q(status="queued"),
                name="generation_queue",
            ),
            # One system's share of the queue: what a loaded model may go on with.
            models.Index(
                fields=["study_system", "resource", "-priority", "id"],
                condition=models.Q(status="queued"),
                name="generation_backlog",
            ),
            models.Index(
                fields=["lease_owner"],
                condition=models.Q(status="claimed"),
                name="generation_owners",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(status="claimed"),
                name="generation_leases",
            ),
            models.Index(fields=["case_version", "status"], name="generation_of_case"),
            # Few name their maker; every board asks which.
            models.Index(
                fields=["study_system"],
                condition=models.Q(names_its_maker=True),
                name="generation_leaks",
            ),
            models.Index(fields=["study_system", "status", "failure"], name="generation_progress"),
            # What was asked again is taken off all that was asked, to tell what is missing.
            models.Index(
                fields=["study_system"],
                condition=models.Q(repeat__gt=0),
                name="generation_repeats",
            ),
        ]

    def __str__(self) -> str:
        return f"generation {self.pk} ({self.status})"


def output_file_path(file: "OutputFile", filename: str) -> str:
    return f"outputs/{file.digest[:2]}/{file.digest}"


class OutputFile(WriteOnce):
    """A file that came with an output, cleaned of metadata and stored by its content.

    Its name is not kept: the output's record refers to it by its digest.
    """

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="files")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what is stored.")
    media_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    file = models.FileField(upload_to=output_file_path, max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "digest"], name="an_output_holds_a_file_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.media_type} of generation {self.generation_id}"
