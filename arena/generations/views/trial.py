"""How a system does on the one case it is tried on before it is registered."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena.accounts.http import SignedInRequest
from arena.generations.comparison import record_text
from arena.generations.failure_advice import ADVICE
from arena.generations.model_facts import facts_told
from arena.generations.models import Generation, Trial
from arena.generations.services import trial_look

SHOWN, MOST_STEP = 20_000, 400
"""Characters that are shown of an answer, and of what a tool was asked and said."""
NUMBERS = re.compile(r"\[\s*[\d.eE+-]+(?:,\s*[\d.eE+-]+)*\s*\]")
MOST_NUMBERS = 20
LONG_WAIT = 10
"""Seconds after which a worker should have taken a trial."""
TOLD = (
    ("seconds", "Time", "{:.2f} s"),
    ("first_token_seconds", "First token after", "{:.2f} s"),
    ("tokens_in", "Tokens read", "{}"),
    ("tokens_out", "Tokens written", "{}"),
    ("tokens_thinking", "of which thinking", "{}"),
    ("requests", "Requests", "{}"),
    ("finish_reason", "Ended because", "{}"),
    ("device", "Device", "{}"),
)


@login_required
@never_cache
@require_safe
def trial(request: SignedInRequest, uuid: str) -> HttpResponse:
    """How a trial is going: for htmx the fragment alone, which asks again until it has ended."""
    found = trial_look(trial=trial_of(request, uuid))
    context = {"trial": found, "in_form": "form" in request.GET, **trial_context(found)}
    name = "generations/_trial.html" if request.htmx else "generations/trial.html"
    return render(request, name, context)


def trial_context(found: Trial) -> dict[str, Any]:
    waited = (timezone.now() - found.created_at).total_seconds()
    return {
        "trial": found,
        "trial_text": _shown(found.record),
        "trial_is_prose": _is_prose(found.record),
        "trial_failure": Generation.Failure(found.failure).label if found.failure else "",
        "trial_means": ADVICE.get(found.failure, ""),
        "trial_seconds": round(waited),
        "trial_pins": found.facts.get("revision", ""),
        "trial_told": [
            (label, form.format(found.provenance[key]))
            for key, label, form in TOLD
            if found.provenance.get(key) is not None
        ],
        "trial_steps": _steps(found),
        "trial_facts": facts_told(found.facts),
        "trial_is_late": found.status == Trial.Status.WAITING and waited > LONG_WAIT,
    }


def _steps(found: Trial) -> list[str]:
    """The tools it called, a line for each; nothing where the answer shows them itself."""
    steps = found.provenance.get("steps")
    if "steps" in (found.record or {}) or not isinstance(steps, list):
        return []
    called = (each for each in steps if isinstance(each, dict) and each.get("type") == "tool-call")
    return [_step(step)[:MOST_STEP] for step in called]


def _step(step: Mapping[str, Any]) -> str:
    given = json.dumps(step.get("input"), ensure_ascii=False)
    return f"{step.get('name')}({given}) → {step.get('output')}"


def _is_prose(record: Any) -> bool:
    return isinstance(record, dict) and set(record) == {"text"}


def _shown(record: Any) -> str:
    """The answer as it can be read without a viewer: a row of numbers takes one line, not many."""
    if record is None:
        return ""
    whole = NUMBERS.sub(_one_line, record_text(record))
    return whole if len(whole) <= SHOWN else f"{whole[:SHOWN]}\n…"


def _one_line(found: re.Match[str]) -> str:
    numbers = found[0].split()
    more = len(numbers) - MOST_NUMBERS
    shown = " ".join(numbers[:MOST_NUMBERS])
    return f"{shown} … {more} more ]" if more > 2 else " ".join(numbers)


def trial_of(request: SignedInRequest, uuid: str) -> Trial:
    """A trial is seen by whoever made it."""
    try:
        return get_object_or_404(Trial, uuid=uuid, by=request.user)
    except ValidationError as error:
        raise Http404("No such trial.") from error
