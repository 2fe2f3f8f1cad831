"""API paths of `studies` below /api/v1/."""

from django.urls import URLPattern, path

from arena.studies import api

urlpatterns: list[URLPattern] = [
    path("studies/", api.StudyList.as_view(), name="api-studies"),
    path("studies/<slug:slug>/", api.StudyDetail.as_view(), name="api-study"),
    path("studies/<slug:slug>/cases/", api.CaseList.as_view(), name="api-cases"),
]
