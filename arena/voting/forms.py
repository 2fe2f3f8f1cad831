"""The answer as the voting page submits it."""

from typing import Any

from django import forms
from django.http import QueryDict

from arena.core.errors import UserError
from arena.voting.answers import ErrorType, Flag
from arena.voting.blinding import BlindBallot
from arena.voting.models import SafetyFlag, Side, Skip, Vote
from arena.voting.serializers import MOST_ATTEMPTS


class BallotForm(forms.Form):
    """Which ballot the page shows."""

    ballot = forms.UUIDField()
    attempt = forms.IntegerField(min_value=1, max_value=MOST_ATTEMPTS)


class SkipForm(BallotForm):
    skip_reason = forms.ChoiceField(choices=Skip.Reason.choices)
    note = forms.CharField(max_length=300, required=False)


class VoteForm(BallotForm):
    confidence = forms.TypedChoiceField(
        choices=Vote.Confidence.choices, coerce=int, empty_value=None, required=False
    )
    reason = forms.CharField(max_length=4000, required=False)

    def answer(self, post: QueryDict) -> dict[str, Any]:
        """Keyword arguments of ``vote_cast``. Raises ``UserError`` for an incomplete flag."""
        return {
            "outcomes": outcomes_in(post),
            "flags": [flag_in(post, side) for side in Side if f"flag_{side}" in post],
            "confidence": self.cleaned_data["confidence"],
            "reason": self.cleaned_data["reason"],
        }


def outcomes_in(data: QueryDict) -> dict[str, str]:
    prefix = "outcome_"
    return {
        name.removeprefix(prefix): data.get(name, "") for name in data if name.startswith(prefix)
    }


def flag_in(data: QueryDict, side: Side) -> Flag:
    extent, likelihood = (data.get(f"{name}_{side}", "") for name in ("extent", "likelihood"))
    if not extent or not likelihood:
        raise UserError(
            f"You flagged the {side.label.lower()} output as unsafe: choose how bad the harm could "
            "be and how likely, or take the flag back. The vote is not stored yet."
        )
    return Flag(
        side=side.value,
        extent=extent,
        likelihood=likelihood,
        error_types=tuple(data.getlist(f"errors_{side}")),
        note=data.get(f"note_{side}", ""),
    )


def faults_in(form: forms.Form) -> str:
    """The first thing wrong with the form, as a sentence."""
    for name, problems in form.errors.items():
        return f"{name.replace('_', ' ').capitalize()}: {problems[0]}"
    return ""


def criteria_given(blind: BlindBallot, data: QueryDict) -> list[dict[str, Any]]:
    """Each criterion with the outcome already chosen."""
    return [{"is": c, "outcome": data.get(f"outcome_{c.key}", "")} for c in blind.criteria]


def sides_given(blind: BlindBallot, data: QueryDict) -> list[dict[str, Any]]:
    """Each side with the flag already filled in."""
    return [
        {
            "is": side,
            "flagged": f"flag_{side.side}" in data,
            "extent": data.get(f"extent_{side.side}", ""),
            "likelihood": data.get(f"likelihood_{side.side}", ""),
            "errors": data.getlist(f"errors_{side.side}"),
            "note": data.get(f"note_{side.side}", ""),
        }
        for side in blind.sides
    ]


FLAG_CHOICES = {
    "extents": SafetyFlag.Extent.choices,
    "likelihoods": SafetyFlag.Likelihood.choices,
    "error_types": ErrorType.choices,
}
