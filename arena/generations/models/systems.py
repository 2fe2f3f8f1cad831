"""Systems under evaluation, where they are asked, and which of them take part."""

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from arena.core.models import WriteOnce
from arena.studies.models import Study


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
