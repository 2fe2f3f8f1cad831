"""What raters said about their ballots."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from arena.core.models import WriteOnce
from arena.generations.models import StudySystem
from arena.studies.models import Criterion
from arena.voting.models.ballots import Ballot, Outcome, Side
from arena.voting.places import PLACE_OR_NOTE


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
    Without a place something is missing, and the ``note`` says what.

    ``start`` and ``end`` count characters of the output's text as it was shown; ``quote`` holds the
    words themselves, so that the place is found again when the page is laid out otherwise.
    ``study_system`` and ``origin`` follow from vote and side; they stand here to be counted by.
    """

    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="highlights")
    side = models.CharField(max_length=5, choices=Side.choices)
    study_system = models.ForeignKey(
        StudySystem, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    origin = models.CharField(max_length=10)
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
                condition=PLACE_OR_NOTE, name="a_highlight_has_a_place_or_a_note"
            ),
        ]
        indexes = [
            # All that the count of marked errors looks at, however many were marked.
            models.Index(
                fields=["study_system", "origin", "error_type", "significant", "vote"],
                name="highlights_of_system",
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
