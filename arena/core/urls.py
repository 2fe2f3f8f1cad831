"""Pages of `core`."""

from django.urls import URLPattern, URLResolver, path

from arena.core import health, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("theme/", views.theme, name="theme"),
    path("style/", views.style, name="style"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
