"""The coordinator's overview and protocol."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from arena.accounts.http import SignedInRequest
from arena.core.errors import UserError
from arena.studies.access import Action, study_for
from arena.studies.forms import CRITERIA, CriterionFormSet, ProtocolForm, StudyForm
from arena.studies.models import Protocol, Study
from arena.studies.readiness import Step, requirements
from arena.studies.selectors import study_counts
from arena.studies.services import (
    protocol_create,
    study_archive,
    study_close,
    study_open,
    study_publish,
    study_unpublish,
    study_update,
)
from arena.studies.views.pages import labelled_rows

STEPS: dict[str, tuple[Callable[..., Study], str]] = {
    "open": (study_open, "The study is open for votes."),
    "close": (study_close, "The study is closed; no more votes are taken."),
    "archive": (study_archive, "The study is archived."),
    "publish": (study_publish, "The leaderboard is public."),
    "unpublish": (study_unpublish, "The leaderboard is for members only."),
}


@login_required
def overview(request: SignedInRequest, slug: str) -> HttpResponse:
    """The checklist, the study's status, and what is said about it."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    posted = request.POST if request.method == "POST" else None
    form = StudyForm(posted, instance=study)
    if posted is not None and form.is_valid():
        try:
            changed = {name: form.cleaned_data[name] for name in form.changed_data}
            study_update(study=study, by=request.user, **changed)
        except UserError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved.")
            return redirect("study-manage", slug)
    to_open = requirements(study=study, step=Step.OPEN)
    to_publish = requirements(study=study, step=Step.PUBLISH)
    context = {
        "study": study,
        "form": form,
        "to_open": to_open,
        "ready_to_open": not any(item.refuses for item in to_open),
        "to_publish": to_publish,
        "ready_to_publish": not any(item.refuses for item in to_publish),
        "counts": study_counts(study=study),
    }
    return render(
        request, "studies/manage_overview.html", context, status=400 if posted is not None else 200
    )


@login_required
@require_POST
def step(request: SignedInRequest, slug: str) -> HttpResponse:
    """Open, close, archive, publish or unpublish."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    if request.POST.get("step") not in STEPS:
        raise Http404("No such step.")
    service, done = STEPS[request.POST["step"]]
    try:
        service(study=study, by=request.user)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("study-manage", slug)


@login_required
def protocol(request: SignedInRequest, slug: str) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    versions = list(study.protocols.prefetch_related("criteria").order_by("-version"))
    current = versions[0] if versions else None
    posted = request.POST if request.method == "POST" else None
    form = ProtocolForm(posted, instance=_copy(current))
    criteria = CriterionFormSet(posted, prefix="criteria", initial=_criteria(current, posted))
    if posted is not None and form.is_valid() and criteria.is_valid():
        rows = labelled_rows(criteria)
        try:
            new = protocol_create(study=study, by=request.user, criteria=rows, **form.cleaned_data)
        except UserError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Version {new.version} of the protocol applies from now on.")
            return redirect("manage-protocol", slug)
    context = {"study": study, "form": form, "criteria": criteria, "versions": versions}
    return render(
        request, "studies/manage_protocol.html", context, status=400 if posted is not None else 200
    )


def _copy(protocol: Protocol | None) -> Protocol | None:
    """A copy to edit: the form must not touch the version that is in force."""
    if protocol is None:
        return None
    fields = {field.attname: getattr(protocol, field.attname) for field in Protocol._meta.fields}
    return Protocol(**{**fields, "id": None})


def _criteria(protocol: Protocol | None, posted: object) -> list[dict[str, object]] | None:
    if posted is not None:
        return None
    if protocol is None:
        return [dict(row) for row in CRITERIA]
    return [dict(row) for row in protocol.criteria.values("key", "label", "help", "required")]
