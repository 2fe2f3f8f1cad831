"""Registering a system: which adapter, its settings, a try on one case, and done."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from arena.accounts.http import SignedInRequest
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.generations.access import may_register, systems_run
from arena.generations.adapter_info import AdapterInfo
from arena.generations.adapters import CATALOGUE, adapters_for
from arena.generations.comparison import record_text
from arena.generations.forms import SystemForm, initial_from
from arena.generations.model_facts import facts_told
from arena.generations.models import Generation, SystemVersion, Trial
from arena.generations.services import (
    study_system_add,
    system_register,
    trial_fill,
    trial_look,
    trial_request,
)
from arena.studies.access import Action, study_for
from arena.studies.models import Study
from arena.studies.selectors import protocol_current

SHOWN = 20_000
"""Characters of an answer that are shown."""
LONG_WAIT = 10
"""Seconds after which a worker should have taken a trial."""
TOLD = (
    ("seconds", "Time", "{:.2f} s"),
    ("first_token_seconds", "First token after", "{:.2f} s"),
    ("tokens_in", "Tokens read", "{}"),
    ("tokens_out", "Tokens written", "{}"),
    ("tokens_thinking", "of which thinking", "{}"),
    ("requests", "Requests", "{}"),
    ("finish_reason", "Ended because", "{}"),
    ("device", "Device", "{}"),
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
        context = {"adapters": adapters, "study": study}
        return render(request, "generations/register_choose.html", context)
    adapter = next((info for info in adapters if info.name == name), None)
    if adapter is None:
        raise Http404("No such adapter.")
    return _register(request, study, adapter)


def _register(request: SignedInRequest, study: Study | None, adapter: AdapterInfo) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    initial = _initial(request)
    form = SystemForm(posted, adapter=adapter, study=study, initial=initial)
    tried = _tried(request)
    if form.is_valid():
        try:
            if form.tries:
                tried = trial_request(by=request.user, study=study, **form.tried())
            else:
                return _registered(request, study, _stored(request, study, form, tried))
        except UserError as error:
            form.add_error(None, str(error))
    context = {"form": form, "adapter": adapter, "study": study}
    context |= trial_context(trial_look(trial=tried)) if tried else {}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "generations/register.html", context, status=status)


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
    return _mine(request, uuid) if uuid else None


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


@login_required
@never_cache
@require_safe
def trial(request: SignedInRequest, uuid: str) -> HttpResponse:
    """How a trial is going: for htmx the fragment alone, which asks again until it has ended."""
    found = trial_look(trial=_mine(request, uuid))
    context = {"trial": found, **trial_context(found)}
    name = "generations/_trial.html" if request.htmx else "generations/trial.html"
    return render(request, name, context)


def trial_context(found: Trial) -> dict[str, Any]:
    waited = (timezone.now() - found.created_at).total_seconds()
    return {
        "trial": found,
        "trial_text": _shown(found.record),
        "trial_is_prose": _is_prose(found.record),
        "trial_failure": Generation.Failure(found.failure).label if found.failure else "",
        "trial_told": [
            (label, form.format(found.provenance[key]))
            for key, label, form in TOLD
            if found.provenance.get(key) is not None
        ],
        "trial_facts": facts_told(found.facts),
        "trial_is_late": found.status == Trial.Status.WAITING and waited > LONG_WAIT,
    }


def _is_prose(record: Any) -> bool:
    return isinstance(record, dict) and set(record) == {"text"}


def _shown(record: Any) -> str:
    """The answer as it can be read without a viewer."""
    if record is None:
        return ""
    whole = record_text(record)
    return whole if len(whole) <= SHOWN else f"{whole[:SHOWN]}\n…"


def _mine(request: SignedInRequest, uuid: str) -> Trial:
    """A trial is seen by whoever made it."""
    try:
        return get_object_or_404(Trial, uuid=uuid, by=request.user)
    except ValidationError as error:
        raise Http404("No such trial.") from error
