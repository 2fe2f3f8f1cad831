"""Registering a system: which adapter, its settings, a try on one case, and done."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from arena.accounts.http import SignedInRequest
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.core.vault import sealed, unsealed
from arena.generations.access import may_register, systems_run
from arena.generations.adapter_info import GROUPS, AdapterInfo
from arena.generations.adapters import CATALOGUE, adapter_info, adapters_for, info_fits
from arena.generations.forms import CONFIG, KEY_KEPT, SystemForm, initial_from
from arena.generations.models import SystemVersion, Trial
from arena.generations.services import (
    study_system_add,
    system_register,
    trial_fill,
    trial_look,
    trial_request,
)
from arena.generations.services.endpoints import address_of
from arena.generations.services.variants import versions_askable
from arena.generations.views.trial import trial_context, trial_of
from arena.studies.access import Action, study_for
from arena.studies.models import Membership, Study
from arena.studies.selectors import protocol_current, studies_of

MOST_STUDIES = 50
KEPT = "register-key"
"""Where the session keeps a key, sealed, while somebody is filling in the form."""
NAMED = "named"
"""Where the form carries the name that was made up for it, so that it may follow the model."""
NOT_PINNED = (
    "Its revision is not pinned, so its files may change unnoticed: try it on one case and "
    "register it again, and the revision that answered is pinned as the next version."
)


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
        return _choose(request, study, adapters)
    adapter = next((info for info in adapters if info.name == name), None)
    if adapter is None and study and name in CATALOGUE:
        said = f"“{CATALOGUE[name].title}” does not answer what “{study.title}” asks."
        messages.error(request, said)
        return redirect(f"{reverse('system-register')}?study={study.slug}")
    if adapter is None:
        raise Http404("No such adapter.")
    return _register(request, study, adapter)


def _choose(
    request: SignedInRequest, study: Study | None, adapters: list[AdapterInfo]
) -> HttpResponse:
    """By what somebody has; ``protocol`` tells why some are not offered."""
    groups = [(title, said, _in_group(adapters, key)) for key, title, said in GROUPS]
    context = {
        "groups": [group for group in groups if group[2]],
        "study": study,
        "protocol": protocol_current(study=study) if study else None,
        "studies": [] if study else list(_led(request)),
    }
    return render(request, "generations/register_choose.html", context)


def _in_group(adapters: list[AdapterInfo], key: str) -> list[AdapterInfo]:
    return [info for info in adapters if info.group == key]


def _led(request: SignedInRequest) -> QuerySet[Study]:
    """Studies this person runs that take new answers, newest first."""
    led = studies_of(user=request.user, role=Membership.Role.COORDINATOR)
    open_or_draft = led.filter(status__in=[Study.Status.DRAFT, Study.Status.OPEN])
    return open_or_draft.exclude(protocols=None).order_by("-created_at")


def _fitting(request: SignedInRequest, adapter: AdapterInfo) -> list[Study]:
    """Those of ``_led`` that the adapter can answer."""
    asked = [(study, protocol_current(study=study)) for study in _led(request)[:MOST_STUDIES]]
    return [s for s, asks in asked if info_fits(adapter, asks.input_kind, asks.output_kind)]


def _register(request: SignedInRequest, study: Study | None, adapter: AdapterInfo) -> HttpResponse:
    posted = _posted(request, adapter)
    form = SystemForm(posted, adapter=adapter, study=study, initial=_initial(request))
    tried = _tried(request)
    if form.is_valid():
        try:
            if form.tries:
                tried = trial_request(by=request.user, study=study, **form.tried())
            else:
                version = _stored(request, study, form, tried)
                request.session.pop(KEPT, None)
                return _registered(request, study, version)
        except UserError as error:
            form.add_error(None, str(error))
    _keep_key(request, form)
    context = {"form": form, "adapter": adapter, "study": study}
    if any(field.kind == "system" for field in adapter.fields):
        context["systems"] = versions_askable(request.user)
    context["studies"] = [] if study else _fitting(request, adapter)
    context |= trial_context(trial_look(trial=tried)) if tried else {}
    # What was asked for now was not tried, so what came back before is no answer to it.
    context["trial_is_old"] = form.tries and bool(form.errors)
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "generations/register.html", context, status=status)


def _posted(request: SignedInRequest, adapter: AdapterInfo) -> QueryDict | None:
    """What was sent, with the key that was typed before for the same server."""
    if request.method != "POST":
        request.session.pop(KEPT, None)
        return None
    posted = request.POST.copy()
    kept = request.session.get(KEPT, {})
    if kept.get("for") == _server(adapter, posted) and not posted.get("key"):
        posted["key"] = unsealed(kept["sealed"])
    if "try" in posted and posted.get("name", "") in {"", posted.get(NAMED)}:
        posted["name"] = posted[NAMED] = _named({k.removeprefix(CONFIG): posted[k] for k in posted})
    return posted


def _named(config: Mapping[str, Any]) -> str:
    """A name to begin with: the last part of a Hub id, a folder or an address; of a variant, the
    system and what is done differently.
    """
    model = str(config.get("model") or "").strip().rstrip("/").rpartition("/")[2]
    of = str(config.get("of") or "").strip().partition("@")[0]
    return (model or (f"{of} {config.get('strategy') or ''}".strip() if of else ""))[:120]


def _keep_key(request: SignedInRequest, form: SystemForm) -> None:
    """A page never shows a key again, so it is kept until the system is registered."""
    key = form.data.get("key", "")
    if not key or "key" not in form.fields:
        request.session.pop(KEPT, None)
        return
    request.session[KEPT] = {"for": _server(form.adapter, form.data), "sealed": sealed(key)}
    form["key"].help_text = KEY_KEPT


def _server(adapter: AdapterInfo, posted: Mapping[str, Any]) -> str:
    return f"{adapter.name} {address_of(str(posted.get(CONFIG + 'base_url', '')))}"


def _stored(
    request: SignedInRequest, study: Study | None, form: SystemForm, tried: Trial | None
) -> SystemVersion:
    data = form.registered()
    if tried is not None:
        data = trial_fill(trial=tried, registered=data)
    with write_txn():
        version = system_register(by=request.user, **data)
        if study:
            study_system_add(study=study, version=version, by=request.user)
    return version


def _tried(request: SignedInRequest) -> Trial | None:
    """The trial that the form has gone through, if any."""
    uuid = request.POST.get("trial", "")
    return trial_of(request, uuid) if uuid else None


def _registered(
    request: SignedInRequest, study: Study | None, version: SystemVersion
) -> HttpResponse:
    """What is done, whether it is pinned, and what comes next."""
    info = adapter_info(version.adapter)
    said = f"{version.system.name} is registered as version {version.number}"
    if study:
        next_step = "Press “Start generation”" if info.resource else "Upload its outputs below"
        said += f" and takes part. {next_step} to have its answers."
    else:
        said += ". Next: add it to a study, on the study’s Systems page."
    messages.success(request, said)
    if info.has_weights and not version.revision:
        messages.warning(request, NOT_PINNED)
    if study:
        return redirect("manage-systems", study.slug)
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
