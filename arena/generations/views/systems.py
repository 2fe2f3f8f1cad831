"""Systems: the list, a card, and registering one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from arena.accounts.http import SignedInRequest
from arena.core.errors import UserError
from arena.generations.access import (
    may_register,
    published_in,
    settings_shown,
    systems_run,
    systems_visible,
)
from arena.generations.adapter_info import AdapterInfo
from arena.generations.adapters import CATALOGUE, adapters_for
from arena.generations.forms import KeyForm, SystemForm, initial_from
from arena.generations.mapping import names_a_secret
from arena.generations.models import System, SystemVersion
from arena.generations.services import (
    secret_remove,
    secret_set,
    study_system_add,
    system_register,
)
from arena.studies.access import Action, study_for
from arena.studies.models import Study
from arena.studies.selectors import protocol_current


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
    system = get_object_or_404(systems_visible(request.user), slug=slug)
    versions = list(system.versions.order_by("-number"))
    shown = settings_shown(user=request.user, system=system)
    context = {
        "system": system,
        "results": published_in(system),
        "settings_shown": shown,
        "versions": [(version, settings_of(version)) for version in versions] if shown else [],
        "newest": versions[0] if versions else None,
        "runs_it": systems_run(request.user).filter(pk=system.pk).exists(),
        **_key_context(request, system, versions),
    }
    return render(request, "generations/card.html", context)


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


@login_required
@require_http_methods(["GET", "POST"])
def register(request: SignedInRequest) -> HttpResponse:
    """First which adapter, then its settings. With ``?study=`` the system also joins that study."""
    if not may_register(request.user):
        raise PermissionDenied("Systems are registered by coordinators of a study and by admins.")
    study = _study(request)
    adapters = _adapters(study)
    name = request.GET.get("adapter", "")
    if not name:
        context = {"adapters": adapters, "study": study}
        return render(request, "generations/register_choose.html", context)
    adapter = next((info for info in adapters if info.name == name), None)
    if adapter is None:
        raise Http404("No such adapter.")
    return _register(request, study, adapter)


def _register(request: SignedInRequest, study: Study | None, adapter: AdapterInfo) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = SystemForm(posted, adapter=adapter, initial=_initial(request))
    if form.is_valid():
        try:
            version = system_register(by=request.user, **form.registered())
            if study:
                study_system_add(study=study, version=version, by=request.user)
        except UserError as error:
            form.add_error(None, str(error))
        else:
            return _registered(request, study, version)
    context = {"form": form, "adapter": adapter, "study": study}
    status = 400 if form.is_bound else 200
    return render(request, "generations/register.html", context, status=status)


def _registered(
    request: SignedInRequest, study: Study | None, version: SystemVersion
) -> HttpResponse:
    if study:
        messages.success(request, f"{version.system.name} is registered and takes part.")
        return redirect("manage-systems", study.slug)
    messages.success(request, f"{version.system.name} is registered (version {version.number}).")
    return redirect("system-card", version.system.slug)


def _study(request: SignedInRequest) -> Study | None:
    slug = request.GET.get("study")
    return study_for(user=request.user, slug=slug, action=Action.MANAGE) if slug else None


def _adapters(study: Study | None) -> list[AdapterInfo]:
    """Those that fit the study; the ones for tests are registered by command only."""
    found = list(CATALOGUE.values())
    if study:
        protocol = protocol_current(study=study)
        found = adapters_for(input_kind=protocol.input_kind, output_kind=protocol.output_kind)
    return [info for info in found if not info.for_tests]


def _initial(request: SignedInRequest) -> dict[str, Any]:
    """With ``?system=``, the newest settings of a system this person runs."""
    run = systems_run(request.user).filter(slug=request.GET.get("system", ""))
    version = SystemVersion.objects.filter(system__in=run).order_by("-number").first()
    return initial_from(version) if version else {}


def settings_of(version: SystemVersion) -> list[tuple[str, Any]]:
    """Name and value of every setting; what looks like a secret is never shown."""
    both = {**version.config, **version.decoding}
    return [(key, "(hidden)" if names_a_secret(key) else value) for key, value in both.items()]
