"""The answers of a study, one by one: what came back, how, and what comes when asked again."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.accounts.http import SignedInRequest
from arena.core.errors import UserError
from arena.generations.adapters import CATALOGUE
from arena.generations.comparison import differences, lines_compared, record_text
from arena.generations.models import Generation, StudySystem, Trial
from arena.generations.provenance import company_note, prompt_sent, provenance_told
from arena.generations.services import generation_rerun, trial_look
from arena.generations.spending import spending_of_one
from arena.studies.access import Action, study_for

PER_PAGE = 50
SHOWN = 50_000
"""Characters of an answer that are shown."""


@login_required
@never_cache
@require_safe
def answers(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Every case that one system was asked, with what became of it."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    held = get_object_or_404(StudySystem, study=study, pk=pk)
    status = request.GET.get("status", "")
    rows = held.generations.select_related("case_version__case").order_by("case_version", "repeat")
    if status in Generation.Status.values:
        rows = rows.filter(status=status)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    statuses = [(value, label) for value, label in Generation.Status.choices if value != "external"]
    context = {
        "study": study, "held": held, "page": page, "status": status, "statuses": statuses,
        "spending": spending_of_one(study_system=held),
    }  # fmt: skip
    return render(request, "generations/answers.html", context)


@login_required
@never_cache
@require_safe
def answer(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """One answer with its provenance, and every time it was asked for again."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    row = get_object_or_404(_rows(study.pk), pk=pk)
    reruns = [_compared(row, trial_look(trial=trial)) for trial in row.reruns.order_by("-pk")[:10]]
    info = CATALOGUE.get(row.study_system.version.asked.adapter)
    context = {
        "study": study,
        "row": row,
        "text": "" if row.record is None else record_text(row.record)[:SHOWN],
        "told": provenance_told(row),
        "note": company_note(row.provenance),
        "prompt": prompt_sent(row.provenance)[:SHOWN],
        "provenance": json.dumps(row.provenance, indent=1, ensure_ascii=False)[:SHOWN],
        "reruns": reruns,
        "under_way": any(not trial.ended for trial, *_ in reruns),
        "is_asked": info is not None and bool(info.resource),
    }
    name = "generations/_reruns.html" if request.htmx else "generations/answer.html"
    return render(request, name, context)


@login_required
@require_POST
def rerun(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Ask again, beside the answer that stands."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    row = get_object_or_404(_rows(study.pk), pk=pk)
    try:
        generation_rerun(generation=row, by=request.user)
    except UserError as error:
        messages.error(request, str(error))
    return redirect("manage-answer", slug, pk)


def _rows(study_id: int) -> QuerySet[Generation]:
    rows = Generation.objects.filter(study_system__study=study_id)
    return rows.select_related("study_system__version__system", "case_version__case")


def _compared(row: Generation, trial: Trial) -> tuple[Any, ...]:
    """The re-run, whether it says the same, the lines of both, and how the runs differed."""
    if not trial.ended:
        return trial, False, [], []
    same = trial.record == row.record and trial.failure == row.failure
    lines = [] if same else lines_compared(row.record, trial.record)
    return trial, same, lines, differences(row.provenance, trial.provenance)
