"""The ballot as it was filled in: read from what the page sends, and given back to it."""

import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from arena.core.errors import UserError
from arena.voting.answers import ErrorType, Flag, Mark, Reading
from arena.voting.blinding import LABELS, BlindBallot
from arena.voting.identifiers import findings_in, signature
from arena.voting.models import Highlight, Outcome, SafetyFlag, Side, Vote
from arena.voting.places import as_sent, plane_name, region_told
from arena.voting.serializers import HighlightSerializer

PARTS = {"outcome", "flag", "mark", "confidence", "reason"}
FLAG_PARTS = {"extent", "likelihood", "errors", "note"}
FLAG_CHOICES = {
    "extents": SafetyFlag.Extent.choices,
    "likelihoods": SafetyFlag.Likelihood.choices,
}
MARK_FIELDS = ("side", "start", "end", "quote", "region", "error_type", "significant", "note")
FLAG_UNFINISHED = {
    Side.LEFT: gettext_lazy(
        "You flagged the left output as unsafe: choose how bad the harm could be and how likely, "
        "or take the flag back. The vote is not stored yet."
    ),
    Side.RIGHT: gettext_lazy(
        "You flagged the right output as unsafe: choose how bad the harm could be and how likely, "
        "or take the flag back. The vote is not stored yet."
    ),
}
SECONDS = re.compile(r"\d{1,6}(\.\d{1,3})?")


def outcomes_in(data: QueryDict) -> dict[str, str]:
    prefix = "outcome_"
    return {
        name.removeprefix(prefix): data.get(name, "") for name in data if name.startswith(prefix)
    }


def flags_in(data: QueryDict) -> list[Flag]:
    """Raises ``UserError`` for a flag without its two scales."""
    return [_flag(data, side) for side in Side if f"flag_{side}" in data]


def _flag(data: QueryDict, side: Side) -> Flag:
    extent, likelihood = (data.get(f"{name}_{side}", "") for name in ("extent", "likelihood"))
    if not extent or not likelihood:
        raise UserError(FLAG_UNFINISHED[side])
    return Flag(
        side=side.value,
        extent=extent,
        likelihood=likelihood,
        error_types=tuple(data.getlist(f"errors_{side}")),
        note=data.get(f"note_{side}", ""),
    )


def marks_in(data: QueryDict) -> list[Mark]:
    """Raises ``UserError`` for a mark that cannot be read; the page then comes without it."""
    return [_mark(text) for text in data.getlist("mark")]


def marks_readable(data: QueryDict) -> list[Mark]:
    """The marks that can be read; the others are left out."""
    found = []
    for text in data.getlist("mark"):
        with contextlib.suppress(UserError):
            found.append(_mark(text))
    return found


def _mark(text: str) -> Mark:
    try:
        checked = HighlightSerializer(data=json.loads(text))
        checked.is_valid(raise_exception=True)
    except (ValueError, RecursionError, ValidationError) as error:
        raise UserError(
            _(
                "A marked error could not be read and was taken out: mark the place again if it "
                "matters. The vote is not stored yet."
            )
        ) from error
    return Mark(**checked.validated_data)


def mark_text(mark: Mark | Highlight) -> str:
    """A mark as the page sends it; equal marks give equal text."""
    given = {name: getattr(mark, name) for name in MARK_FIELDS}
    given["region"] = as_sent(mark.region)
    return json.dumps({k: v for k, v in given.items() if v not in (None, "")}, sort_keys=True)


def reading_in(data: QueryDict) -> Reading:
    """Whatever is not a plausible number of seconds is unknown: no vote is lost for it."""
    left, right = (_seconds(data.get(f"seen_{side}", "")) for side in Side.values)
    return Reading(left, right, {"1": True, "0": False}.get(data.get("looked", "")))


def _seconds(text: str) -> float | None:
    return float(text) if SECONDS.fullmatch(text) else None


def accepted_in(data: QueryDict, texts: Mapping[str, str]) -> bool:
    """Whether the rater said of just these findings that they point to nobody."""
    return data.get("accepted_findings") == signature(findings_in(texts))


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
    data.setlist("mark", [mark_text(mark) for mark in vote.highlights.order_by("pk")])
    data["confidence"], data["reason"] = str(vote.confidence or ""), vote.reason
    data["seen_left"], data["seen_right"] = (
        "" if seconds is None else f"{seconds:.2f}"
        for seconds in (vote.left_seconds, vote.right_seconds)
    )
    data["looked"] = {True: "1", False: "0", None: ""}[vote.looked_closely]
    return data


def answers_in_words(vote: Vote) -> list[str]:
    """“Overall: Left is slightly better”, one for each criterion."""
    parts = sorted(vote.criterion_votes.all(), key=lambda part: part.criterion.position)
    labels = LABELS[vote.ballot.protocol.scale]
    return [f"{part.criterion.label}: {labels[Outcome(part.outcome)]}" for part in parts]


def same_answer(one: QueryDict, other: QueryDict) -> bool:
    """Whether two filled-in forms say the same."""
    return _said(one) == _said(other)


def _said(data: QueryDict) -> dict[str, list[str]]:
    filled = {name: sorted(filter(None, data.getlist(name))) for name in data}
    filled["mark"] = sorted(mark_text(mark) for mark in marks_in(data))
    return {name: values for name, values in filled.items() if values and _counts(name, data)}


def _counts(name: str, data: QueryDict) -> bool:
    """Whether a field is part of the answer: what was filled in below an unset flag is not."""
    part, _, rest = name.partition("_")
    return part in PARTS or (part in FLAG_PARTS and f"flag_{rest}" in data)


def criteria_given(blind: BlindBallot, data: QueryDict) -> list[dict[str, Any]]:
    """Each criterion with the outcome already chosen."""
    return [{"is": c, "outcome": data.get(f"outcome_{c.key}", "")} for c in blind.criteria]


def sides_given(blind: BlindBallot, data: QueryDict) -> list[dict[str, Any]]:
    """Each side with the flag and the marks already made."""
    return [
        {
            "is": side,
            "seen": data.get(f"seen_{side.side}", ""),
            "marks": _marks_given(blind, data, side.side),
            "flagged": f"flag_{side.side}" in data,
            "extent": data.get(f"extent_{side.side}", ""),
            "likelihood": data.get(f"likelihood_{side.side}", ""),
            "errors": data.getlist(f"errors_{side.side}"),
            "note": data.get(f"note_{side.side}", ""),
        }
        for side in blind.sides
    ]


def _marks_given(blind: BlindBallot, data: QueryDict, side: str) -> list[dict[str, Any]]:
    """The readable marks of one side, each with the text its box sends."""
    marks = [mark for mark in marks_readable(data) if mark.side == side]
    return [
        {
            "is": mark,
            "json": mark_text(mark),
            "label": ErrorType(mark.error_type).label if mark.error_type else "",
            "missing": mark.missing,
            "plane": plane_name(mark.region),
            **region_told(mark.region, blind.spacing_mm),
        }
        for mark in marks
    ]
