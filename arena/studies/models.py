"""A study: its protocol, people and cases."""

import secrets
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_noop

from arena.core.models import WriteOnce


class Study(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", gettext_noop("Draft")
        OPEN = "open", gettext_noop("Open for votes")
        CLOSED = "closed", gettext_noop("Closed")
        ARCHIVED = "archived", gettext_noop("Archived")

    class Visibility(models.TextChoices):
        PUBLIC = "public", "Listed for everybody"
        PRIVATE = "private", "Only for members"

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=160)
    summary = models.TextField(blank=True, help_text="Two sentences for the study's public page.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    leaderboard_published = models.BooleanField(
        default=False, help_text="Members see it in any case once the study is closed."
    )
    outside_endpoints_allowed = models.BooleanField(
        default=False, help_text="May case content be sent to systems outside this installation?"
    )
    synthetic = models.BooleanField(
        default=False, help_text="All cases are synthetic; said on every page of the study."
    )
    holds_simulated_votes = models.BooleanField(
        default=False,
        editable=False,
        help_text="Set with the first vote made by a program; said on every page of the study.",
    )
    case_source = models.CharField(max_length=300, blank=True, help_text="Where cases come from.")
    ethics = models.CharField(
        max_length=300,
        blank=True,
        help_text="Board, number and type of approval, or 'none needed'.",
    )
    ethics_expires_on = models.DateField(null=True, blank=True)
    seed = models.PositiveIntegerField(default=0, help_text="Seeds side and case order.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="studies_created"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(opened_at__isnull=False),
                name="a_study_past_draft_has_been_opened",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["closed", "archived"])
                | models.Q(closed_at__isnull=False),
                name="a_closed_study_says_when_it_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ethics_expired(self) -> bool:
        """From the day after the approval ends, no votes are taken."""
        return self.ethics_expires_on is not None and self.ethics_expires_on < timezone.localdate()


class Protocol(WriteOnce):
    """What raters are asked and how; a change is a new version, old votes keep theirs."""

    class Scale(models.TextChoices):
        FIVE = "five", gettext_noop("Five steps and both unacceptable")
        THREE = "three", gettext_noop("Three steps and both unacceptable")

    class ErrorPack(models.TextChoices):
        """Which types of error raters may name; what each holds is in voting/answers.py."""

        GENERAL = "general", "General: findings, omissions, treatment, contradictions"
        RADIOLOGY = "radiology", "Radiology reports: the six types of ReXVal and GREEN"
        NOTES = "notes", "Notes and letters: invented, left out, turned round, out of date"

    class Pairing(models.TextChoices):
        """How the next comparison is chosen; the rules are in evaluation/pairing.py."""

        BALANCED = "balanced", "Balanced: every pair, rater and case as evenly as can be"
        ADAPTIVE = "adaptive", "Adaptive: mostly the pairs whose order is still open"
        UNIFORM = "uniform", "Uniform: by lot alone"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="protocols")
    version = models.PositiveIntegerField()
    input_kind = models.CharField(max_length=40, help_text="Key of a case format.")
    output_kind = models.CharField(max_length=40, help_text="Key of an output kind.")
    question = models.CharField(max_length=300)
    instructions = models.TextField(blank=True, help_text="Markdown, shown before the first vote.")
    scale = models.CharField(max_length=5, choices=Scale.choices, default=Scale.FIVE)
    professions = models.JSONField(default=list, blank=True, help_text="Empty: any.")
    specialties = models.JSONField(default=list, blank=True, help_text="Empty: any.")
    least_verification = models.PositiveSmallIntegerField(default=0)
    least_seconds = models.PositiveIntegerField(
        default=0, help_text="Faster votes are stored and left out of ratings, with a count."
    )
    least_view_seconds = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(300)],
        help_text="Both outputs must be in view so long before a choice; 0: no such rule.",
    )
    error_pack = models.CharField(
        max_length=10, choices=ErrorPack.choices, default=ErrorPack.GENERAL
    )
    asks_confidence = models.BooleanField(default=True)
    shows_differences = models.BooleanField(
        default=True, help_text="Raters may have the words marked in which two texts differ."
    )
    offers_same_case = models.BooleanField(
        default=True, help_text="Raters may go on to other outputs of the case they have just read."
    )
    break_minutes = models.PositiveSmallIntegerField(
        default=45,
        validators=[MaxValueValidator(600)],
        help_text="Suggest a break after so many minutes of one sitting; 0: never.",
    )
    break_ballots = models.PositiveSmallIntegerField(
        default=0, help_text="Suggest a break after so many ballots of one sitting; 0: never."
    )
    pairing = models.CharField(max_length=8, choices=Pairing.choices, default=Pairing.BALANCED)
    repeat_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(20)],
        help_text="Of a rater's comparisons, asked again with sides swapped; 0: none.",
    )
    qualification_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="Share of known answers a rater must give before votes count; 0: not asked.",
    )
    qualification_tries = models.PositiveSmallIntegerField(
        default=2, help_text="How often a rater may try; 0: as often as they like."
    )
    votes_per_comparison = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1)]
    )
    target_votes = models.PositiveIntegerField(default=0, help_text="0: no target.")

    class Meta:
        ordering = ["study", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "version"], name="a_protocol_version_is_written_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study.slug} protocol {self.version}"


class Criterion(WriteOnce):
    """An aspect voted on its own; the first one is the headline of the leaderboard."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="criteria")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=120)
    help = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    required = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "criteria"
        ordering = ["protocol", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "key"], name="a_criterion_appears_once_in_a_protocol"
            ),
            models.UniqueConstraint(
                fields=["protocol", "position"], name="criteria_of_a_protocol_have_an_order"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Membership(models.Model):
    class Role(models.TextChoices):
        RATER = "rater", "Rater"
        COORDINATOR = "coordinator", "Coordinator"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=12, choices=Role.choices)
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user", "role"], name="a_member_holds_a_role_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.study}"


class Invitation(models.Model):
    """A link that makes whoever opens it, signed in, a member. Only the token's hash is kept."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(
        max_length=12, choices=Membership.Role.choices, default=Membership.Role.RATER
    )
    email = models.EmailField(blank=True, help_text="Empty: anybody with the link.")
    token_digest = models.CharField(max_length=64, unique=True)
    uses_left = models.PositiveIntegerField(default=1, validators=[MaxValueValidator(1000)])
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"invitation to {self.study} as {self.role}"


class Case(models.Model):
    """One clinical input with its question; what it says is in its versions."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="cases")
    key = models.CharField(max_length=80, help_text="The importer's own identifier.")
    position = models.PositiveIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["study", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "key"], name="a_case_key_names_one_case"),
            models.CheckConstraint(condition=~models.Q(key=""), name="a_case_has_a_key"),
        ]
        indexes = [
            # Draws begin at a random case of the study: they need its first and last id at once.
            models.Index(fields=["study", "id"], name="cases_of_study"),
            models.Index(fields=["study", "position", "id"], name="cases_in_order"),
            models.Index(
                fields=["study"],
                condition=models.Q(withdrawn_at__isnull=False),
                name="cases_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study.slug}/{self.key}"


class CaseVersion(WriteOnce):
    """The content of a case, frozen; ``digest`` covers content, assets and reference."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    input_kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    content = models.JSONField(help_text="As the case format defines it.")
    reference = models.JSONField(
        null=True, blank=True, help_text="A record of the study's output kind, where one is known."
    )
    strata = models.JSONField(default=dict, blank=True)
    specialty = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=12, default="en")
    synthetic = models.BooleanField(default=False)
    source = models.CharField(max_length=300, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["case", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "number"], name="a_case_version_is_written_once"
            ),
        ]
        indexes = [
            # Few cases were ever changed, and few have a reference: both are found at once.
            models.Index(fields=["case"], condition=models.Q(number__gt=1), name="cases_changed"),
            models.Index(
                fields=["case"],
                condition=models.Q(reference__isnull=False),
                name="cases_with_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} version {self.number}"


def asset_path(asset: "Asset", filename: str) -> str:
    return f"assets/{asset.digest[:2]}/{asset.digest}"


class Asset(WriteOnce):
    """A file of a case version, cleaned of metadata on import and stored by its content."""

    case_version = models.ForeignKey(CaseVersion, on_delete=models.PROTECT, related_name="assets")
    name = models.SlugField(max_length=40)
    media_type = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    file = models.FileField(upload_to=asset_path, max_length=120)
    meta = models.JSONField(default=dict, blank=True, help_text="Width, height, spacing in mm, …")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case_version", "name"], name="an_asset_name_is_used_once_in_a_case"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_version} {self.name}"


def kept_path(upload: "KeptUpload", filename: str) -> str:
    return f"kept/{upload.key.hex}"


KEPT_FOR = timedelta(hours=1)
"""How long an upload waits for a word of whoever brought it."""


class KeptUpload(models.Model):
    """A file of cases or outputs that waits for a word of whoever brought it, so that it is sent
    only once.

    One of each for a person and study, for an hour at most; nobody else can use or see it. Neither
    person nor study is deleted meanwhile: the bytes would stay behind.
    """

    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    study_system = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Id of the one whose outputs it holds; empty: cases."
    )
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    file = models.FileField(upload_to=kept_path, max_length=120)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    taken_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is being imported; nobody else may then."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user"],
                condition=models.Q(study_system=None),
                name="a_person_keeps_one_upload_in_a_study",
            ),
            models.UniqueConstraint(
                fields=["study", "user"],
                condition=models.Q(study_system__isnull=False),
                name="a_person_keeps_outputs_of_one_system_in_a_study",
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk} for {self.study}"

    @property
    def until(self) -> datetime:
        return self.created_at + KEPT_FOR


def new_token() -> str:
    return secrets.token_urlsafe(24)
