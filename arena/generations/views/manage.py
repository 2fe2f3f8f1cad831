"""The coordinator's systems: who takes part, and how far their answers are."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from arena.accounts.http import SignedInRequest
from arena.core.errors import FaultsError, UserError
from arena.core.words import are, counted
from arena.generations.access import systems_askable
from arena.generations.adapters import CATALOGUE, info_fits
from arena.generations.forms import OutputsForm, StudySystemForm
from arena.generations.models import StudySystem, SystemVersion
from arena.generations.progress import progress_context
from arena.generations.selectors import Progress, answers_missing
from arena.generations.services import (
    generation_cancel,
    generation_pause,
    generation_prioritise,
    generation_request,
    generation_resume,
    generation_retry,
    study_system_add,
    study_system_withdraw,
)
from arena.generations.taking import systems_untaking
from arena.generations.uploads import outputs_import_keeping, outputs_import_kept
from arena.studies.access import Action, study_for
from arena.studies.models import KeptUpload, Study
from arena.studies.selectors import outputs_kept, upload_kept
from arena.studies.services import upload_drop
from arena.studies.uploads import names_columns

FIRST = 10


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def systems(request: SignedInRequest, slug: str) -> HttpResponse:
    """Who takes part; a POST lets another system take part."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    form = StudySystemForm(request.POST or None)
    form.fields["version"].queryset = versions_fitting(request, study)  # type: ignore[attr-defined]
    if form.is_valid():
        try:
            held = study_system_add(
                study=study,
                version=form.cleaned_data["version"],
                by=request.user,
                label=form.cleaned_data["label"] or None,
            )
        except UserError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{held.label}” takes part. Start generation when ready.")
            return redirect("manage-systems", slug)
    return _page(request, study, form=form)


@login_required
@require_POST
def withdraw(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    held = get_object_or_404(StudySystem, study=study, pk=pk)
    study_system_withdraw(study_system=held, by=request.user)
    messages.success(request, f"“{held.label}” is withdrawn; its answers and votes stay.")
    return redirect("manage-systems", slug)


@login_required
@require_POST
def outputs(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Store uploaded outputs of one system: the whole file or, with a sentence why, nothing."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    held = get_object_or_404(StudySystem, study=study, pk=pk)
    form = OutputsForm(request.POST, request.FILES, prefix=str(pk))
    if form.is_valid():
        try:
            stored = _store(request, held, form)
        except UserError as error:
            _refused(form, error)
        else:
            messages.success(
                request, f"{counted(stored, 'output')} of “{held.label}” {are(stored)} stored."
            )
            return redirect("manage-systems", slug)
    return _page(request, study, faulty=(pk, form))


@login_required
@require_POST
def forget(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Remove the outputs that this person left here."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    held = get_object_or_404(StudySystem, study=study, pk=pk)
    kept = upload_kept(study=study, user=request.user, study_system=held.pk)
    if kept is not None:
        upload_drop(kept=kept)
        messages.success(request, f"{kept.name} is kept no longer.")
    return redirect("manage-systems", slug)


@login_required
@require_POST
def step(request: SignedInRequest, slug: str) -> HttpResponse:
    """Start, stop or repeat generation, for the study or for one of its systems."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    name = request.POST.get("step", "").partition(":")[0]
    if name not in STEPS:
        raise Http404("No such step.")
    try:
        said = STEPS[name](study, request)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("manage-systems", slug)


@login_required
@never_cache
@require_safe
def progress(request: SignedInRequest, slug: str) -> HttpResponse:
    """The progress alone, for a page that asks again while something is under way."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    return render(request, "generations/_progress.html", progress_context(study))


def versions_fitting(request: SignedInRequest, study: Study) -> QuerySet[SystemVersion]:
    """Versions this person may ask that answer what the study asks, and do not yet."""
    protocol = study.protocols.order_by("-version").first()
    if protocol is None:
        return SystemVersion.objects.none()
    fitting = [
        info.name
        for info in CATALOGUE.values()
        if info_fits(info, protocol.input_kind, protocol.output_kind)
    ]
    active = study.study_systems.filter(withdrawn_at=None)
    return (
        SystemVersion.objects.filter(adapter__in=fitting, system__in=systems_askable(request.user))
        .exclude(pk__in=active.values("version"))
        .select_related("system")
        .order_by("system__name", "-number")
    )


def _start(study: Study, request: SignedInRequest) -> str:
    asked = generation_request(study=study, by=request.user)
    return (
        f"{counted(asked, 'answer')} {are(asked)} asked for."
        if asked
        else "Every answer was asked for already."
    )


def _cancel(study: Study, request: SignedInRequest) -> str:
    stopped = generation_cancel(study=study, by=request.user, study_system=_one(study, request))
    return (
        f"{counted(stopped, 'answer')} {are(stopped)} cancelled."
        if stopped
        else "Nothing was under way."
    )


def _retry(study: Study, request: SignedInRequest) -> str:
    """All that failed, or with ``retry:refused`` what failed in that way."""
    failure = request.POST["step"].partition(":")[2]
    again = generation_retry(
        study=study, by=request.user, study_system=_one(study, request), failure=failure
    )
    return (
        f"{counted(again, 'answer')} {are(again)} tried again." if again else "Nothing has failed."
    )


def _pause(study: Study, request: SignedInRequest) -> str:
    one = _one(study, request)
    generation_pause(study=study, by=request.user, study_system=one)
    return f"{_whom(one)} paused. What is being answered just now is still stored."


def _resume(study: Study, request: SignedInRequest) -> str:
    one = _one(study, request)
    generation_resume(study=study, by=request.user, study_system=one)
    return f"{_whom(one)} asked again."


def _first(study: Study, request: SignedInRequest) -> str:
    held = _named(study, request)
    generation_prioritise(study_system=held, by=request.user, priority=FIRST)
    return f"Cases are put to “{held.label}” first."


def _usual(study: Study, request: SignedInRequest) -> str:
    held = _named(study, request)
    generation_prioritise(study_system=held, by=request.user, priority=0)
    return f"“{held.label}” waits its turn again."


STEPS = {
    "start": _start, "cancel": _cancel, "retry": _retry, "pause": _pause, "resume": _resume,
    "first": _first, "usual": _usual,
}  # fmt: skip


def _whom(one: StudySystem | None) -> str:
    return f"“{one.label}” is" if one else "All systems are"


def _named(study: Study, request: SignedInRequest) -> StudySystem:
    held = _one(study, request)
    if held is None:
        raise Http404("Which system?")
    return held


def _one(study: Study, request: SignedInRequest) -> StudySystem | None:
    """The one system the step is for; none given: all of them."""
    pk = request.POST.get("system", "")
    return get_object_or_404(StudySystem, study=study, pk=pk) if pk.isdecimal() else None


def _store(request: SignedInRequest, held: StudySystem, form: OutputsForm) -> int:
    """A file that was chosen now goes before the one that waits."""
    given = form.cleaned_data
    which: dict[str, Any] = {"held": held, "by": request.user, "columns": given["columns"]}
    if given["file"]:
        return outputs_import_keeping(**which, upload=given["file"], key=uuid4())
    return outputs_import_kept(**which, key=given["kept"])


def _refused(form: OutputsForm, error: UserError) -> None:
    form.names_columns = names_columns(error)
    if isinstance(error, FaultsError):
        form.faults = error
    else:
        form.add_error("file", str(error))


def _page(
    request: SignedInRequest,
    study: Study,
    *,
    form: StudySystemForm | None = None,
    faulty: tuple[int, OutputsForm] | None = None,
) -> HttpResponse:
    if form is None:
        form = StudySystemForm()
        form.fields["version"].queryset = versions_fitting(request, study)  # type: ignore[attr-defined]
    held = study.study_systems.select_related("version__system").order_by("withdrawn_at", "label")
    uploads = dict([faulty] if faulty else [])
    kept = outputs_kept(study=study, user=request.user)
    known = progress_context(study)
    counts = {system.study_system_id: system for system in known["progress"].per_system}
    active = [row for row in held if not row.withdrawn_at]
    context = {
        "study": study,
        "form": form,
        "rows": [
            (row, _upload_form(row, uploads, kept), counts[row.pk], _is_asked(row)) for row in held
        ],
        "untaking": systems_untaking(study=study),
        **_missing(study, known["progress"]),
        "all_paused": bool(active) and all(row.paused_at for row in active),
        **known,
    }
    bad = form.is_bound or faulty
    return render(request, "generations/manage.html", context, status=400 if bad else 200)


def _missing(study: Study, progress: Progress) -> dict[str, list[tuple[StudySystem, int]]]:
    """Who was not asked for every case yet, and whose outputs are still to be uploaded."""
    found = answers_missing(study=study, progress=progress)
    return {
        "unasked": [(held, rows) for held, rows in found if _is_asked(held)],
        "awaited": [(held, rows) for held, rows in found if not _is_asked(held)],
    }


def _is_asked(held: StudySystem) -> bool:
    """Whether workers ask it, or its outputs are uploaded."""
    info = CATALOGUE.get(held.version.asked.adapter)
    return info is not None and bool(info.resource)


def _upload_form(
    held: StudySystem, faulty: dict[int, OutputsForm], kept: KeptUpload | None
) -> OutputsForm | None:
    """Where outputs are uploaded rather than generated."""
    info = CATALOGUE.get(held.version.adapter)
    if held.withdrawn_at or info is None or info.resource:
        return None
    form = faulty.get(held.pk) or OutputsForm(prefix=str(held.pk))
    form.waiting = kept if kept and kept.study_system == held.pk else None
    return form
