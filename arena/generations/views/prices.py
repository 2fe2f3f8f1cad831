"""What asking a system costs, and what a study's answers took. Never on a rater's way."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena.accounts.http import SignedInRequest
from arena.accounts.models import User
from arena.core.errors import UserError
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


def price_keep(request: SignedInRequest, system: System) -> PriceForm | None:
    """Keep another price of a system, or, by an admin, of the server it is asked at.

    Returns the form with what is wrong with it, or nothing where the price is kept.
    """
    if not _may_enter(request.user, system):
        raise PermissionDenied("Prices are entered by whoever owns a system, and by admins.")
    endpoint = _endpoint(system.versions.order_by("-number").first())
    form = PriceForm(request.POST, shared=_shared(request.user, endpoint))
    if not form.is_valid():
        return form
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
        form.add_error(None, str(error))
        return form
    messages.success(request, f"The {made} is kept; answers from then on are counted with it.")
    return None


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
    if not isinstance(user, User) or not _may_enter(user, system):
        return {}
    endpoint = _endpoint(versions[0] if versions else None)
    held = list(system.prices.select_related("set_by"))
    held += list(endpoint.prices.select_related("set_by")) if endpoint else []
    shared = _shared(user, endpoint)
    prices = [(each, amounts_told(each)) for each in held]
    return {"price_form": PriceForm(shared=shared), "prices": prices}


def amounts_told(price: Price) -> str:
    """As in “0.25 per million tokens in, 1.25 per million tokens out”."""
    given = [(getattr(price, name), words) for name, words in AMOUNTS_NAMED]
    return ", ".join(f"{amount.normalize():f} per {words}" for amount, words in given
                     if amount is not None)  # fmt: skip


def _may_enter(user: User, system: System) -> bool:
    return user.pk == system.owner_id or user.is_superuser


def _shared(user: User, endpoint: Endpoint | None) -> str:
    """The server whose price may be entered in the system's place: only admins may."""
    return str(endpoint) if endpoint and user.is_superuser else ""


def _endpoint(version: SystemVersion | None) -> Endpoint | None:
    return version.endpoint if version else None
