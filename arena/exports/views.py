"""Exports: the list, building one, fetching one."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.errors import UserError
from arena.exports.formats import FORMATS
from arena.exports.models import Export
from arena.exports.selectors import exports_of
from arena.exports.services import export_request
from arena.studies.access import Action, Actor, study_for
from arena.studies.models import Study
from arena.voting.counting import origins_with_votes
from arena.voting.models import Origin

NEWEST = 12


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page; a POST builds one. What is built already is not built again."""
    study = study_for(user=request.user, slug=slug, action=Action.DOWNLOAD)
    origin = _origin(request, study)
    if request.method == "POST":
        user = request.user if isinstance(request.user, User) else None
        try:
            export_request(study=study, name=request.POST.get("format", ""), origin=origin, by=user)
        except UserError as error:
            messages.error(request, str(error))
        if not request.headers.get("HX-Request"):
            return redirect(f"{reverse('exports', args=[slug])}?origin={origin}")
    whole = not request.headers.get("HX-Request")
    return _list(request, study, origin, "exports" if whole else "_exports")


@require_GET
def manage_exports(request: HttpRequest, slug: str) -> HttpResponse:
    """The same list as a fragment of the coordinator's results."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    return _list(request, study, _origin(request, study), "_exports")


@require_GET
def download(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    study = study_for(user=request.user, slug=slug, action=Action.DOWNLOAD)
    return export_file(study=study, pk=pk, user=request.user)


def export_file(*, study: Study, pk: int, user: Actor) -> FileResponse:
    """A ready export as an attachment, with a line in the audit trail."""
    export = get_object_or_404(Export, study=study, pk=pk, status=Export.Status.READY)
    audit_record(
        actor=user if isinstance(user, User) else "public",
        action="export-downloaded",
        target=export,
        detail={"export": export.pk, "digest": export.digest},
    )
    name = f"{study.slug}-{export.origin}-{export.format}-{export.digest[:12]}.zip"
    return FileResponse(
        export.file.open("rb"), as_attachment=True, filename=name, content_type="application/zip"
    )


def _origin(request: HttpRequest, study: Study) -> str:
    origins = origins_with_votes(study=study) or [Origin.HUMAN]
    asked = request.POST.get("origin") or request.GET.get("origin") or origins[0]
    if asked not in Origin.values:
        raise PermissionDenied(f"There is no origin {asked!r}.")
    return asked


def _list(request: HttpRequest, study: Study, origin: str, template: str) -> HttpResponse:
    found = list(exports_of(study=study, origin=origin)[:NEWEST])
    context = {
        "study": study,
        "origin": Origin(origin),
        "origins": [Origin(each) for each in origins_with_votes(study=study)],
        "simulated": origin == Origin.SIMULATED,
        "formats": FORMATS,
        "exports": [(export, FORMATS[export.format].title) for export in found],
        "waiting": any(export.status == Export.Status.QUEUED for export in found),
    }
    return render(request, f"exports/{template}.html", context)
