"""The answer as the voting page submits it."""

import re
from typing import Any

from django import forms
from django.http import QueryDict

from arena.core.errors import UserError
from arena.voting.answers import Flag, Reading
from arena.voting.blinding import LABELS, BlindBallot
from arena.voting.models import Outcome, SafetyFlag, Side, Skip, Vote
from arena.voting.serializers import MOST_ATTEMPTS

PARTS = {"outcome", "flag", "confidence", "reason"}
FLAG_PARTS = {"extent", "likelihood", "errors", "note"}


SECONDS = re.compile(r"\d{1,6}(\.\d{1,3})?")


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
            "reading": reading_in(post),
        }


def reading_in(post: QueryDict) -> Reading:
    """Whatever is not a plausible number of seconds is unknown: no vote is lost for it."""
    left, right = (_seconds(post.get(f"seen_{side}", "")) for side in Side.values)
    return Reading(left, right, {"1": True, "0": False}.get(post.get("looked", "")))


def _seconds(text: str) -> float | None:
    return float(text) if SECONDS.fullmatch(text) else None


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


def post_from(vote: Vote) -> QueryDict:
    """The form as it was filled in for ``vote``."""
    data = QueryDict(mutable=True)
    for part in vote.criterion_votes.select_related("criterion"):
        data[f"outcome_{part.criterion.key}"] = part.outcome
    for flag in vote.safety_flags.all():
        data[f"flag_{flag.side}"] = "1"
        data[f"extent_{flag.side}"], data[f"likelihood_{flag.side}"] = flag.extent, flag.likelihood
        data.setlist(f"errors_{flag.side}", flag.error_types)
        data[f"note_{flag.side}"] = flag.note
    data["confidence"], data["reason"] = str(vote.confidence or ""), vote.reason
    return data


def answers_in_words(vote: Vote) -> list[str]:
    """“Overall: Left is slightly better”, one for each criterion."""
    parts = vote.criterion_votes.select_related("criterion").order_by("criterion__position")
    labels = LABELS[vote.ballot.protocol.scale]
    return [f"{part.criterion.label}: {labels[Outcome(part.outcome)]}" for part in parts]


def same_answer(one: QueryDict, other: QueryDict) -> bool:
    """Whether two filled-in forms say the same."""

    def said(data: QueryDict) -> dict[str, list[str]]:
        filled = {name: sorted(filter(None, data.getlist(name))) for name in data}
        return {name: values for name, values in filled.items() if values and _counts(name, data)}

    return said(one) == said(other)


def _counts(name: str, data: QueryDict) -> bool:
    """Whether a field is part of the answer: what was filled in below an unset flag is not."""
    part, _, rest = name.partition("_")
    return part in PARTS or (part in FLAG_PARTS and f"flag_{rest}" in data)


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
            "seen": data.get(f"seen_{side.side}", ""),
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
}
