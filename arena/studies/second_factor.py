"""Who must have a second factor before any page but those where it is set up.

A password alone opens nothing where there is a factor: not a session begun before the factor was
set up, which may be a thief's, and not by what recovery codes remain after a factor was taken away.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from arena.accounts.models import User
from arena.accounts.second_factor import GIVEN_BY
from arena.studies.models import Membership

NO_PERSON = ("/static/", "/language/", "/healthz", "/readyz", "/metrics")
"""What serves no person, or anybody."""
OPEN = ("/accounts/", *NO_PERSON)
"""Also signing in and out, and setting the factor up."""
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
"""Recovery codes stand in for one of these; on their own, signing in does not ask for them."""
WANTED = "Set up a second factor under your profile first."
AGAIN = "Sign in again, with your second factor."
FORBIDDEN = 4403

Scope = MutableMapping[str, Any]
Channel = Callable[..., Awaitable[Any]]


def second_factor_wanted(*, user: User) -> bool:
    """Whether the installation asks this person for a second factor."""
    policy = settings.SECOND_FACTOR
    if policy in ("nobody", "everybody"):
        return bool(policy == "everybody")
    if user.is_staff or user.is_superuser or policy == "admins":
        return user.is_staff or user.is_superuser
    return Membership.objects.filter(user=user, role=Membership.Role.COORDINATOR).exists()


def second_factor_had(*, user: User) -> bool:
    return bool(is_mfa_enabled(user, FACTORS))


def second_factor_given(*, user: User, session: SessionBase) -> bool:
    """Whether the factor was given, or set up, in this very session."""
    return bool(session.get(GIVEN_BY) == user.pk)


class SecondFactorMiddleware:
    """Sends whoever lacks a wanted second factor to set one up, whatever they asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if settings.SECOND_FACTOR == "nobody" or request.path.startswith(NO_PERSON):
            return self.get_response(request)
        if not isinstance(user, User):
            return self.get_response(request)
        if second_factor_had(user=user):
            given = second_factor_given(user=user, session=request.session)
            return self.get_response(request) if given else _signed_out(request)
        if request.path.startswith(OPEN) or not second_factor_wanted(user=user):
            return self.get_response(request)
        return _sent_to_set_up(request)


class SecondFactorSockets:
    """The same for WebSockets, which pass no middleware of Django's."""

    def __init__(self, inner: Channel) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Channel, send: Channel) -> None:
        if await _lacking(scope["user"], scope["session"]):
            await send({"type": "websocket.close", "code": FORBIDDEN})
            return
        await self.inner(scope, receive, send)


@database_sync_to_async  # type: ignore[untyped-decorator]
def _lacking(user: object, session: SessionBase) -> bool:
    if settings.SECOND_FACTOR == "nobody" or not isinstance(user, User):
        return False
    if second_factor_had(user=user):
        return not second_factor_given(user=user, session=session)
    return second_factor_wanted(user=user)


def _sent_to_set_up(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": WANTED}, status=403)
    asked = _("This installation asks you for a second factor. Set one up here, then go on.")
    messages.warning(request, asked)
    return redirect("mfa_index")


def _signed_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": AGAIN}, status=403)
    messages.warning(request, _("Please sign in again, now with your second factor."))
    return redirect("account_login")
