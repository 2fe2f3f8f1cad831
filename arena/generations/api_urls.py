"""API paths of `generations` below /api/v1/."""

from django.urls import URLPattern, path

from arena.generations import api

urlpatterns: list[URLPattern] = [
    path("studies/<slug:slug>/systems/", api.StudySystemList.as_view(), name="api-systems"),
    path("studies/<slug:slug>/generations/", api.GenerationList.as_view(), name="api-generations"),
    path(
        "studies/<slug:slug>/generations/progress/",
        api.ProgressView.as_view(),
        name="api-generation-progress",
    ),
]
