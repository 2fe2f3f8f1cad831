"""Snapshots and scores in the admin: made by workers alone, only read here."""

from django.contrib import admin

from arena.core.admin import ReadOnlyAdmin
from arena.leaderboards.models import (
    BoardLease,
    HabitReport,
    LeaderboardSnapshot,
    ReferenceScore,
    ScoreReport,
)


@admin.register(LeaderboardSnapshot)
class LeaderboardSnapshotAdmin(ReadOnlyAdmin):
    list_display = ("id", "study", "criterion", "origin", "last_vote", "n_votes", "created_at")
    list_filter = ("origin", "criterion", "study")
    list_select_related = ("study",)
    search_fields = ("study__slug", "criterion", "=digest")
    date_hierarchy = "created_at"


@admin.register(BoardLease)
class BoardLeaseAdmin(ReadOnlyAdmin):
    list_display = ("study", "held_until")
    list_select_related = ("study",)
    search_fields = ("study__slug",)


@admin.register(ReferenceScore)
class ReferenceScoreAdmin(ReadOnlyAdmin):
    list_display = ("generation", "scores", "problem", "created_at")
    list_select_related = ("generation",)
    search_fields = ("=generation__pk", "problem")


@admin.register(ScoreReport)
class ScoreReportAdmin(ReadOnlyAdmin):
    list_display = ("id", "study", "created_at")
    list_filter = ("study",)
    list_select_related = ("study",)
    search_fields = ("study__slug",)


@admin.register(HabitReport)
class HabitReportAdmin(ReadOnlyAdmin):
    list_display = ("study", "origin")
    list_filter = ("origin",)
    list_select_related = ("study",)
    search_fields = ("study__slug",)
