"""Systems under evaluation and what they answered."""

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from arena.core.models import WriteOnce
from arena.studies.models import CaseVersion, Study


def amount_field(what: str) -> "models.DecimalField[Any, Any]":
    """An amount of money that may be left empty."""
    return models.DecimalField(
        what,
        max_digits=14,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )


class System(models.Model):
    """A competitor by name; what answers is one of its versions."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    maker = models.CharField(max_length=120, blank=True)
    aliases = models.JSONField(
        default=list, blank=True, help_text="Other names that would give it away in an output."
    )
    description = models.TextField(blank=True)
    intended_use = models.TextField(blank=True)
    licence = models.CharField(max_length=120, blank=True)
    homepage = models.URLField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="systems"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Endpoint(models.Model):
    """A server that systems are asked at: how much it may be asked, shared by all workers."""

    address = models.CharField(max_length=270, unique=True, help_text="host:port")
    most_at_once = models.PositiveSmallIntegerField(
        default=8, validators=[MinValueValidator(1)], help_text="Cases being answered together."
    )
    per_minute = models.PositiveIntegerField(default=0, help_text="Requests; 0: no limit.")
    tokens = models.FloatField(default=0, editable=False, help_text="Requests saved up.")
    filled_at = models.DateTimeField(default=timezone.now, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True)
    last_trouble = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["address"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most_at_once__gte=1), name="an_endpoint_may_be_asked"
            ),
        ]

    def __str__(self) -> str:
        return self.address


class SystemSecret(models.Model):
    """A key that a system is asked with: sealed, for one server, and never shown again."""

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="secrets")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField(editable=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    set_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["system", "endpoint"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "endpoint"], name="a_system_has_one_key_per_endpoint"
            ),
        ]

    def __str__(self) -> str:
        return f"key of {self.system.slug} for {self.endpoint}"


class Price(WriteOnce):
    """What asking costs from a day on: of one system, or of all that are asked at a server.

    Never part of a version: prices change without the answers changing. Another price is another
    row, and a generation keeps what it cost on its day. Empty amounts are not charged.
    """

    system = models.ForeignKey(
        System, on_delete=models.PROTECT, null=True, blank=True, related_name="prices"
    )
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="prices"
    )
    currency = models.CharField(max_length=3, help_text="As in EUR.")
    from_day = models.DateField(help_text="From this day on, until a later price.")
    per_million_in = amount_field("Per million tokens in")
    per_million_out = amount_field("Per million tokens out, thinking included")
    per_million_cached = amount_field("Per million tokens in that the server had cached")
    per_million_thinking = amount_field("Per million tokens of thinking, where charged apart")
    per_request = amount_field("Per request")
    per_gpu_hour = amount_field("Per hour of the device")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        ordering = ["-from_day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(system__isnull=True, endpoint__isnull=False)
                | models.Q(system__isnull=False, endpoint__isnull=True),
                name="a_price_is_of_a_system_or_of_a_server",
            ),
        ]

    def __str__(self) -> str:
        return f"price of {self.system or self.endpoint} from {self.from_day}"


class SystemVersion(WriteOnce):
    """A system at a revision with its prompt and decoding settings: the thing that is rated."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    adapter = models.CharField(max_length=60)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="versions"
    )
    revision = models.CharField(max_length=120, blank=True)
    config = models.JSONField(default=dict, blank=True, help_text="The adapter's own settings.")
    prompt = models.TextField(
        blank=True, help_text="Template; {question} and {text} are filled in."
    )
    decoding = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(default=dict, blank=True, help_text="As the model's card tells them.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of all that may change answers.")

    class Meta:
        ordering = ["system", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "number"], name="a_system_version_is_written_once"
            ),
            models.UniqueConstraint(
                fields=["system", "digest"], name="equal_settings_are_one_system_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system.slug}@{self.number}"

    @property
    def asked(self) -> "SystemVersion":
        """The version that really answers: of a variant, the one it is a variant of."""
        return self.parent.asked if self.parent else self


class StudySystem(models.Model):
    """A system version taking part in a study, under the label its results carry."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="study_systems")
    version = models.ForeignKey(
        SystemVersion, on_delete=models.PROTECT, related_name="study_systems"
    )
    label = models.CharField(max_length=80)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it is asked nothing more, until resumed."
    )
    priority = models.SmallIntegerField(
        default=0, help_text="Cases of a higher one are put to systems first."
    )

    class Meta:
        ordering = ["study", "label"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "version"], name="a_system_version_takes_part_once"
            ),
            models.UniqueConstraint(
                fields=["study", "label"], name="a_label_names_one_system_of_a_study"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} in {self.study.slug}"


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
