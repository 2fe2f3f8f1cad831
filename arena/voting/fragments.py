"""Numbers of votes that pages of `studies` fetch by address; `studies` knows nothing of votes."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from arena.accounts.http import SignedInRequest
from arena.studies.access import Action, study_for
from arena.studies.selectors import protocol_current
from arena.voting.marked import errors_marked
from arena.voting.models import Origin
from arena.voting.news import ballot_named, news_for, news_fragment
from arena.voting.selectors import ballots_by_rater, rater_progress


@login_required
def vote_progress(request: SignedInRequest, slug: str) -> HttpResponse:
    """How far this rater is."""
    study = study_for(user=request.user, slug=slug, action=Action.SEE)
    progress = rater_progress(rater=request.user, study=study)
    return render(request, "voting/_progress.html", {"progress": progress})


@never_cache
@login_required
def vote_news(request: SignedInRequest, slug: str) -> HttpResponse:
    """For pages without a WebSocket; no answer where nothing is new to the page."""
    ballot = ballot_named(request.GET.get("ballot", ""))
    news = news_for(user=request.user, slug=slug, ballot=ballot)
    if news == request.GET.get("known"):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(news_fragment(news, slug=slug, ballot=ballot))


@login_required
def marked_errors(request: SignedInRequest, slug: str) -> HttpResponse:
    """What raters marked as wrong, by system: for those who run the study."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    origin = request.GET.get("origin", Origin.HUMAN)
    if origin not in Origin.values:
        raise Http404("No such origin.")
    context = errors_marked(study=study, origin=origin)
    return render(request, "voting/_marked_errors.html", {"errors": context})


@login_required
def rater_votes(request: SignedInRequest, slug: str) -> HttpResponse:
    """How far each rater is, and the study as a whole: counts only, never what was answered."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    rows = ballots_by_rater(study=study)
    context = {
        "rows": rows,
        "voted": sum(row.voted for row in rows),
        "target": protocol_current(study=study).target_votes if study.protocols.exists() else 0,
        "simulated": any(row.simulated for row in rows),
        "brief": "brief" in request.GET,
    }
    return render(request, "voting/_rater_votes.html", context)
