"""Pages of `voting`."""

from django.urls import URLPattern, URLResolver, path, re_path

from arena.voting import fragments, manage, views

UUID = r"(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
NAME = r"(?P<name>[a-z0-9-]{1,40})"

urlpatterns: list[URLPattern | URLResolver] = [
    path("studies/<slug:slug>/vote/", views.vote, name="vote"),
    path("studies/<slug:slug>/vote/progress/", fragments.vote_progress, name="vote-progress"),
    path("studies/<slug:slug>/vote/news/", fragments.vote_news, name="vote-news"),
    path("studies/<slug:slug>/manage/votes/", fragments.rater_votes, name="manage-votes"),
    path("studies/<slug:slug>/manage/marks/", fragments.marked_errors, name="manage-marks"),
    path("studies/<slug:slug>/vote/qualification/", views.qualification, name="vote-qualification"),
    path(
        "studies/<slug:slug>/manage/qualification/",
        manage.qualification,
        name="manage-qualification",
    ),
    path("studies/<slug:slug>/vote/skip/", views.skip, name="vote-skip"),
    path("studies/<slug:slug>/vote/undo/", views.undo, name="vote-undo"),
    re_path(
        rf"^ballots/{UUID}/(?P<side>left|right)/{NAME}$", views.ballot_asset, name="ballot-asset"
    ),
    path("ballots/<uuid:uuid>/case/<slug:name>", views.case_asset, name="case-asset"),
]
