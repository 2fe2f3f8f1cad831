"""Pages of `leaderboards`."""

from django.urls import URLPattern, URLResolver, path

from arena.leaderboards import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("studies/<slug:slug>/leaderboard/", views.leaderboard, name="leaderboard"),
    path("studies/<slug:slug>/agreement/", views.agreement, name="agreement"),
    path("studies/<slug:slug>/manage/results/", views.results, name="manage-results"),
    path("studies/<slug:slug>/manage/results/scores/", views.scores, name="manage-scores"),
    path("methods/", views.methods, name="methods"),
    path("methods/<slug:page>/", views.method, name="method"),
]
