"""Systems: the list, a card, and registering one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from arena.accounts.http import SignedInRequest
from arena.core.errors import UserError
from arena.generations.access import (
    may_register,
    published_in,
    settings_shown,
    systems_run,
    systems_visible,
)
from arena.generations.forms import KeyForm
from arena.generations.mapping import names_a_secret
from arena.generations.model_facts import facts_told
from arena.generations.models import System, SystemVersion
from arena.generations.services import (
    secret_remove,
    secret_set,
)
from arena.generations.views.prices import price_context, price_keep


@require_safe
def systems(request: HttpRequest) -> HttpResponse:
    found = systems_visible(request.user).select_related("owner").order_by("name")
    signed_in = request.user.is_authenticated
    context = {
        "systems": found,
        "may_register": signed_in and may_register(request.user),  # type: ignore[arg-type]
    }
    return render(request, "generations/systems.html", context)


@require_safe
def card(request: HttpRequest, slug: str) -> HttpResponse:
    return _card(request, get_object_or_404(systems_visible(request.user), slug=slug))


@login_required
@require_POST
def price(request: SignedInRequest, slug: str) -> HttpResponse:
    """The price that was entered, or the card once more with what is wrong with it."""
    system = get_object_or_404(systems_visible(request.user), slug=slug)
    if faulty := price_keep(request, system):
        return _card(request, system, price_form=faulty, status=400)
    return redirect("system-card", slug)


def _card(
    request: HttpRequest, system: System, *, status: int = 200, **shown_instead: Any
) -> HttpResponse:
    versions = list(system.versions.order_by("-number"))
    shown = settings_shown(user=request.user, system=system)
    context = {
        "system": system,
        "results": published_in(system),
        "settings_shown": shown,
        "versions": [
            (version, settings_of(version), facts_told(version.facts)) for version in versions
        ]
        if shown
        else [],
        "newest": versions[0] if versions else None,
        "runs_it": systems_run(request.user).filter(pk=system.pk).exists(),
        **_key_context(request, system, versions),
        **price_context(request, system, versions),
        **shown_instead,
    }
    return render(request, "generations/card.html", context, status=status)


@login_required
@require_POST
def key(request: SignedInRequest, slug: str) -> HttpResponse:
    """Keep or forget the key that the newest version is asked with; nothing ever shows it."""
    system = get_object_or_404(systems_visible(request.user), slug=slug)
    version = get_object_or_404(system.versions.order_by("-number")[:1])
    form = KeyForm(request.POST)
    try:
        if "forget" in request.POST:
            secret_remove(version=version, by=request.user)
            messages.success(request, "The key is forgotten; the server is asked without one.")
        elif form.is_valid():
            secret_set(version=version, by=request.user, secret=form.cleaned_data["key"])
            messages.success(request, f"The key for {version.endpoint} is kept.")
        else:
            messages.error(request, "No key was given.")
    except UserError as error:
        messages.error(request, str(error))
    return redirect("system-card", slug)


def _key_context(
    request: HttpRequest, system: System, versions: list[SystemVersion]
) -> dict[str, Any]:
    """For those who may set the key of the newest version, where that is asked at a server."""
    user, newest = request.user, versions[0] if versions else None
    owns = user.is_authenticated and (user.pk == system.owner_id or user.is_superuser)
    if not owns or newest is None or newest.endpoint_id is None:
        return {}
    held = system.secrets.filter(endpoint=newest.endpoint_id).select_related("set_by").first()
    return {"key_form": KeyForm(), "key_held": held, "key_endpoint": newest.endpoint}


def settings_of(version: SystemVersion) -> list[tuple[str, Any]]:
    """Name and value of every setting; what looks like a secret is never shown."""
    both = {**version.config, **version.decoding}
    return [(key, "(hidden)" if names_a_secret(key) else value) for key, value in both.items()]
