"""Every address of the site; each app lists its own."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView

api = [
    path("", include("arena.studies.api_urls")),
    path("", include("arena.generations.api_urls")),
    path("", include("arena.voting.api_urls")),
    path("", include("arena.leaderboards.api_urls")),
    path("", include("arena.exports.api_urls")),
]

urlpatterns = [
    path("", include("arena.core.urls")),
    path("", include("arena.accounts.urls")),
    path("", include("arena.studies.urls")),
    path("", include("arena.generations.urls")),
    path("", include("arena.voting.urls")),
    path("", include("arena.leaderboards.urls")),
    path("", include("arena.exports.urls")),
    path("accounts/", include("allauth.urls")),
    path("language/", set_language, name="language"),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/", include(api)),
]
