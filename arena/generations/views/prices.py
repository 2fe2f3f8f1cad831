"""What asking a system costs, and what a study's answers took. Never on a rater's way."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.accounts.http import SignedInRequest
from arena.core.errors import UserError
from arena.generations.access import systems_visible
from arena.generations.forms import PriceForm
from arena.generations.models import Endpoint, Price, System, SystemVersion
from arena.generations.services import price_set
from arena.generations.spending import spending_of
from arena.studies.access import Action, study_for

AMOUNTS_NAMED = (
    ("per_million_in", "million tokens in"),
    ("per_million_cached", "million cached tokens"),
    ("per_million_out", "million tokens out"),
    ("per_million_thinking", "million tokens of thinking"),
    ("per_request", "request"),
    ("per_gpu_hour", "hour of the device"),
)


@login_required
@require_POST
def price(request: SignedInRequest, slug: str) -> HttpResponse:
    """Another price of a system, or, by an admin, of the server it is asked at."""
    system = get_object_or_404(systems_visible(request.user), slug=slug)
    endpoint = _endpoint(system.versions.order_by("-number").first())
    form = PriceForm(request.POST, shared=str(endpoint) if endpoint else "")
    if not form.is_valid():
        for name, problems in form.errors.items():
            label = form.fields[name].label if name in form.fields else "Price"
            messages.error(request, f"{label}: {' '.join(map(str, problems))}")
        return redirect("system-card", slug)
    shared = form.cleaned_data.get("whose") == "endpoint"
    try:
        made = price_set(
            by=request.user,
            system=None if shared else system,
            endpoint=endpoint if shared else None,
            currency=form.cleaned_data["currency"],
            from_day=form.cleaned_data["from_day"],
            amounts=form.amounts(),
        )
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The {made} is kept; answers from then on are counted with it.")
    return redirect("system-card", slug)


@login_required
@never_cache
@require_safe
def spending(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the answers took, system by system; ``brief``: all together in a line."""
    study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
    systems, whole = spending_of(study=study)
    context = {"study": study, "systems": systems, "whole": whole, "brief": "brief" in request.GET}
    return render(request, "generations/_spending.html", context)


def price_context(
    request: HttpRequest, system: System, versions: list[SystemVersion]
) -> dict[str, Any]:
    """For those who may enter prices: the form, and what was entered before."""
    user = request.user
    if not (user.is_authenticated and (user.pk == system.owner_id or user.is_superuser)):
        return {}
    endpoint = _endpoint(versions[0] if versions else None)
    held = list(system.prices.select_related("set_by"))
    held += list(endpoint.prices.select_related("set_by")) if endpoint else []
    shared = str(endpoint) if endpoint and user.is_superuser else ""
    prices = [(each, amounts_told(each)) for each in held]
    return {"price_form": PriceForm(shared=shared), "prices": prices}


def amounts_told(price: Price) -> str:
    """As in “0.25 per million tokens in, 1.25 per million tokens out”."""
    given = [(getattr(price, name), words) for name, words in AMOUNTS_NAMED]
    return ", ".join(f"{amount.normalize():f} per {words}" for amount, words in given
                     if amount is not None)  # fmt: skip


def _endpoint(version: SystemVersion | None) -> Endpoint | None:
    return version.endpoint if version else None
