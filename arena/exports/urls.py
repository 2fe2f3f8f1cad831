"""Pages of `exports`."""

from django.urls import URLPattern, URLResolver, path

from arena.exports import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("studies/<slug:slug>/exports/", views.exports, name="exports"),
    path("studies/<slug:slug>/exports/<int:pk>.zip", views.download, name="export-download"),
    path("studies/<slug:slug>/manage/exports/", views.manage_exports, name="manage-exports"),
]
