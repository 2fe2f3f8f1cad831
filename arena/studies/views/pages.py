"""What everybody may come across: a study's page, a new study, an invitation."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST
from django_htmx.middleware import HtmxDetails

from arena.accounts.http import SignedInRequest
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.access import (
    STAFF,
    Action,
    Role,
    may_create_study,
    roles_for,
    roles_of,
    study_for,
)
from arena.studies.forms import CRITERIA, CriterionFormSet, NewStudyForm, ProtocolForm
from arena.studies.models import Membership, Study
from arena.studies.selectors import invitation_for, studies_visible, study_counts
from arena.studies.services import invitation_accept, member_add, protocol_create, study_create


@dataclass(frozen=True)
class NextStep:
    """The one big button of a study's page."""

    label: str
    url_name: str
    """Of a page of the study."""


def studies(request: HttpRequest) -> HttpResponse:
    """The studies this person may know of; only the list itself for a page that asks by htmx."""
    details = HtmxDetails(request)
    template = "studies/_list.html" if details else "studies/list.html"
    may_create = not details and may_create_study(request.user)
    context = {"studies": studies_visible(request.user), "may_create": may_create}
    return render(request, template, context)


def study(request: HttpRequest, slug: str) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.SEE)
    roles = roles_of(user=request.user, study=study)
    protocol = study.protocols.prefetch_related("criteria").order_by("-version").first()
    context = {
        "study": study,
        "protocol": protocol,
        "counts": study_counts(study=study),
        "step": next_step(study, roles),
        "may_sign_in": study.status == Study.Status.OPEN and not request.user.is_authenticated,
        "may_join": bool(roles & STAFF) and Role.RATER not in roles,
        "is_rater": Role.RATER in roles,
    }
    return render(request, "studies/study.html", context)


def next_step(study: Study, roles: frozenset[Role]) -> NextStep | None:
    """What this person is most likely here for."""
    if study.status == Study.Status.DRAFT:
        return NextStep(gettext_noop("Continue setting up"), "study-manage")
    if roles & roles_for(action=Action.VOTE, study=study):
        return NextStep(gettext_noop("Start voting"), "vote")
    if roles & roles_for(action=Action.SEE_LEADERBOARD, study=study):
        return NextStep(gettext_noop("See the leaderboard"), "leaderboard")
    return None


@login_required
def study_new(request: SignedInRequest) -> HttpResponse:
    if not may_create_study(request.user):
        raise PermissionDenied(
            "On this site studies are set up by coordinators and admins: ask one of them."
        )
    posted = request.POST if request.method == "POST" else None
    form, protocol = NewStudyForm(posted), ProtocolForm(posted)
    criteria = CriterionFormSet(posted, prefix="criteria", initial=CRITERIA)
    if posted is not None and all(f.is_valid() for f in (form, protocol, criteria)):
        try:
            study = _create(request, form, protocol, criteria)
        except UserError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The study is set up as a draft. Next: import its cases.")
            return redirect("study-manage", study.slug)
    context = {"form": form, "protocol": protocol, "criteria": criteria}
    return render(request, "studies/new.html", context, status=400 if posted is not None else 200)


def _create(request: SignedInRequest, form: Any, protocol: Any, criteria: Any) -> Study:
    with write_txn():
        study = study_create(by=request.user, **form.cleaned_data)
        rows = labelled_rows(criteria)
        protocol_create(study=study, by=request.user, criteria=rows, **protocol.cleaned_data)
    return study


def labelled_rows(criteria: Any) -> list[dict[str, Any]]:
    """The rows of the criteria form that were filled in."""
    return [row for row in criteria.cleaned_data if row and row.get("label")]


@login_required
@require_POST
def study_join(request: SignedInRequest, slug: str) -> HttpResponse:
    """Whoever runs a study may vote in it too; others need an invitation."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    member_add(study=study, user=request.user, role=Membership.Role.RATER, by=request.user)
    messages.success(request, _("You are a rater of this study now."))
    return redirect("study", slug)


@login_required
def invitation(request: SignedInRequest, token: str) -> HttpResponse:
    """Looking at an invitation changes nothing; accepting it is a POST.

    Otherwise a mail scanner that follows links would use it up.
    """
    if request.method == "POST":
        try:
            study = invitation_accept(token=token, user=request.user)
        except UserError as error:
            return render(request, "studies/invitation.html", {"error": str(error)}, status=400)
        messages.success(request, _("Welcome to “{title}”.").format(title=study.title))
        return redirect("study", study.slug)
    found = invitation_for(token=token)
    status = 200 if found else 404
    return render(request, "studies/invitation.html", {"invitation": found}, status=status)
