"""The public face of a study: its leaderboard, and how every number is made."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from arena.accounts.http import SignedInRequest
from arena.core.errors import UserError
from arena.core.queue import TaskName, enqueue
from arena.leaderboards.methods import method_html, method_pages
from arena.leaderboards.models import LeaderboardSnapshot
from arena.leaderboards.presentation import (
    agreement_report,
    exclusion_texts,
    forest,
    matrix,
    rater_texts,
)
from arena.leaderboards.progress import votes_needed
from arena.leaderboards.reference_scores import report_is_stale, report_newest
from arena.leaderboards.selectors import (
    BoardChoice,
    board_choice,
    habits_newest,
    in_steps,
    snapshot_newest,
    snapshots_newest,
    snapshots_of,
)
from arena.leaderboards.steps import LEAST_OF_OTHERS
from arena.leaderboards.verdict import verdict
from arena.studies.access import Action, may, study_for
from arena.studies.models import Study

NO_CONTENT = 204


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


def leaderboard(request: HtmxRequest, slug: str) -> HttpResponse:
    """The page; asked by htmx with ``after``, only the board, and only if there is a newer one."""
    study = study_for(user=request.user, slug=slug, action=Action.SEE_LEADERBOARD)
    try:
        choice = board_choice(
            study=study,
            criterion=request.GET.get("criterion", ""),
            origin=request.GET.get("origin", ""),
        )
    except UserError as error:
        if request.GET:
            raise Http404(str(error)) from error
        return render(request, "leaderboards/leaderboard.html", {"study": study, "problem": error})
    after = request.GET.get("after", "")
    snapshot = snapshot_newest(
        study=study,
        criterion=choice.criterion.key,
        origin=choice.origin,
        after=int(after) if after.isdecimal() and len(after) < 19 and request.htmx else 0,
        steps=in_steps(user=request.user, study=study),
    )
    if request.htmx and snapshot is None:
        return HttpResponse(status=NO_CONTENT)
    template = "_board" if request.htmx else "leaderboard"
    context = _context(request, study, choice, snapshot)
    return render(request, f"leaderboards/{template}.html", context)


def _context(
    request: HttpRequest, study: Study, choice: BoardChoice, snapshot: LeaderboardSnapshot | None
) -> dict[str, Any]:
    context = {
        "study": study,
        "choice": choice,
        "snapshot": snapshot,
        "simulated": choice.simulated,
        "live": study.status == Study.Status.OPEN,
        "in_steps": in_steps(user=request.user, study=study),
        "least_of_others": LEAST_OF_OTHERS,
        "may_download": may(user=request.user, action=Action.DOWNLOAD, study=study),
        "report": report_newest(study=study),
    }
    if snapshot is not None:
        result = snapshot.result
        context |= {
            "result": result,
            "forest": forest(result),
            "verdict": verdict(result),
            "matrix": matrix(result),
            "exclusions": exclusion_texts(result),
            "raters": rater_texts(result),
        }
    return context


def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """How far raters coincide, on every criterion, as of the newest snapshots."""
    study = study_for(user=request.user, slug=slug, action=Action.SEE_AGREEMENT)
    context: dict[str, Any] = {"study": study}
    try:
        choice = board_choice(study=study, origin=request.GET.get("origin", ""))
    except UserError as error:
        if request.GET:
            raise Http404(str(error)) from error
        return render(request, "leaderboards/agreement.html", context | {"problem": error})
    steps = in_steps(user=request.user, study=study)
    snapshots = snapshots_newest(study=study, choice=choice, steps=steps)
    context |= {
        "choice": choice,
        "simulated": choice.simulated,
        "reports": [agreement_report(each.result) for each in snapshots if each.n_votes],
    }
    return render(request, "leaderboards/agreement.html", context)


@login_required
def results(request: SignedInRequest, slug: str) -> HttpResponse:
    """The coordinator's tab: what is there, what is missing, who disagrees."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    context: dict[str, Any] = {"study": study}
    try:
        choice = board_choice(study=study, origin=request.GET.get("origin", ""))
    except UserError as error:
        return render(request, "leaderboards/results.html", context | {"problem": error})
    protocol, key = choice.criterion.protocol, choice.criterion.key
    newest = snapshot_newest(study=study, criterion=key, origin=choice.origin)
    context |= {
        "choice": choice,
        "simulated": choice.simulated,
        "newest": newest,
        "needed": newest and votes_needed(newest.result, target=protocol.target_votes),
        "exclusions": newest and exclusion_texts(newest.result),
        "habits": habits_newest(study=study, origin=choice.origin),
        "snapshots": snapshots_of(study=study)[:20],
    }
    return render(request, "leaderboards/results.html", context)


@login_required
def scores(request: SignedInRequest, slug: str) -> HttpResponse:
    """The fragment of automatic scores; whoever looks has what is new scored."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    stale = report_is_stale(study=study)
    if stale:
        enqueue(TaskName.SCORE_OUTPUTS, study_id=study.pk)
    context = {"study": study, "report": report_newest(study=study), "stale": stale}
    return render(request, "leaderboards/_scores.html", context)


def methods(request: HttpRequest) -> HttpResponse:
    return render(request, "leaderboards/methods.html", {"pages": method_pages()})


def method(request: HttpRequest, page: str) -> HttpResponse:
    html = method_html(page)
    if html is None:
        raise Http404("No such page.")
    context = {"html": html, "pages": method_pages(), "current": page}
    return render(request, "leaderboards/method.html", context)
