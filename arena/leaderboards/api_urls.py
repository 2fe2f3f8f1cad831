"""API paths of `leaderboards` below /api/v1/."""

from django.urls import URLPattern, path

from arena.leaderboards.api import AgreementView, LeaderboardView, ScoresView

urlpatterns: list[URLPattern] = [
    path("studies/<slug:slug>/leaderboard/", LeaderboardView.as_view(), name="api-leaderboard"),
    path("studies/<slug:slug>/agreement/", AgreementView.as_view(), name="api-agreement"),
    path("studies/<slug:slug>/scores/", ScoresView.as_view(), name="api-scores"),
]
