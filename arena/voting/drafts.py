"""What was filled into an open ballot, kept on the server so that another device shows it.

A draft belongs to its rater, is no vote and ends with the vote or skip. Words that the search for
identifiers would ask about are not kept: the rater has not decided yet, so until they do the words
stay in the browser they were typed into.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from arena.accounts.models import User
from arena.core.db import write_txn
from arena.studies.models import Study
from arena.voting.answers import MOST_MARKS, ErrorType, Flag, Mark, texts_typed
from arena.voting.filled import mark_text, marks_readable
from arena.voting.identifiers import findings_in, signature
from arena.voting.models import Ballot, Draft, Side

KEPT_FOR = timedelta(days=30)
LONGEST_VALUE = 60  # of what is chosen, and of its name; what is typed is as long as in a vote
MOST_CRITERIA = 100
LONGEST = {"reason": 4000, "note_left": 2000, "note_right": 2000}
PLAIN = ("confidence", "seen_left", "seen_right", "looked")
PLAIN_OF_SIDE = ("flag", "extent", "likelihood", "errors")

Fields = dict[str, list[str]]


class DraftRefusedError(Exception):
    """The ballot is not open any more, so there is nothing to keep."""


def draft_save(
    *, ballot_uuid: UUID, rater: User, attempt: int, data: QueryDict
) -> tuple[Draft, bool]:
    """Keep what the form holds; and whether some of its words were left out.

    Raises ``DraftRefusedError`` once the ballot is answered or the study takes no votes,
    ``Ballot.DoesNotExist`` for a ballot that is not this rater's.
    """
    fields, left_out = fields_kept(data)
    with write_txn():
        ballots = Ballot.objects.select_for_update(of=("self",)).select_related("study")
        ballot = ballots.get(uuid=ballot_uuid, rater=rater)
        running = ballot.study.status == Study.Status.OPEN
        if ballot.status != Ballot.Status.OPEN or ballot.attempt != attempt or not running:
            raise DraftRefusedError
        known = {"attempt": attempt, "fields": fields, "saved_at": timezone.now()}
        draft, _ = Draft.objects.update_or_create(ballot=ballot, defaults=known)
    return draft, left_out


def draft_of(*, ballot: Ballot) -> Draft | None:
    return Draft.objects.filter(ballot=ballot, attempt=ballot.attempt).first()


def draft_as_json(draft: Draft | None, *, fields: bool = True) -> dict[str, Any]:
    """For the page: which draft this is, how old in seconds by the server's clock, what it holds.

    Devices compare ages, since their clocks may differ. ``stamp`` is empty where there is none.
    """
    if draft is None:
        return {"stamp": "", "age": 0, "fields": {}}
    known = {"stamp": draft.saved_at.isoformat(), "age": _age(draft)}
    return {**known, "fields": draft.fields} if fields else known


def _age(draft: Draft) -> float:
    return round((timezone.now() - draft.saved_at).total_seconds(), 1)


def post_of(draft: Draft) -> QueryDict:
    """The form as the draft has it."""
    data = QueryDict(mutable=True)
    for name, values in draft.fields.items():
        data.setlist(name, values)
    return data


def drafts_forget() -> int:
    """Drop what nobody came back to, and drafts of studies that take no more votes."""
    old = Q(saved_at__lt=timezone.now() - KEPT_FOR)
    ended = ~Q(ballot__study__status=Study.Status.OPEN)
    found = list(Draft.objects.filter(old | ended).values_list("pk", flat=True)[:1000])
    if not found:
        return 0
    with write_txn():
        return Draft.objects.filter(pk__in=found).delete()[0]


def fields_kept(data: QueryDict) -> tuple[Fields, bool]:
    """The fields of the form that may be stored, and whether words were left out."""
    marks = marks_readable(data)[:MOST_MARKS]
    accepted = _accepted(data, marks)
    fields = _plain(data)
    words = {name: data.get(name, "").replace("\x00", "") for name in LONGEST}
    may_stay = {
        name: text
        for name, text in words.items()
        if len(text) <= LONGEST[name] and (accepted or not _points(text))
    }
    clean = marks if accepted else [kept for mark in marks if (kept := _without_words(mark))]
    fields |= {name: [text] for name, text in may_stay.items() if text}
    if clean:
        fields["mark"] = [mark_text(mark) for mark in clean]
    return fields, may_stay != words or clean != marks


def _without_words(mark: Mark) -> Mark | None:
    """The mark as it may be kept; of what is missing nothing is left without its words."""
    if not _points(mark.note):
        return mark
    return None if mark.missing else replace(mark, note="")


def _points(text: str) -> bool:
    return bool(findings_in({"": text}))


def _accepted(data: QueryDict, marks: list[Mark]) -> bool:
    """Whether the rater said of just these words, as for the vote, that they point to nobody."""
    flags = [Flag(side, "", "", note=data.get(f"note_{side}", "")) for side in Side.values]
    texts = texts_typed(reason=data.get("reason", ""), flags=flags, marks=marks)
    return data.get("accepted_findings") == signature(findings_in(texts))


def _plain(data: QueryDict) -> Fields:
    """What was chosen or measured, none of it in the rater's words."""
    names = [*PLAIN, *(f"{part}_{side}" for part in PLAIN_OF_SIDE for side in Side.values)]
    names += [name for name in data if name.startswith("outcome_")][:MOST_CRITERIA]
    found = {name: _short(data.getlist(name)) for name in names if len(name) <= LONGEST_VALUE}
    return {name: values for name, values in found.items() if values}


def _short(values: list[str]) -> list[str]:
    plain = [value for value in values if value.isprintable() and len(value) <= LONGEST_VALUE]
    return [value for value in plain if value][: len(ErrorType)]
