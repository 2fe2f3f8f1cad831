"""The forms of the voting page; what is filled into the ballot is read in ``filled``."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from arena.voting.answers import texts_typed
from arena.voting.filled import accepted_in, flags_in, marks_in, outcomes_in, reading_in
from arena.voting.models import Skip, Vote
from arena.voting.serializers import MOST_ATTEMPTS


class BallotForm(forms.Form):
    """Which ballot the page shows."""

    ballot = forms.UUIDField()
    attempt = forms.IntegerField(min_value=1, max_value=MOST_ATTEMPTS)


class SkipForm(BallotForm):
    skip_reason = forms.ChoiceField(choices=Skip.Reason.choices)
    note = forms.CharField(max_length=300, required=False)

    def answer(self, post: QueryDict) -> dict[str, Any]:
        """Keyword arguments of ``ballot_skip`` besides the ballot."""
        note = self.cleaned_data["note"]
        return {
            "reason": self.cleaned_data["skip_reason"],
            "note": note,
            "accept_findings": accepted_in(post, {_("Note"): note}),
        }


class VoteForm(BallotForm):
    confidence = forms.TypedChoiceField(
        choices=Vote.Confidence.choices, coerce=int, empty_value=None, required=False
    )
    reason = forms.CharField(max_length=4000, required=False)

    def answer(self, post: QueryDict) -> dict[str, Any]:
        """Keyword arguments of ``vote_cast`` besides the ballot.

        Raises ``UserError`` for an incomplete flag and for a mark that cannot be read.
        """
        reason, flags, marks = self.cleaned_data["reason"], flags_in(post), marks_in(post)
        texts = texts_typed(reason=reason, flags=flags, marks=marks)
        return {
            "outcomes": outcomes_in(post),
            "flags": flags,
            "highlights": marks,
            "confidence": self.cleaned_data["confidence"],
            "reason": reason,
            "reading": reading_in(post),
            "accept_findings": accepted_in(post, texts),
        }


def faults_in(form: forms.Form) -> str:
    """The first thing wrong with the form, as a sentence."""
    for name, problems in form.errors.items():
        return f"{name.replace('_', ' ').capitalize()}: {problems[0]}"
    return ""
