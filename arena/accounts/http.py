"""Requests whose user is known to be ours, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from arena.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request behind ``login_required``."""

    user: User
    htmx: HtmxDetails
