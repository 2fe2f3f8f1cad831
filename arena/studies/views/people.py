"""The coordinator's raters: members and invitation links."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arena.accounts.http import SignedInRequest
from arena.core.db import text_sought
from arena.core.errors import UserError
from arena.studies.access import Action, study_for
from arena.studies.forms import InvitationForm
from arena.studies.models import Invitation, Membership, Study
from arena.studies.selectors import invitations_live, members
from arena.studies.services import invitation_create, invitation_revoke, member_remove

MEMBERS_PER_PAGE = 50


@login_required
def raters(request: SignedInRequest, slug: str) -> HttpResponse:
    """Members and invitations; a POST makes a link, which is shown this once."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    posted = request.method == "POST"
    wanted = text_sought(request.GET.get("q", ""))
    form = InvitationForm(request.POST if posted else None)
    link, status = "", 200
    if posted:
        link = _invite(request, study, form)
        form, status = (InvitationForm(), 200) if link else (form, 400)
    context = {
        "study": study,
        "form": form,
        "link": link,
        "page": Paginator(members(study=study, containing=wanted), MEMBERS_PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "q": wanted,
        "invitations": invitations_live(study=study),
    }
    return render(request, "studies/manage_raters.html", context, status=status)


@login_required
@require_POST
def remove(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    membership = get_object_or_404(Membership, study=study, pk=pk)
    try:
        member_remove(membership=membership, by=request.user)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{membership.user} is no longer a {membership.role}.")
    return redirect("manage-raters", slug)


@login_required
@require_POST
def revoke(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    invitation_revoke(invitation=get_object_or_404(Invitation, study=study, pk=pk), by=request.user)
    messages.success(request, "The invitation no longer works.")
    return redirect("manage-raters", slug)


def _invite(request: SignedInRequest, study: Study, form: InvitationForm) -> str:
    """The address of a new invitation, or '' with the form saying why not."""
    if not form.is_valid():
        return ""
    try:
        _, token = invitation_create(study=study, by=request.user, **form.cleaned_data)
    except UserError as error:
        form.add_error(None, str(error))
        return ""
    return request.build_absolute_uri(reverse("invitation", args=[token]))
