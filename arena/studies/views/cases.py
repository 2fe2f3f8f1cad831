"""The coordinator's cases: import, look, withdraw."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arena.accounts.http import SignedInRequest
from arena.core.db import text_sought
from arena.core.errors import FaultsError, UserError
from arena.core.words import counted
from arena.studies.access import Action, study_for
from arena.studies.case_files import case_file, case_file_response
from arena.studies.case_import.phi import PhiError
from arena.studies.case_import.rows import columns_optional
from arena.studies.formats import case_context, formats
from arena.studies.forms import ImportForm, WithdrawForm
from arena.studies.models import Case, CaseVersion, Study
from arena.studies.selectors import case_page, upload_kept, withdrawn_told
from arena.studies.services import case_withdraw, upload_drop
from arena.studies.uploads import cases_import_keeping, cases_import_kept, names_columns

CASES_PER_PAGE = 50
MOST_FINDINGS_SHOWN = 200


@login_required
def cases(request: SignedInRequest, slug: str) -> HttpResponse:
    """The table of cases; a POST imports a file.

    The import runs within the request: within the upload limit it takes seconds, and the answer
    says at once which row to mend.
    """
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    posted = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if posted else ImportForm()
    context: dict[str, object] = {"study": study, "form": form}
    if posted and form.is_valid():
        key = uuid4() if form.cleaned_data["file"] else form.cleaned_data["kept"]
        try:
            count = _import(request, study, form, key)
        except UserError as error:
            context |= _refused(error, form) | {"read": key}
        else:
            messages.success(request, _imported(count))
            return redirect("manage-cases", slug)
    context |= _table(request, study)
    return render(request, "studies/manage_cases.html", context, status=400 if posted else 200)


@login_required
@require_POST
def forget(request: SignedInRequest, slug: str) -> HttpResponse:
    """Remove the file that this person left here."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    kept = upload_kept(study=study, user=request.user)
    if kept is not None:
        upload_drop(kept=kept)
        messages.success(request, f"{kept.name} is kept no longer.")
    return redirect("manage-cases", slug)


@login_required
def case(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """One case as raters see it, with its versions."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    found = get_object_or_404(Case, study=study, pk=pk)
    versions = list(found.versions.prefetch_related("assets").order_by("-number"))

    def asset_url(name: str) -> str:
        return reverse("manage-case-asset", args=[slug, pk, name])

    pane = case_context(versions[0], asset_url)
    context = {
        **pane,
        "pane": pane,
        "study": study,
        "owner": found,
        "versions": versions,
        "form": WithdrawForm(),
    }
    return render(request, "studies/manage_case.html", context)


@login_required
@require_POST
def withdraw(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    found = get_object_or_404(Case, study=study, pk=pk)
    try:
        case_withdraw(case=found, by=request.user, reason=request.POST.get("reason", ""))
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Case {found.key} is withdrawn.")
    return redirect("manage-case", slug, pk)


@login_required
def asset(request: SignedInRequest, slug: str, pk: int, name: str) -> HttpResponse:
    """A file of the newest version; raters get theirs through their ballot instead."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    newest = CaseVersion.objects.filter(case__study=study, case=pk).order_by("-number").first()
    found = case_file(version=newest, name=name) if newest else None
    if found is None:
        raise Http404("No such file.")
    return case_file_response(request, found)


def _import(request: SignedInRequest, study: Study, form: ImportForm, key: UUID) -> int:
    """Findings are accepted of the very file they were shown of, never of a new one."""
    given = form.cleaned_data
    which: dict[str, Any] = {
        "study": study,
        "by": request.user,
        "key": key,
        "columns": given["columns"],
    }
    if given["file"]:
        return cases_import_keeping(**which, upload=given["file"])
    return cases_import_kept(**which, accept=given["accept_phi_findings"])


def _refused(error: UserError, form: ImportForm) -> dict[str, object]:
    """What the page tells of an import that was refused."""
    if isinstance(error, PhiError):
        return {
            "findings": error.findings[:MOST_FINDINGS_SHOWN],
            "findings_count": len(error.findings),
        }
    if isinstance(error, FaultsError):
        return {"faults": error, "names_columns": names_columns(error)}
    form.add_error("file", str(error))
    return {"names_columns": names_columns(error)}


def _imported(count: int) -> str:
    if count == 0:
        return "Nothing changed: the study already has every case of the file."
    return f"{counted(count, 'case')} imported."


def _table(request: SignedInRequest, study: Study) -> dict[str, object]:
    """Of the cases in use, or of the others; a text is looked for in all."""
    wanted = text_sought(request.GET.get("q", ""))
    number = request.GET.get("page")
    withdrawn = request.GET.get("state") == "withdrawn"
    found = case_page(
        study=study,
        number=number,
        size=CASES_PER_PAGE,
        containing=wanted,
        withdrawn=withdrawn if withdrawn or not wanted else None,
    )
    protocol = study.protocols.order_by("-version").first()
    case_format = formats()[protocol.input_kind] if protocol else None
    return {
        "page": found.page,
        "more": found.more,
        "q": wanted,
        "withdrawn": withdrawn,
        "rest": urlencode({"q": wanted} | ({"state": "withdrawn"} if withdrawn else {})),
        "gone": withdrawn_told(study=study),
        "kept": upload_kept(study=study, user=request.user),
        "protocol": protocol,
        "format": case_format,
        "optional": columns_optional(case_format) if case_format else [],
        "limit": settings.UPLOAD_LIMIT_BYTES,
    }
