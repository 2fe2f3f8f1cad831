"""Ratings as they stood at a vote cut-off, and automatic scores beside them."""

from django.db import models

from arena.core.models import WriteOnce
from arena.generations.models import Generation
from arena.studies.models import Study
from arena.voting.models import Origin


class LeaderboardSnapshot(WriteOnce):
    """A pure function of the votes up to ``last_vote``, the parameters and the seed."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="snapshots")
    criterion = models.SlugField(max_length=40)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    last_vote = models.PositiveBigIntegerField(help_text="Id of the newest vote counted; 0: none.")
    n_votes = models.PositiveIntegerField()
    parameters = models.JSONField()
    result = models.JSONField(help_text="What `python -m evaluation rate` prints, and more.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical result.")
    step = models.BooleanField(
        default=True, help_text="May be shown to raters while they still vote."
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["study", "criterion", "origin", "-id"], name="newest_snapshot")
        ]

    def __str__(self) -> str:
        return f"{self.study.slug} {self.criterion} after vote {self.last_vote}"


class BoardLease(models.Model):
    """One worker's right to make a study's boards; taken by a conditional update."""

    study = models.OneToOneField(Study, on_delete=models.PROTECT, related_name="board_lease")
    held_until = models.DateTimeField(null=True, blank=True, help_text="Empty: nobody makes them.")

    def __str__(self) -> str:
        return f"boards of {self.study.slug}, held until {self.held_until}"


class HabitReport(models.Model):
    """Each rater beside the others, as of the newest boards: for coordinators, who would otherwise
    wait until their page had read every vote."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="habit_reports")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    raters = models.JSONField(help_text="Those who agree least with others first.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "origin"], name="habits_of_a_study_are_told_once"
            ),
        ]

    def __str__(self) -> str:
        return f"habits of the raters of {self.study.slug}"


class ReferenceScore(WriteOnce):
    """The automatic scores of one output against the reference of its case."""

    generation = models.OneToOneField(
        Generation, on_delete=models.PROTECT, related_name="reference_score"
    )
    scores = models.JSONField(help_text="By name, as the output kind defines them.")
    problem = models.CharField(max_length=300, blank=True, help_text="Why there is no score.")

    def __str__(self) -> str:
        return f"scores of generation {self.generation_id}"


class ScoreReport(WriteOnce):
    """What the reference scores of a study come to, and how far raters agree with them."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="score_reports")
    seen = models.JSONField(help_text="What it was made from: outputs answered, newest vote.")
    result = models.JSONField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"scores of {self.study.slug}, {self.created_at:%Y-%m-%d %H:%M}"
