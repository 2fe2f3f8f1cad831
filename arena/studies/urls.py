"""Pages of `studies`."""

from django.urls import URLPattern, URLResolver, path

from arena.studies.views import cases, home, manage, pages, people

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("studies/", pages.studies, name="studies"),
    path("studies/new/", pages.study_new, name="study-new"),
    path("studies/<slug:slug>/", pages.study, name="study"),
    path("studies/<slug:slug>/join/", pages.study_join, name="study-join"),
    path("join/<str:token>/", pages.invitation, name="invitation"),
    path("studies/<slug:slug>/manage/", manage.overview, name="manage-overview"),
    path("studies/<slug:slug>/manage/", manage.overview, name="study-manage"),
    path("studies/<slug:slug>/manage/step/", manage.step, name="manage-step"),
    path("studies/<slug:slug>/manage/protocol/", manage.protocol, name="manage-protocol"),
    path("studies/<slug:slug>/manage/cases/", cases.cases, name="manage-cases"),
    path("studies/<slug:slug>/manage/cases/forget/", cases.forget, name="manage-cases-forget"),
    path("studies/<slug:slug>/manage/cases/<int:pk>/", cases.case, name="manage-case"),
    path(
        "studies/<slug:slug>/manage/cases/<int:pk>/withdraw/",
        cases.withdraw,
        name="manage-case-withdraw",
    ),
    path(
        "studies/<slug:slug>/manage/cases/<int:pk>/assets/<slug:name>",
        cases.asset,
        name="manage-case-asset",
    ),
    path("studies/<slug:slug>/manage/raters/", people.raters, name="manage-raters"),
    path(
        "studies/<slug:slug>/manage/raters/<int:pk>/remove/",
        people.remove,
        name="manage-member-remove",
    ),
    path(
        "studies/<slug:slug>/manage/invitations/<int:pk>/revoke/",
        people.revoke,
        name="manage-invitation-revoke",
    ),
]
