"""Leaderboard snapshots in the admin: made by the refresh alone, only read here."""

from django.contrib import admin

from arena.core.admin import ReadOnlyAdmin
from arena.leaderboards.models import LeaderboardSnapshot


@admin.register(LeaderboardSnapshot)
class LeaderboardSnapshotAdmin(ReadOnlyAdmin):
    list_display = ("id", "study", "criterion", "origin", "last_vote", "n_votes", "created_at")
    list_filter = ("origin", "criterion", "study")
    list_select_related = ("study",)
    search_fields = ("study__slug", "criterion", "=digest")
    date_hierarchy = "created_at"
