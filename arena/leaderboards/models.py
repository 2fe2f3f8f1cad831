"""Ratings as they stood at a vote cut-off."""

from django.db import models

from arena.core.models import WriteOnce
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
