"""Pages of `accounts`; signing in and passwords are django-allauth's below /accounts/."""

from django.urls import URLPattern, URLResolver, path

from arena.accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("profile/", views.profile, name="profile"),
    path("profile/keys/", views.keys, name="keys"),
    path("profile/first-steps/", views.tour_seen, name="tour-seen"),
    path("profile/tokens/", views.token_new, name="token-new"),
    path("profile/tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
]
