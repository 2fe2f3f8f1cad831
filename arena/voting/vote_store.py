"""A vote with all that belongs to it, as rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.utils import timezone

from arena.core.audit import audit_record
from arena.studies.formats import case_facts
from arena.studies.services import study_mark_simulated
from arena.voting.answers import (
    UNKNOWN,
    Flag,
    Mark,
    Reading,
    confidence_checked,
    flags_checked,
    marks_checked,
    outcomes_checked,
    text_checked,
    texts_typed,
)
from arena.voting.identifiers import Finding, findings_refuse
from arena.voting.models import (
    Ballot,
    Comparison,
    CriterionVote,
    Highlight,
    Origin,
    SafetyFlag,
    Side,
    Vote,
)


@dataclass(frozen=True)
class Answer:
    """What a rater said about a ballot."""

    outcomes: Mapping[str, str]
    flags: Sequence[Flag] = ()
    highlights: Sequence[Mark] = ()
    confidence: int | None = None
    reason: str = ""
    reading: Reading = UNKNOWN
    accept_findings: bool = False


def vote_store(ballot: Ballot, answer: Answer) -> Vote:
    """The vote of the ballot's attempt. The caller holds the transaction and the ballot.

    Raises ``UserError`` for what does not fit, and ``IdentifierError``.
    """
    choices = outcomes_checked(protocol=ballot.protocol, outcomes=answer.outcomes)
    texts = texts_typed(reason=answer.reason, flags=answer.flags, marks=answer.highlights)
    accepted_note(ballot, findings_refuse(texts, accepted=answer.accept_findings))
    vote = Vote.objects.create(
        ballot=ballot,
        attempt=ballot.attempt,
        **_times(ballot, answer.reading),
        confidence=confidence_checked(answer.confidence),
        reason=text_checked(answer.reason, name="reason", most=4000),
    )
    CriterionVote.objects.bulk_create(
        CriterionVote(vote=vote, criterion=c, outcome=outcome) for c, outcome in choices
    )
    flags = flags_checked(answer.flags)
    SafetyFlag.objects.bulk_create(SafetyFlag(vote=vote, **flag) for flag in flags)
    marks = marks_checked(answer.highlights, volume=cache(partial(_volume, ballot)))
    marked = _systems(ballot) if marks else {}
    Highlight.objects.bulk_create(
        Highlight(vote=vote, study_system_id=marked[mark["side"]], origin=ballot.origin, **mark)
        for mark in marks
    )
    if ballot.origin == Origin.SIMULATED:
        study_mark_simulated(study=ballot.study)
    return vote


def accepted_note(ballot: Ballot, findings: Sequence[Finding]) -> None:
    """That the rater looked, and at how many of which kind: never the words themselves."""
    if findings:
        kinds = dict(Counter(finding.kind for finding in findings))
        target = f"ballot {ballot.uuid}"
        audit_record(
            actor=ballot.rater, action="ballot.accept-findings", target=target, detail=kinds
        )


def _volume(ballot: Ballot) -> dict[str, Any]:
    """Shape and spacing of the case's volume; nothing where it is none."""
    extra = case_facts(ballot.comparison.case_version).extra
    return {name: extra.get(name) for name in ("shape", "spacing_mm")} if "depth" in extra else {}


def _systems(ballot: Ballot) -> dict[str, int]:
    """Id of the study's system on each side."""
    systems = Comparison.objects.filter(pk=ballot.comparison_id).values_list(
        "first__study_system", "second__study_system"
    )
    first, second = systems.get()
    shown = (second, first) if ballot.left_is_second else (first, second)
    return dict(zip(Side.values, shown, strict=True))


def _times(ballot: Ballot, reading: Reading) -> dict[str, Any]:
    """What the server measured, and what the browser did within it."""
    seconds = _seconds(ballot)
    viewed = reading.within(seconds)
    return {
        "seconds": seconds,
        "left_seconds": viewed.left,
        "right_seconds": viewed.right,
        "looked_closely": viewed.looked,
    }


def _seconds(ballot: Ballot) -> float:
    opened = ballot.opened_at or ballot.drawn_at
    return max(0.0, (timezone.now() - opened).total_seconds())
