"""The first page: what this is, what to do next, and the studies there are."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from arena.studies.access import may_create_study
from arena.studies.models import Membership, Study
from arena.studies.selectors import studies_of, studies_visible


def home(request: HttpRequest) -> HttpResponse:
    context = {
        "studies": sorted(studies_visible(request.user), key=_not_open),
        "to_rate": studies_of(
            user=request.user, role=Membership.Role.RATER, status=Study.Status.OPEN
        ),
        "may_create": may_create_study(request.user),
        "to_run": studies_of(user=request.user, role=Membership.Role.COORDINATOR),
    }
    return render(request, "core/home.html", context)


def _not_open(study: Study) -> bool:
    """Sorts what takes votes to the front; within each half the newest stays first."""
    return study.status != Study.Status.OPEN
