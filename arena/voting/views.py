"""The voting page. Each answer is a POST followed by a redirect to the next ballot."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from arena.accounts.http import SignedInRequest
from arena.accounts.keys import keys_chosen
from arena.accounts.services import rater_profile_for
from arena.core.errors import UserError
from arena.core.file_response import file_response
from arena.studies.access import Action, study_for
from arena.studies.case_files import case_file_response
from arena.studies.models import Study
from arena.studies.selectors import protocol_current
from arena.voting import blinding
from arena.voting.access import ballot_of, ballot_shown_to
from arena.voting.breaks import break_suggested
from arena.voting.desk import desk_context, given_in_words
from arena.voting.drafts import draft_of, post_of
from arena.voting.filled import answers_in_words, post_from, same_answer
from arena.voting.forms import BallotForm, SkipForm, VoteForm, faults_in
from arena.voting.identifiers import IdentifierError
from arena.voting.late import WithdrawnBallotError
from arena.voting.models import Ballot, Draft, Skip, Vote
from arena.voting.onwards import same_case_offered
from arena.voting.qualification import (
    answers_given,
    qualification_at,
    qualification_ended,
    qualification_of,
)
from arena.voting.selectors import ballot_is_void, ballot_undoable, rater_progress, vote_taken_back
from arena.voting.services import (
    StaleBallotError,
    ballot_next,
    ballot_skip,
    vote_cast,
    vote_undo,
)

NOT_STORED = gettext_lazy(
    "Your answer could not be stored, because the database did not take it. It is still on this "
    "page: please submit it again in a moment."
)


SAME_CASE = "same-case"
"""What the second way on submits as ``then``."""
NO_MORE_OF_CASE = gettext_lazy(
    "You have judged all there is to compare of that case; this is the next one."
)
SKIPPED = gettext_lazy("Given back: no vote was stored.")
NEXT = gettext_lazy("This is the next ballot.")
CASE_STOPPED = gettext_lazy(
    "Thank you. The case is withdrawn at once: nobody is shown it any more, and the coordinator "
    "sees why."
)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the rater's open ballot or the next one; a POST casts the vote."""
    study = study_for(user=request.user, slug=slug, action=Action.VOTE)
    if request.method == "POST":
        return _cast(request, study)
    try:
        ballot = ballot_next(rater=request.user, study=study)
    except UserError as error:
        return _render(request, study, "voting/refused.html", {"problem": str(error)})
    if ballot is None:
        return _render(request, study, "voting/done.html", {})
    return _desk(request, study, ballot)


@never_cache
@login_required
@require_POST
def skip(request: SignedInRequest, slug: str) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.VOTE)
    form = SkipForm(request.POST)
    if not form.is_valid():
        messages.error(request, faults_in(form))
        return redirect("vote", slug=slug)
    ballot = None
    try:
        ballot = ballot_of(study=study, rater=request.user, uuid=form.cleaned_data["ballot"])
        ballot_skip(
            ballot_uuid=ballot.uuid,
            rater=request.user,
            attempt=form.cleaned_data["attempt"],
            **form.answer(request.POST),
        )
    except Ballot.DoesNotExist as error:
        raise Http404("No such ballot.") from error
    except IdentifierError as error:
        return _again(request, study, error, status=422)
    except UserError as error:
        messages.error(request, str(error))
    else:
        _say_what_became(request, study, ballot, form.cleaned_data["skip_reason"])
    return _onwards(study, ballot)


@never_cache
@login_required
@require_POST
def undo(request: SignedInRequest, slug: str) -> HttpResponse:
    study = study_for(user=request.user, slug=slug, action=Action.VOTE)
    form = BallotForm({**request.POST.dict(), "attempt": 1})
    if not form.is_valid():
        raise Http404("No such ballot.")
    try:
        ballot = ballot_of(study=study, rater=request.user, uuid=form.cleaned_data["ballot"])
        vote_undo(ballot_uuid=ballot.uuid, rater=request.user)
        messages.info(request, _("Your last answer was taken back. Correct it and submit again."))
    except Ballot.DoesNotExist as error:
        raise Http404("No such ballot.") from error
    except UserError as error:
        messages.error(request, str(error))
    return redirect("vote", slug=study.slug)


@never_cache
@login_required
@require_GET
def qualification(request: SignedInRequest, slug: str) -> HttpResponse:
    """How the rater's latest try to qualify ended, and what was expected."""
    study = study_for(user=request.user, slug=slug, action=Action.VOTE)
    protocol = protocol_current(study=study)
    standing = qualification_of(rater=request.user, study=study, protocol=protocol)
    if not standing.ended:
        return redirect("vote", slug=slug)
    last = standing.ended[-1]
    given = answers_given(study=study, rater=request.user, number=last.number)
    context = {
        "last": last,
        "standing": standing,
        "given": [given_in_words(each) for each in given],
    }
    return _render(request, study, "voting/qualification.html", context)


@login_required
@require_GET
def ballot_asset(request: SignedInRequest, uuid: UUID, side: str, name: str) -> HttpResponse:
    """A file of one side, made from its record at this moment or stored with it."""
    ballot = ballot_shown_to(user=request.user, uuid=uuid)
    served = blinding.side_asset(ballot=ballot, side=side, name=name)
    if served is None:
        raise Http404("No such file.")
    return file_response(request, served.body, served.media_type)


@login_required
@require_GET
def case_asset(request: SignedInRequest, uuid: UUID, name: str) -> HttpResponse:
    ballot = ballot_shown_to(user=request.user, uuid=uuid)
    asset = blinding.case_asset(ballot=ballot, name=name)
    if asset is None:
        raise Http404("No such file.")
    return case_file_response(request, asset)


def _cast(request: SignedInRequest, study: Study) -> HttpResponse:
    form, ballot = VoteForm(request.POST), None
    try:
        if not form.is_valid():
            not_yet = _("The vote is not stored yet.")
            raise UserError(f"{faults_in(form)} {not_yet}")
        ballot = ballot_of(study=study, rater=request.user, uuid=form.cleaned_data["ballot"])
        vote = vote_cast(
            ballot_uuid=ballot.uuid,
            rater=request.user,
            attempt=form.cleaned_data["attempt"],
            **form.answer(request.POST),
        )
        _say_which_stands(request, vote)
    except (StaleBallotError, Ballot.DoesNotExist):
        messages.warning(request, str(StaleBallotError()))
    except WithdrawnBallotError as error:
        messages.warning(request, str(error))
    except UserError as error:
        return _again(request, study, error, status=422)
    except DatabaseError:
        return _again(request, study, UserError(str(NOT_STORED)), status=503)
    else:
        if request.POST.get("then") == SAME_CASE:
            _stay_with_case(request, study, ballot)
    return _onwards(study, ballot)


def _stay_with_case(request: SignedInRequest, study: Study, ballot: Ballot) -> None:
    """The vote is stored: go on with the same case if there is more of it."""
    following = _drawn(request, study, after=ballot)
    if following and not following.same_case:
        messages.info(request, NO_MORE_OF_CASE)


def _say_what_became(request: SignedInRequest, study: Study, ballot: Ballot, reason: str) -> None:
    """Of a skip; and that the page shows another ballot, if it will."""
    stopped = reason == Skip.Reason.IDENTIFIER
    tell, said = (messages.success, CASE_STOPPED) if stopped else (messages.info, SKIPPED)
    goes_on = not qualification_ended(ballot=ballot) and _drawn(request, study) is not None
    tell(request, f"{said} {NEXT}" if goes_on else str(said))


def _drawn(request: SignedInRequest, study: Study, after: Ballot | None = None) -> Ballot | None:
    """The next ballot, drawn now rather than by the page that follows.

    ``after``: stay with its case. That page says why where nothing can be drawn.
    """
    try:
        return ballot_next(rater=request.user, study=study, after=after)
    except (UserError, DatabaseError):
        return None


def _onwards(study: Study, ballot: Ballot | None) -> HttpResponse:
    """To the next ballot; after the last one of a qualification to how it ended."""
    ended = ballot is not None and qualification_ended(ballot=ballot)
    return redirect("vote-qualification" if ended else "vote", slug=study.slug)


def _say_which_stands(request: SignedInRequest, vote: Vote) -> None:
    """Another tab was faster: nobody should believe that the later answer counts."""
    if not vote.stood_before:
        return
    stored = post_from(vote)
    if not same_answer(stored, request.POST):
        answers = "; ".join(answers_in_words(vote))
        messages.warning(
            request,
            _(
                "You had answered this ballot before, in another tab or on another device. That "
                "answer stands: {answers}. To change it, undo it."
            ).format(answers=answers),
        )


def _again(request: SignedInRequest, study: Study, error: UserError, status: int) -> HttpResponse:
    """The same ballot with all that was filled in, and what is wrong."""
    form = BallotForm(request.POST)
    ballots = Ballot.objects.filter(study=study, rater=request.user, status=Ballot.Status.OPEN)
    ballot = ballots.filter(uuid=form["ballot"].value()).first() if form.is_valid() else None
    if ballot is not None and ballot_is_void(ballot=ballot):
        ballot, error = None, WithdrawnBallotError()  # what was withdrawn is not shown again
    if ballot is None:
        messages.error(request, str(error))
        return redirect("vote", slug=study.slug)
    return _desk(request, study, ballot, error=error, status=status)


def _desk(
    request: SignedInRequest,
    study: Study,
    ballot: Ballot,
    error: UserError | None = None,
    status: int = 200,
) -> HttpResponse:
    ballot.study, ballot.rater = study, request.user  # as they are; not read again
    blind = blinding.ballot_open(ballot=ballot)
    draft = draft_of(ballot=ballot)
    context = desk_context(
        blind,
        _given(request, ballot, draft),
        profile=rater_profile_for(request.user),
        error=error,
        compare="differences" in request.GET,
        draft=draft,
    )
    context["trial"] = qualification_at(ballot=ballot)
    context["same_case"] = SAME_CASE if same_case_offered(ballot=ballot) else ""
    context["long_sitting"] = break_suggested(request=request, protocol=ballot.protocol)
    return _render(request, study, "voting/vote.html", context, status=status)


def _given(request: SignedInRequest, ballot: Ballot, draft: Draft | None) -> QueryDict:
    """What the form begins with: what was just sent or begun, or the answer that was taken back."""
    if request.method == "POST":
        return request.POST
    if draft is not None:
        return post_of(draft)
    if ballot.attempt == 1:
        return request.POST
    vote = vote_taken_back(ballot=ballot)
    return post_from(vote) if vote else request.POST


def _render(
    request: SignedInRequest,
    study: Study,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    undoable = ballot_undoable(rater=request.user, study=study)
    frame = {
        "study": study,
        "progress": rater_progress(rater=request.user, study=study),
        "undo": undoable.uuid if undoable else None,
        "keys": keys_chosen(rater_profile_for(request.user).keys),
    }
    return render(request, template, {**frame, **context}, status=status)
