"""The rater's own pages: what they answered, what they have begun, and when to rest."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from arena.accounts.http import SignedInRequest
from arena.accounts.services import rater_profile_for
from arena.studies.access import Action, study_for
from arena.studies.models import Study
from arena.voting import blinding
from arena.voting.access import ballot_of, ballot_shown_to
from arena.voting.breaks import break_dismiss
from arena.voting.desk import desk_context
from arena.voting.drafts import DraftRefusedError, draft_as_json, draft_of, draft_save
from arena.voting.filled import post_from
from arena.voting.forms import BallotForm
from arena.voting.models import QUALIFYING, Ballot, Vote
from arena.voting.own_votes import (
    cases_shut,
    may_open,
    own_circles,
    own_lines,
    own_pace,
    own_page,
)
from arena.voting.selectors import rater_progress

ELSEWHERE = gettext_lazy("Filled in as you left it on another device or in another tab.")
LEFT_OUT = gettext_lazy(
    "Kept in this browser only, as it may point to a patient: what you wrote. All else is also "
    "on your other devices."
)
"""What the page says of a draft."""


@never_cache
@login_required
@require_GET
def my_votes(request: SignedInRequest, slug: str) -> HttpResponse:
    """The rater's progress, pace, contradictions and answers in one study."""
    study = study_for(user=request.user, slug=slug, action=Action.SEE_OWN_VOTES)
    me = request.user
    page = own_page(rater=me, study=study, number=request.GET.get("page", "1"))
    shows_pace = rater_profile_for(me).shows_pace
    context = {
        "study": study,
        "progress": rater_progress(rater=me, study=study),
        "pace": own_pace(rater=me, study=study) if shows_pace else None,
        "circles": own_circles(rater=me, study=study),
        "page": page,
        "lines": own_lines(rater=me, study=study, ballots=page),
    }
    return render(request, "voting/my_votes.html", context)


@never_cache
@login_required
@require_GET
def my_vote(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """A ballot as it was answered, to look at; an open one is on the voting page."""
    ballot = ballot_shown_to(user=request.user, uuid=uuid)
    if ballot.status == Ballot.Status.OPEN:
        return redirect("vote", slug=ballot.study.slug)
    if ballot.opened_at is None or ballot.origin == QUALIFYING:
        raise Http404("No such answer.")
    if not may_open(ballot, cases_shut(rater=request.user, study=ballot.study)):
        messages.info(
            request,
            _(
                "You are judging another ballot of this case. What you answered before opens again "
                "once that one is answered."
            ),
        )
        return redirect("my-votes", slug=ballot.study.slug)
    return render(request, "voting/my_vote.html", _answered(request, ballot))


def _answered(request: SignedInRequest, ballot: Ballot) -> dict[str, object]:
    vote = Vote.objects.filter(ballot=ballot, attempt=ballot.attempt).first()
    blind = blinding.ballot_open(ballot=ballot)
    given = post_from(vote) if vote else request.GET
    context = desk_context(blind, given, profile=rater_profile_for(request.user))
    skip = ballot.skips.filter(attempt=ballot.attempt).first()
    return {**context, "study": ballot.study, "vote": vote, "skip": skip}


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def draft(request: SignedInRequest, slug: str) -> HttpResponse:
    """Keep what the form of an open ballot holds, or give back what was kept."""
    study = study_for(user=request.user, slug=slug, action=Action.VOTE)
    form = BallotForm(request.POST or request.GET)
    if not form.is_valid():
        raise Http404("No such ballot.")
    try:
        ballot = ballot_of(study=study, rater=request.user, uuid=form.cleaned_data["ballot"])
        if request.method == "GET":
            return JsonResponse({**draft_as_json(draft_of(ballot=ballot)), "said": ELSEWHERE})
        kept, left_out = draft_save(
            ballot_uuid=ballot.uuid,
            rater=request.user,
            attempt=form.cleaned_data["attempt"],
            data=request.POST,
        )
    except Ballot.DoesNotExist as error:
        raise Http404("No such ballot.") from error
    except DraftRefusedError:
        return JsonResponse({}, status=409)
    said = LEFT_OUT if left_out else ""
    return JsonResponse({**draft_as_json(kept, fields=False), "said": said})


@login_required
@require_POST
def leave_break(request: SignedInRequest, slug: str) -> HttpResponse:
    """The rater goes on without a break."""
    study: Study = study_for(user=request.user, slug=slug, action=Action.VOTE)
    break_dismiss(request=request, study=study)
    return HttpResponse() if request.htmx else redirect("vote", slug=slug)
