"""API of `voting`."""

from django.urls import URLPattern, URLResolver, path

from arena.voting import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("studies/<slug:slug>/ballots/", api.NextBallot.as_view(), name="api-ballots"),
    path("ballots/<uuid:uuid>/", api.BallotDetail.as_view(), name="api-ballot"),
    path("ballots/<uuid:uuid>/vote/", api.BallotVote.as_view(), name="api-ballot-vote"),
    path("ballots/<uuid:uuid>/skip/", api.BallotSkip.as_view(), name="api-ballot-skip"),
    path("ballots/<uuid:uuid>/undo/", api.BallotUndo.as_view(), name="api-ballot-undo"),
]
