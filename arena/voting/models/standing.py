"""What raters qualify by, and where pairs of systems stand."""

from django.conf import settings
from django.db import models

from arena.core.models import WriteOnce
from arena.studies.models import Protocol, Study
from arena.voting.models.ballots import Comparison, Origin


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
