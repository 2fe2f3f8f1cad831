"""Pages of `voting`."""

from django.urls import URLPattern, URLResolver, path, re_path

from arena.voting import fragments, manage, own_views, views

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
    path("studies/<slug:slug>/vote/draft/", own_views.draft, name="vote-draft"),
    path("studies/<slug:slug>/vote/break/", own_views.leave_break, name="vote-break"),
    path("studies/<slug:slug>/my-votes/", own_views.my_votes, name="my-votes"),
    path("ballots/<uuid:uuid>/", own_views.my_vote, name="my-vote"),
    re_path(
        rf"^ballots/{UUID}/(?P<side>left|right)/{NAME}$", views.ballot_asset, name="ballot-asset"
    ),
    path("ballots/<uuid:uuid>/case/<slug:name>", views.case_asset, name="case-asset"),
]
