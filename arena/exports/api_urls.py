"""API paths of `exports` below /api/v1/."""

from django.urls import URLPattern, path

from arena.exports import api

urlpatterns: list[URLPattern] = [
    path("studies/<slug:slug>/exports/", api.ExportsView.as_view(), name="api-exports"),
    path(
        "studies/<slug:slug>/exports/<int:pk>/file/",
        api.ExportFileView.as_view(),
        name="api-export-file",
    ),
]
