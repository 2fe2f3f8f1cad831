"""What a rater submits, checked against the protocol of the ballot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from arena.core.errors import UserError
from arena.studies.models import Criterion, Protocol
from arena.voting.models import Outcome, SafetyFlag, Side, Vote
from arena.voting.places import region_checked, region_placed

TEXTS = (gettext_noop("reason"), gettext_noop("note"), gettext_noop("quotation"))
"""Names ``text_checked`` is called with, for the catalogs of translations."""
MOST_MARKS = 200
MOST_CHARACTERS = 2**31 - 1  # what the column holds
SLIGHT = {Outcome.LEFT_SLIGHTLY, Outcome.RIGHT_SLIGHTLY}


class ErrorType(TextChoices):
    """The six of radiology reports (CheXprompt, ReXVal, GREEN), and what notes and answers add."""

    FALSE_FINDING = "false_finding", gettext_lazy("States something that is not there")
    OMISSION = "omission", gettext_lazy("Leaves out something important")
    LOCATION = "location", gettext_lazy("Wrong place or side")
    SEVERITY = "severity", gettext_lazy("Wrong severity or size")
    FALSE_COMPARISON = "false_comparison", gettext_lazy("Mentions a change that is not documented")
    MISSED_COMPARISON = "missed_comparison", gettext_lazy("Leaves out a change since before")
    TREATMENT = "treatment", gettext_lazy("Wrong drug, dose or action")
    CONTRADICTION = "contradiction", gettext_lazy("Contradicts itself")
    NEGATION = "negation", gettext_lazy("Turns yes into no, or no into yes")
    ATTRIBUTION = "attribution", gettext_lazy("Wrong person, time or source")
    OUTDATED = "outdated", gettext_lazy("Repeats what no longer holds")
    OTHER = "other", gettext_lazy("Something else")


ABSENT = (ErrorType.OMISSION, ErrorType.MISSED_COMPARISON)
"""What an output lacks has no place in it: a mark of these may be a note alone."""
RADIOLOGY = (
    *(ErrorType.FALSE_FINDING, ErrorType.OMISSION, ErrorType.LOCATION),
    *(ErrorType.SEVERITY, ErrorType.FALSE_COMPARISON, ErrorType.MISSED_COMPARISON),
)
PACKS: Mapping[str, tuple[ErrorType, ...]] = {
    Protocol.ErrorPack.RADIOLOGY: RADIOLOGY,
    Protocol.ErrorPack.GENERAL: (
        *RADIOLOGY,
        *(ErrorType.TREATMENT, ErrorType.CONTRADICTION, ErrorType.OTHER),
    ),
    Protocol.ErrorPack.NOTES: (
        *(ErrorType.FALSE_FINDING, ErrorType.OMISSION, ErrorType.NEGATION, ErrorType.ATTRIBUTION),
        *(ErrorType.SEVERITY, ErrorType.TREATMENT, ErrorType.OUTDATED, ErrorType.CONTRADICTION),
        ErrorType.OTHER,
    ),
}
"""The types of error offered, by the protocol's pack; stored votes may hold any of them."""


@dataclass(frozen=True)
class Reading:
    """How long each side was in view, in seconds, and whether an image was looked at closely.

    The browser measures it; ``None`` is unknown, as without JavaScript.
    """

    left: float | None = None
    right: float | None = None
    looked: bool | None = None

    def within(self, seconds: float) -> "Reading":
        """No longer than the ballot was open by the server's clock."""
        left, right = (None if t is None else min(t, seconds) for t in (self.left, self.right))
        return Reading(left, right, self.looked)


UNKNOWN = Reading()


@dataclass(frozen=True)
class Flag:
    """One side is unsafe: how bad, how likely, and by what kind of error."""

    side: str
    extent: str
    likelihood: str
    error_types: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Mark:
    """A place marked as wrong: characters ``start`` to ``end``, or a region in image pixels.

    On a volume a region also has the ``plane`` and the ``slice`` it was marked on. What is missing
    has no place; its ``note`` says what that is.
    """

    side: str
    start: int | None = None
    end: int | None = None
    quote: str = ""
    region: Mapping[str, Any] | None = None
    error_type: str = ""
    significant: bool = False
    note: str = ""

    @property
    def missing(self) -> bool:
        return self.region is None and self.start is None and self.end is None


def outcomes_checked(
    *, protocol: Protocol, outcomes: Mapping[str, str]
) -> list[tuple[Criterion, Outcome]]:
    """Criterion and outcome in the protocol's order. Raises ``UserError``."""
    criteria = {criterion.key: criterion for criterion in protocol.criteria.all()}
    unknown = sorted(set(outcomes) - set(criteria))
    if unknown:
        raise UserError(
            _("This ballot does not ask for {name}; reload the page.").format(name=repr(unknown[0]))
        )
    missing = [c.label for c in criteria.values() if c.required and c.key not in outcomes]
    if missing:
        raise UserError(
            _("Please choose an answer for “{criterion}”; the vote is not stored yet.").format(
                criterion=missing[0]
            )
        )
    if not outcomes:
        raise UserError(_("Please choose an answer; the vote is not stored yet."))
    return [
        (criterion, _outcome(outcomes[key], criterion, protocol))
        for key, criterion in criteria.items()
        if key in outcomes
    ]


def _outcome(value: str, criterion: Criterion, protocol: Protocol) -> Outcome:
    allowed = outcomes_of(protocol=protocol)
    if value not in allowed:
        raise UserError(
            f"{value!r} is not an answer to “{criterion.label}”; use one of {', '.join(allowed)}."
        )
    return Outcome(value)


def outcomes_of(*, protocol: Protocol) -> list[Outcome]:
    """The steps of the protocol's scale, left to right, then “both unacceptable”."""
    three = protocol.scale == Protocol.Scale.THREE
    return [outcome for outcome in Outcome if not (three and outcome in SLIGHT)]


def flags_checked(flags: Sequence[Flag]) -> list[dict[str, Any]]:
    """Columns of ``SafetyFlag``, at most one a side. Raises ``UserError``."""
    if len({flag.side for flag in flags}) < len(flags):
        raise UserError("A side can be flagged once; put all of it into one flag.")
    for flag in flags:
        _one_of(flag.side, Side.values, "side of a safety flag")
        _one_of(flag.extent, SafetyFlag.Extent.values, "extent of harm")
        _one_of(flag.likelihood, SafetyFlag.Likelihood.values, "likelihood of harm")
        for error_type in flag.error_types:
            _one_of(error_type, ErrorType.values, "type of error")
    return [
        {
            **vars(flag),
            "error_types": sorted(set(flag.error_types)),
            "note": text_checked(flag.note, name="note", most=2000),
        }
        for flag in flags
    ]


def marks_checked(
    marks: Sequence[Mark], *, volume: Callable[[], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Columns of ``Highlight``. Raises ``UserError``.

    ``volume`` gives the case's shape and spacing; it is asked only about regions on slices.
    """
    if len(marks) > MOST_MARKS:
        raise UserError(
            _("There are {n} highlights; at most {most} can be stored.").format(
                n=len(marks), most=MOST_MARKS
            )
        )
    for mark in marks:
        _one_of(mark.side, Side.values, "side of a highlight")
        _one_of(mark.error_type, ["", *ErrorType.values], "type of error")
        _missing_checked(mark) if mark.missing else _place_checked(mark)
    return [
        {
            **vars(mark),
            "region": _region(mark.region, volume),
            "quote": text_checked(mark.quote, name="quotation", most=500),
            "note": text_checked(mark.note, name="note", most=300),
        }
        for mark in marks
    ]


def _place_checked(mark: Mark) -> None:
    if (mark.region is None) == (mark.start is None or mark.end is None):
        raise UserError("A highlight is a span of text or a region of an image, not both.")
    if mark.region is None and not 0 <= (mark.start or 0) < (mark.end or 0) <= MOST_CHARACTERS:
        raise UserError("A highlighted span must begin before it ends.")


def _missing_checked(mark: Mark) -> None:
    if mark.error_type not in ABSENT:
        raise UserError(
            "A highlight without a span or region says what is missing: its type of error is one "
            f"of {', '.join(ABSENT)}."
        )
    if mark.quote:
        raise UserError("What is missing cannot be quoted: leave the quotation out.")
    if not any(sign.isalnum() for sign in mark.note):
        raise UserError(
            _(
                "Something is marked as missing without a word on what it is: say so, or take the "
                "mark out. The vote is not stored yet."
            )
        )


def _region(
    given: Mapping[str, Any] | None, volume: Callable[[], Mapping[str, Any]]
) -> dict[str, Any] | None:
    if given is None:
        return None
    region = region_checked(given)
    return region_placed(region, volume()) if "plane" in region else region


def confidence_checked(confidence: int | None) -> int | None:
    if confidence is not None:
        _one_of(confidence, Vote.Confidence.values, "confidence")
    return confidence


def text_checked(text: str, *, name: str, most: int) -> str:
    if len(text) > most:
        raise UserError(
            _("The {name} has {n} characters; please shorten it to {most}.").format(
                name=_(name), n=len(text), most=most
            )
        )
    return text.replace("\x00", "").strip()


def texts_typed(*, reason: str, flags: Sequence[Flag], marks: Sequence[Mark]) -> dict[str, str]:
    """What the rater wrote in their own words, by the field they wrote it into."""
    where = {Side.LEFT: _("Flag on the left"), Side.RIGHT: _("Flag on the right")}
    notes = {where.get(Side(flag.side)) or "": flag.note for flag in flags if flag.side in where}
    marked = {_("Marked error {n}").format(n=n): mark.note for n, mark in enumerate(marks, start=1)}
    return {_("Reason"): reason, **notes, **marked}


def _one_of(value: object, allowed: Sequence[object], name: str) -> None:
    if value not in allowed:
        known = ", ".join(str(option) for option in allowed if option != "")
        raise UserError(f"{value!r} is not a known {name}; use one of {known}.")
