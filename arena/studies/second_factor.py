"""Who must have a second factor before any page but those where it is set up."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from arena.accounts.models import User
from arena.studies.models import Membership

OPEN = ("/accounts/", "/static/", "/language/", "/healthz", "/readyz", "/metrics")
"""Signing in and out, setting the factor up, and what serves no person."""
WANTED = "Set up a second factor under your profile first."


def second_factor_wanted(*, user: User) -> bool:
    """Whether the installation asks this person for a second factor."""
    policy = settings.SECOND_FACTOR
    if policy in ("nobody", "everybody"):
        return bool(policy == "everybody")
    if user.is_staff or user.is_superuser or policy == "admins":
        return user.is_staff or user.is_superuser
    return Membership.objects.filter(user=user, role=Membership.Role.COORDINATOR).exists()


class SecondFactorMiddleware:
    """Sends whoever lacks a wanted second factor to set one up, whatever they asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR == "nobody" or not self.lacks(request):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": WANTED}, status=403)
        messages.warning(
            request,
            _("This installation asks you for a second factor. Set one up here, then go on."),
        )
        return redirect("mfa_index")

    def lacks(self, request: HttpRequest) -> bool:
        user = request.user
        if request.path.startswith(OPEN) or not isinstance(user, User):
            return False
        return second_factor_wanted(user=user) and not is_mfa_enabled(user)
