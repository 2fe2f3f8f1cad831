"""Comparisons and the ballots raters saw."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from arena.generations.models import Generation
from arena.studies.models import CaseVersion, Protocol, Study


class Side(models.TextChoices):
    LEFT = "left", _("Left")
    RIGHT = "right", _("Right")


class Origin(models.TextChoices):
    """Where votes come from; ratings are made of one origin, never of several."""

    HUMAN = "human", "Clinicians voting here"
    SIMULATED = "simulated", "SIMULATED"
    IMPORTED = "imported", "Imported"


QUALIFYING = "qualifying"
"""Of ballots by which raters qualify: no ``Origin``, so no board or export can ask for it."""


class Outcome(models.TextChoices):
    LEFT_STRONGLY = "left_strongly", _("Left is much better")
    LEFT_SLIGHTLY = "left_slightly", _("Left is slightly better")
    TIE = "tie", _("About the same")
    RIGHT_SLIGHTLY = "right_slightly", _("Right is slightly better")
    RIGHT_STRONGLY = "right_strongly", _("Right is much better")
    BOTH_UNACCEPTABLE = "both_unacceptable", _("Both unacceptable")


class Comparison(models.Model):
    """An unordered pair of generations of one case, told apart by the smaller id first."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="comparisons")
    case_version = models.ForeignKey(CaseVersion, on_delete=models.PROTECT)
    first = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], name="a_pair_of_generations_is_one_comparison"
            ),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")),
                name="a_comparison_has_two_generations_in_id_order",
            ),
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"


class Ballot(models.Model):
    """A comparison shown to one rater, sides drawn once and stored."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        VOTED = "voted", "Voted"
        SKIPPED = "skipped", "Skipped"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="ballots")
    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="ballots")
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="ballots")
    rater = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ballots"
    )
    origin = models.CharField(
        max_length=10,
        choices=[*Origin.choices, (QUALIFYING, "Qualification of a rater")],
        default=Origin.HUMAN,
    )
    left_is_second = models.BooleanField(help_text="The drawn sides.")
    repeat = models.PositiveSmallIntegerField(default=0, help_text="Planned repeats count up.")
    position = models.PositiveIntegerField(help_text="The rater's n-th ballot of the study.")
    probability = models.FloatField(null=True, blank=True, help_text="Of drawing this comparison.")
    same_case = models.BooleanField(
        default=False, help_text="The rater asked for more of the case of the ballot before."
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Counts up with each undo.")
    drawn_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True, help_text="Server time, first shown.")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Server time.")
    sitting = models.PositiveIntegerField(
        null=True, blank=True, help_text="The rater's n-th sitting in the study; null: not known."
    )
    sitting_place = models.PositiveIntegerField(
        null=True, blank=True, help_text="The n-th ballot answered in that sitting."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rater", "comparison", "repeat"],
                name="a_rater_sees_a_comparison_once_unless_repeated",
            ),
            models.UniqueConstraint(
                fields=["rater", "study"],
                condition=models.Q(status="open"),
                name="a_rater_has_one_open_ballot_per_study",
            ),
            models.UniqueConstraint(
                fields=["rater", "study", "position"],
                name="ballots_of_a_rater_have_an_order",
            ),
            models.CheckConstraint(
                condition=models.Q(status="open") | models.Q(answered_at__isnull=False),
                name="an_answered_ballot_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["study", "origin", "status"], name="ballots_of_study"),
            # How far a rater is, told on every voting page without a look at the ballots.
            models.Index(fields=["study", "rater", "status", "origin"], name="ballots_of_rater"),
            # When a sitting began, however many ballots were judged in it.
            models.Index(
                fields=["rater", "study", "sitting"],
                condition=models.Q(sitting_place=1),
                name="first_ballots_of_sittings",
            ),
        ]

    def __str__(self) -> str:
        return f"ballot {self.uuid}"

    @property
    def left(self) -> Generation:
        return self.comparison.second if self.left_is_second else self.comparison.first

    @property
    def right(self) -> Generation:
        return self.comparison.first if self.left_is_second else self.comparison.second


class Draft(models.Model):
    """What was filled into an open ballot so far: no vote, in no count and in no export.

    It goes with the vote or skip. ``fields`` is the form: name → values.
    """

    ballot = models.OneToOneField(Ballot, on_delete=models.CASCADE, related_name="draft")
    attempt = models.PositiveSmallIntegerField(default=1)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"draft of {self.ballot}"
