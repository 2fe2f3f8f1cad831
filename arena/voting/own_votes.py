"""What a rater has answered in a study, for this rater alone, and as blind as the ballots were.

Outputs are told apart within a case only, by letters in the order in which the rater met them: who
made what, and whether two cases share a maker, follows from nothing here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from statistics import median
from string import ascii_uppercase

from django.core.paginator import Page, Paginator
from django.db.models import F, Prefetch, QuerySet

from arena.accounts.models import User
from arena.studies.models import Study
from arena.voting.blinding import outputs_seen
from arena.voting.filled import answers_in_words
from arena.voting.models import QUALIFYING, Ballot, CriterionVote, Outcome, Vote
from arena.voting.onwards import versions_left
from evaluation.contradictions import circle_possible, circles

PER_PAGE = 50
LEAST_FOR_PACE = 3  # fewer ballots have no pace
LEFT = (Outcome.LEFT_STRONGLY, Outcome.LEFT_SLIGHTLY)
RIGHT = (Outcome.RIGHT_STRONGLY, Outcome.RIGHT_SLIGHTLY)
Seen = tuple[int, str]  # a case version, and what was seen of it


@dataclass(frozen=True)
class OwnBallot:
    """One line of the list; ``open_again`` is false while it has to stay shut."""

    ballot: Ballot
    case: str
    withdrawn: bool
    answers: list[str]
    skipped: str
    open_again: bool


@dataclass(frozen=True)
class Step:
    """One preference of a circle, by the letters of its outputs within the case."""

    better: str
    worse: str
    ballot: Ballot


@dataclass(frozen=True)
class OwnCircle:
    case: str
    criterion: str
    steps: list[Step]

    @property
    def in_letters(self) -> str:
        """“A > B > C > A”."""
        return " > ".join([*(step.better for step in self.steps), self.steps[0].better])


@dataclass(frozen=True)
class OwnCircles:
    """A place is a case and a criterion. ``waiting``: cases not finished yet."""

    found: list[OwnCircle]
    places: int
    possible: int
    waiting: int


def own_ballots(*, rater: User, study: Study) -> QuerySet[Ballot]:
    """Those this rater was shown and has answered, the latest first."""
    answered = Ballot.objects.filter(rater=rater, study=study, opened_at__isnull=False)
    answered = answered.exclude(status=Ballot.Status.OPEN).exclude(origin=QUALIFYING)
    return answered.select_related("protocol", "comparison__case_version__case").order_by(
        "-position"
    )


def own_page(*, rater: User, study: Study, number: str) -> Page[Ballot]:
    votes = Vote.objects.select_related("ballot__protocol").prefetch_related(
        "criterion_votes__criterion"
    )
    ballots = own_ballots(rater=rater, study=study)
    ballots = ballots.prefetch_related(Prefetch("votes", votes), "skips")
    return Paginator(ballots, PER_PAGE).get_page(number)


def own_lines(*, rater: User, study: Study, ballots: Iterable[Ballot]) -> list[OwnBallot]:
    shut = cases_shut(rater=rater, study=study)
    return [_line(ballot, shut) for ballot in ballots]


def _line(ballot: Ballot, shut: set[int]) -> OwnBallot:
    votes = [vote for vote in ballot.votes.all() if vote.attempt == ballot.attempt]
    skips = [skip for skip in ballot.skips.all() if skip.attempt == ballot.attempt]
    return OwnBallot(
        ballot=ballot,
        case=case_named(ballot),
        withdrawn=ballot.comparison.case_version.case.withdrawn_at is not None,
        answers=answers_in_words(votes[0]) if votes else [],
        skipped=skips[0].get_reason_display() if skips else "",
        open_again=may_open(ballot, shut),
    )


def case_named(ballot: Ballot) -> str:
    """The case as its ballot names it; nothing of one that was withdrawn."""
    version = ballot.comparison.case_version
    return "" if version.case.withdrawn_at else version.title


def cases_shut(*, rater: User, study: Study) -> set[int]:
    """Cases (ids) of which this rater judges a ballot just now.

    What they answered on them before would speak along.
    """
    lying_open = Ballot.objects.filter(rater=rater, study=study, status=Ballot.Status.OPEN)
    if study.status != Study.Status.OPEN:
        return set()
    return set(lying_open.values_list("comparison__case_version__case", flat=True))


def may_open(ballot: Ballot, shut: set[int]) -> bool:
    """Never a withdrawn case: somebody may have recognised the patient."""
    case = ballot.comparison.case_version.case
    return case.withdrawn_at is None and case.pk not in shut


def own_pace(*, rater: User, study: Study) -> tuple[int, int] | None:
    """Less than this took half of the votes that stand: minutes and seconds, at least one second.

    ``None`` for very few.
    """
    votes = Vote.objects.filter(ballot__rater=rater, ballot__study=study, retraction=None)
    seconds = list(votes.exclude(ballot__origin=QUALIFYING).values_list("seconds", flat=True))
    return divmod(max(1, round(median(seconds))), 60) if len(seconds) >= LEAST_FOR_PACE else None


def own_circles(*, rater: User, study: Study) -> OwnCircles:
    """Where this rater's preferences contradict each other, on cases they have finished.

    While more of a case is to come, a contradiction pointed out would be an answer suggested. See
    docs/decisions/0015. Planned repeats are left out: nobody is told which ballots they are.
    """
    ballots = _judged(rater, study)
    preferences = _preferences(ballots)
    possible = {place for place, steps in preferences.items() if circle_possible(_pairs(steps))}
    waiting = _unfinished(rater, study, ballots, {version for version, _ in possible})
    shown = {place: preferences[place] for place in possible if place[0] not in waiting}
    letters = _letters(ballots)
    by_place = [
        [_circle(circle, steps, letters) for circle in circles(_pairs(steps))]
        for _, steps in sorted(shown.items())
    ]
    places = sum(bool(found) for found in by_place)
    return OwnCircles([*chain(*by_place)], places, len(shown), len(waiting))


@dataclass(frozen=True)
class _Preference:
    better: Seen
    worse: Seen
    ballot: Ballot
    criterion: str


Preferences = Mapping[tuple[int, int], list[_Preference]]
"""By case version and criterion, both as ids."""


def _judged(rater: User, study: Study) -> list[Ballot]:
    """In the order they were shown, without the outputs themselves."""
    voted = own_ballots(rater=rater, study=study).filter(status=Ballot.Status.VOTED, repeat=0)
    voted = voted.filter(comparison__case_version__case__withdrawn_at=None)
    outputs = voted.select_related(
        "comparison__first", "comparison__second", "comparison__case_version__case"
    )
    heavy = ("first__record", "second__record", "case_version__content")
    return list(outputs.defer(*(f"comparison__{name}" for name in heavy)).order_by("position"))


def _preferences(ballots: list[Ballot]) -> dict[tuple[int, int], list[_Preference]]:
    by_id = {ballot.pk: ballot for ballot in ballots}
    votes = CriterionVote.objects.filter(
        vote__ballot__in=list(by_id),
        vote__attempt=F("vote__ballot__attempt"),
        vote__retraction=None,
        outcome__in=[*LEFT, *RIGHT],
    )
    columns = ("vote__ballot", "criterion", "criterion__label", "outcome")
    found: dict[tuple[int, int], list[_Preference]] = {}
    for pk, criterion, label, outcome in votes.order_by("vote").values_list(*columns):
        ballot = by_id[pk]
        left, right = _seen(ballot)
        better, worse = (left, right) if outcome in LEFT else (right, left)
        place = ballot.comparison.case_version_id, criterion
        found.setdefault(place, []).append(_Preference(better, worse, ballot, label))
    return found


def _seen(ballot: Ballot) -> tuple[Seen, Seen]:
    version = ballot.comparison.case_version_id
    left, right = outputs_seen(ballot)
    return (version, left), (version, right)


def _pairs(steps: Iterable[_Preference]) -> list[tuple[Seen, Seen]]:
    return [(step.better, step.worse) for step in steps]


def _letters(ballots: Iterable[Ballot]) -> dict[Seen, str]:
    """A, B, C, … within each case, in the order in which its outputs were met."""
    letters: dict[Seen, str] = {}
    met: dict[int, int] = {}
    for ballot in ballots:
        for seen in _seen(ballot):
            if seen not in letters:
                number = met[seen[0]] = met.get(seen[0], -1) + 1
                again, place = divmod(number, len(ascii_uppercase))
                letters[seen] = ascii_uppercase[place] + (str(again + 1) if again else "")
    return letters


def _in_order(letters: str) -> tuple[str, str]:
    """A to Z, then A2 to Z2."""
    return letters[1:], letters[0]


def _circle(
    circle: tuple[Seen, ...], steps: Iterable[_Preference], letters: Mapping[Seen, str]
) -> OwnCircle:
    by_pair = {(step.better, step.worse): step for step in steps}
    start = min(range(len(circle)), key=lambda place: _in_order(letters[circle[place]]))
    circle = (*circle[start:], *circle[:start])
    taken = [by_pair[pair] for pair in zip(circle, (*circle[1:], circle[0]), strict=True)]
    return OwnCircle(
        case=case_named(taken[0].ballot),
        criterion=taken[0].criterion,
        steps=[Step(letters[one.better], letters[one.worse], one.ballot) for one in taken],
    )


def _unfinished(
    rater: User, study: Study, ballots: Iterable[Ballot], versions: set[int]
) -> set[int]:
    """Of these case versions, those the rater has not finished."""
    if study.status != Study.Status.OPEN or not versions:
        return set()
    cases = {
        ballot.comparison.case_version.case_id
        for ballot in ballots
        if ballot.comparison.case_version_id in versions
    }
    shut = cases_shut(rater=rater, study=study)
    left = versions_left(rater=rater, study=study, cases=cases)
    open_now = {
        ballot.comparison.case_version_id
        for ballot in ballots
        if ballot.comparison.case_version.case_id in shut
    }
    return versions & (left | open_now)
