"""Comparisons, the ballots raters saw, and their votes."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from arena.core.models import WriteOnce
from arena.generations.models import Generation
from arena.studies.models import CaseVersion, Criterion, Protocol, Study


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


class Vote(WriteOnce):
    """A rater's submitted preference. It counts while no retraction names it."""

    stood_before = False
    """Set on the one that ``vote_cast`` found instead of storing another."""

    class Confidence(models.IntegerChoices):
        LOW = 1, _("Low")
        MEDIUM = 2, _("Medium")
        HIGH = 3, _("High")

    ballot = models.ForeignKey(Ballot, on_delete=models.PROTECT, related_name="votes")
    attempt = models.PositiveSmallIntegerField(default=1)
    seconds = models.FloatField(help_text="From opened to cast, by the server's clock.")
    left_seconds = models.FloatField(
        null=True, blank=True, help_text="Left output in view, as the browser told; null: unknown."
    )
    right_seconds = models.FloatField(null=True, blank=True, help_text="Right output in view.")
    looked_closely = models.BooleanField(
        null=True, blank=True, help_text="An image was enlarged or moved; null: none, or unknown."
    )
    confidence = models.PositiveSmallIntegerField(choices=Confidence.choices, null=True, blank=True)
    reason = models.TextField(blank=True, max_length=4000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ballot", "attempt"], name="one_vote_per_ballot_and_attempt"
            ),
            models.CheckConstraint(
                condition=models.Q(seconds__gte=0), name="a_vote_takes_no_negative_time"
            ),
            models.CheckConstraint(
                condition=(models.Q(left_seconds=None) | models.Q(left_seconds__gte=0))
                & (models.Q(right_seconds=None) | models.Q(right_seconds__gte=0)),
                name="an_output_is_in_view_for_no_negative_time",
            ),
        ]

    def __str__(self) -> str:
        return f"vote {self.pk}"


class CriterionVote(WriteOnce):
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="criterion_votes")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="votes")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vote", "criterion"], name="one_outcome_per_vote_and_criterion"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=Outcome.values), name="an_outcome_is_a_known_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.outcome}"


class SafetyFlag(WriteOnce):
    """A rater says an output is unsafe; asked for on its own, never inferred from the vote."""

    class Extent(models.TextChoices):
        NONE = "none", _("No harm")
        MODERATE = "moderate", _("Mild or moderate harm")
        SEVERE = "severe", _("Severe harm or death")

    class Likelihood(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="safety_flags")
    side = models.CharField(max_length=5, choices=Side.choices)
    extent = models.CharField(max_length=10, choices=Extent.choices)
    likelihood = models.CharField(max_length=10, choices=Likelihood.choices)
    error_types = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vote", "side"], name="one_safety_flag_per_side"),
        ]

    def __str__(self) -> str:
        return f"{self.side}: {self.extent}, {self.likelihood}"


class Highlight(WriteOnce):
    """A place in an output marked as wrong: a character span or a region in image pixels.

    A region of a volume also names its ``plane`` and ``slice``, and under ``mm`` where that is.

    ``start`` and ``end`` count characters of the output's text as it was shown; ``quote`` holds the
    words themselves, so that the place is found again when the page is laid out otherwise.
    """

    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="highlights")
    side = models.CharField(max_length=5, choices=Side.choices)
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    quote = models.CharField(max_length=500, blank=True)
    region = models.JSONField(null=True, blank=True, help_text="{x, y, width, height} in pixels.")
    error_type = models.CharField(max_length=40, blank=True)
    significant = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(region__isnull=False, start__isnull=True, end__isnull=True)
                | models.Q(region__isnull=True, start__lt=models.F("end")),
                name="a_highlight_is_a_span_or_a_region",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.error_type}"


class Retraction(WriteOnce):
    """A vote that no longer counts, and why: an undo, or a correction by name."""

    vote = models.OneToOneField(Vote, on_delete=models.PROTECT, related_name="retraction")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="a_retraction_states_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"retraction of vote {self.vote_id}"


class Skip(WriteOnce):
    """A ballot returned unanswered: stored, back to the pool, never a tie."""

    class Reason(models.TextChoices):
        NOT_MY_SPECIALTY = "not_my_specialty", _("Not my specialty")
        CANNOT_JUDGE = "cannot_judge", _("Cannot judge from what is shown")
        UNREADABLE = "unreadable", _("Image or text unreadable")
        IDENTIFIER = "identifier", _("I see who the patient is")
        OTHER = "other", _("Another reason")

    ballot = models.ForeignKey(Ballot, on_delete=models.PROTECT, related_name="skips")
    attempt = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ballot", "attempt"], name="one_skip_per_ballot_and_attempt"
            ),
        ]

    def __str__(self) -> str:
        return f"skip of ballot {self.ballot_id}: {self.reason}"


class KnownAnswer(models.Model):
    """A comparison whose answer is agreed on; raters qualify by it, and no rating counts it."""

    class Expected(models.TextChoices):
        FIRST = "first", "The first output is better"
        SECOND = "second", "The second output is better"
        TIE = "tie", "About the same"
        BOTH_UNACCEPTABLE = "both_unacceptable", "Both unacceptable"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="known_answers")
    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="+")
    expected = models.CharField(max_length=20, choices=Expected.choices)
    explanation = models.CharField(max_length=500, blank=True, help_text="Shown afterwards.")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "comparison"],
                condition=models.Q(removed_at=None),
                name="a_comparison_has_one_known_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"known answer of {self.comparison}"


class Qualification(WriteOnce):
    """How one try of a rater ended; their answers are ballots of origin ``qualifying``."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="qualifications")
    rater = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="qualifications"
    )
    number = models.PositiveSmallIntegerField(help_text="The rater's n-th try.")
    right = models.PositiveSmallIntegerField()
    of = models.PositiveSmallIntegerField()
    passed = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "rater", "number"], name="a_try_to_qualify_ends_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.right} of {self.of}"


class PairStanding(models.Model):
    """Half-wins of each pair of systems up to a vote, for the adaptive choice alone: no rating is
    made of them. Counted again from the votes where the row is missing."""

    protocol = models.ForeignKey(Protocol, on_delete=models.CASCADE, related_name="+")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    vote = models.PositiveBigIntegerField(help_text="Id of the newest vote counted.")
    retraction = models.PositiveBigIntegerField(default=0, help_text="Id of the newest one seen.")
    wins = models.JSONField(default=list, help_text="[winner, loser, half-wins], study systems.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "origin"], name="pairs_of_a_protocol_stand_once"
            ),
        ]

    def __str__(self) -> str:
        return f"pairs of protocol {self.protocol_id} up to vote {self.vote}"
