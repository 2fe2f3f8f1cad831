"""The page about oneself: what raters are known by, and API tokens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from arena.accounts.forms import KeysForm, ProfileForm, TokenForm
from arena.accounts.http import SignedInRequest
from arena.accounts.services import (
    api_token_create,
    api_token_revoke,
    rater_profile_for,
    tour_note,
)
from arena.accounts.vocabulary import PROFESSIONS, SPECIALTIES


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=rater_profile_for(request.user))
    if form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return _page(request, form=form)


@login_required
@never_cache
@require_POST
def keys(request: SignedInRequest) -> HttpResponse:
    """Keys of one's own choice, or back to those everybody begins with."""
    rater = rater_profile_for(request.user)
    form = KeysForm(request.POST, profile=rater)
    if "reset" not in request.POST and not form.is_valid():
        return _page(request, keys_form=form)
    rater.keys = {} if "reset" in request.POST else form.chosen()
    rater.save(update_fields=["keys"])
    messages.success(request, _("Your keys are saved."))
    return redirect("profile")


@login_required
@require_POST
def tour_seen(request: SignedInRequest) -> HttpResponse:
    """The first steps were read or skipped: they do not open by themselves again."""
    tour_note(user=request.user)
    return HttpResponse(status=204)


@login_required
@never_cache
@require_POST
def token_new(request: SignedInRequest) -> HttpResponse:
    """Makes a token and shows it on the answer itself: it is kept nowhere else."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token_form=form)
    token = api_token_create(user=request.user, label=form.cleaned_data["label"], by=request.user)
    return _page(request, new_token=token)


@login_required
@require_POST
def token_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(request.user.api_tokens, pk=pk)
    api_token_revoke(token=token, by=request.user)
    messages.success(request, _("The token is revoked and no longer works."))
    return redirect("profile")


def _page(
    request: SignedInRequest,
    *,
    form: ProfileForm | None = None,
    keys_form: KeysForm | None = None,
    token_form: TokenForm | None = None,
    new_token: str = "",
) -> HttpResponse:
    rater = rater_profile_for(request.user)
    context = {
        "form": form or ProfileForm(instance=rater),
        "keys_form": keys_form or KeysForm(profile=rater),
        "token_form": token_form or TokenForm(),
        "new_token": new_token,
        "rater": rater,
        "tokens": request.user.api_tokens.order_by("-created_at"),
        "professions": PROFESSIONS,
        "specialties": SPECIALTIES,
    }
    faulty = any(given is not None and given.errors for given in (form, keys_form, token_form))
    return render(request, "accounts/profile.html", context, status=400 if faulty else 200)
