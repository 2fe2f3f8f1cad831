"""Ballots and votes in the admin: all of it is only read, promise 2 of the design."""

from django.contrib import admin

from arena.core.admin import ReadOnlyAdmin, ReadOnlyInline
from arena.voting.models import (
    Ballot,
    Comparison,
    CriterionVote,
    Draft,
    Highlight,
    KnownAnswer,
    PairStanding,
    Qualification,
    Retraction,
    SafetyFlag,
    Skip,
    Vote,
)


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    list_display = ("id", "study", "case_version", "first_id", "second_id")
    list_filter = ("study",)
    list_select_related = ("study", "case_version__case__study")
    search_fields = ("=id", "study__slug", "case_version__case__key")


@admin.register(Ballot)
class BallotAdmin(ReadOnlyAdmin):
    list_display = (
        "uuid",
        "study",
        "rater",
        "position",
        "status",
        "origin",
        "opened_at",
        "answered_at",
    )
    list_filter = ("status", "origin", "study")
    list_select_related = ("study", "rater")
    search_fields = ("=uuid", "study__slug", "rater__email", "rater__rater_profile__pseudonym")
    date_hierarchy = "drawn_at"


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """That there is one and since when; what is in it is its rater's alone."""

    list_display = ("id", "ballot", "attempt", "saved_at")
    list_filter = ("ballot__study",)
    list_select_related = ("ballot",)
    search_fields = ("=ballot__uuid", "ballot__rater__email")
    exclude = ("fields",)


class CriterionVoteInline(ReadOnlyInline):
    model = CriterionVote


class SafetyFlagInline(ReadOnlyInline):
    model = SafetyFlag


class HighlightInline(ReadOnlyInline):
    model = Highlight


class RetractionInline(ReadOnlyInline):
    model = Retraction


@admin.register(Vote)
class VoteAdmin(ReadOnlyAdmin):
    list_display = ("id", "ballot", "attempt", "seconds", "confidence", "created_at")
    list_filter = ("ballot__origin", "confidence", "ballot__study")
    list_select_related = ("ballot",)
    search_fields = ("=id", "=ballot__uuid", "ballot__study__slug", "ballot__rater__email")
    date_hierarchy = "created_at"
    inlines = (CriterionVoteInline, SafetyFlagInline, HighlightInline, RetractionInline)


@admin.register(CriterionVote)
class CriterionVoteAdmin(ReadOnlyAdmin):
    list_display = ("id", "vote", "criterion", "outcome", "created_at")
    list_filter = ("outcome", "vote__ballot__study")
    list_select_related = ("vote", "criterion")
    search_fields = ("=vote__id", "criterion__key")


@admin.register(SafetyFlag)
class SafetyFlagAdmin(ReadOnlyAdmin):
    list_display = ("id", "vote", "side", "extent", "likelihood", "created_at")
    list_filter = ("extent", "likelihood", "vote__ballot__study")
    list_select_related = ("vote",)
    search_fields = ("=vote__id", "note")


@admin.register(Highlight)
class HighlightAdmin(ReadOnlyAdmin):
    list_display = ("id", "vote", "side", "error_type", "significant", "created_at")
    list_filter = ("significant", "error_type", "vote__ballot__study")
    list_select_related = ("vote",)
    search_fields = ("=vote__id", "note")


@admin.register(Retraction)
class RetractionAdmin(ReadOnlyAdmin):
    list_display = ("id", "vote", "reason", "by", "created_at")
    list_filter = ("vote__ballot__study", "created_at")
    list_select_related = ("vote", "by")
    search_fields = ("=vote__id", "reason", "by__email")


@admin.register(Skip)
class SkipAdmin(ReadOnlyAdmin):
    list_display = ("id", "ballot", "attempt", "reason", "created_at")
    list_filter = ("reason", "ballot__study")
    list_select_related = ("ballot",)
    search_fields = ("=ballot__uuid", "note")


@admin.register(KnownAnswer)
class KnownAnswerAdmin(ReadOnlyAdmin):
    list_display = ("study", "comparison", "expected", "removed_at")
    list_filter = ("study", "expected")
    list_select_related = ("study", "comparison")
    search_fields = ("study__slug", "explanation")


@admin.register(Qualification)
class QualificationAdmin(ReadOnlyAdmin):
    list_display = ("study", "rater", "number", "right", "of", "passed", "created_at")
    list_filter = ("study", "passed")
    list_select_related = ("study", "rater")
    search_fields = ("study__slug", "rater__email")


@admin.register(PairStanding)
class PairStandingAdmin(ReadOnlyAdmin):
    list_display = ("protocol", "origin", "vote", "retraction")
    list_filter = ("origin",)
    list_select_related = ("protocol__study",)
    search_fields = ("protocol__study__slug",)
