"""Ballots with known answers that a rater judges first, where a study asks for it.

They are ballots like any other, of an origin of their own, so that nothing which reads votes can
count them. The n-th try has ``repeat`` n.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from arena.accounts.models import User
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.models import Protocol, Study
from arena.voting.models import (
    QUALIFYING,
    Ballot,
    CriterionVote,
    KnownAnswer,
    Outcome,
    Qualification,
    Side,
)
from arena.voting.selectors import ballot_open_of, next_position

LEFT = {Outcome.LEFT_STRONGLY, Outcome.LEFT_SLIGHTLY}
RIGHT = {Outcome.RIGHT_STRONGLY, Outcome.RIGHT_SLIGHTLY}


@dataclass(frozen=True)
class Standing:
    """Where a rater is with the qualification of a study."""

    items: list[KnownAnswer]
    percent: int
    tries: int
    ended: list[Qualification]

    @property
    def passed(self) -> bool:
        return any(each.passed for each in self.ended)

    @property
    def due(self) -> bool:
        """Whether votes of this rater have to wait."""
        return bool(self.items and self.percent) and not self.passed

    @property
    def number(self) -> int:
        """Of the try under way, or of the next one."""
        return len(self.ended) + 1

    @property
    def used_up(self) -> bool:
        return bool(self.tries) and len(self.ended) >= self.tries and not self.passed


@dataclass(frozen=True)
class Given:
    """What a rater answered where the answer is known; ``outcome`` is ``None`` for a skip."""

    ballot: Ballot
    item: KnownAnswer
    outcome: str | None

    @property
    def right(self) -> bool:
        """The right side, however strongly; a skip is no answer."""
        return self.outcome in self.right_outcomes

    @property
    def right_outcomes(self) -> set[Outcome]:
        if self.better_side is None:
            return {Outcome(self.item.expected)}
        return LEFT if self.better_side == Side.LEFT else RIGHT

    @property
    def better_side(self) -> Side | None:
        """On which side of the ballot the better output was shown, if one is better."""
        if self.item.expected not in ("first", "second"):
            return None
        on_left = (self.item.expected == "second") == self.ballot.left_is_second
        return Side.LEFT if on_left else Side.RIGHT


def qualification_of(*, rater: User, study: Study, protocol: Protocol) -> Standing:
    tries = protocol.qualification_tries
    if not protocol.qualification_percent:
        return Standing([], 0, tries, [])
    ended = Qualification.objects.filter(rater=rater, study=study).order_by("number")
    items = list(known_answers(study=study))
    return Standing(items, protocol.qualification_percent, tries, list(ended))


def known_answers(*, study: Study) -> QuerySet[KnownAnswer]:
    """Those in use, in the order they were set."""
    found = KnownAnswer.objects.filter(
        study=study, removed_at=None, comparison__case_version__case__withdrawn_at=None
    )
    return found.select_related("comparison__case_version__case").order_by("pk")


def qualifying_ballot(*, rater: User, study: Study, protocol: Protocol) -> Ballot | None:
    """The next ballot of the rater's try; ``None`` where nothing is asked or they have passed.

    Raises ``UserError`` once the tries are used up.
    """
    standing = qualification_of(rater=rater, study=study, protocol=protocol)
    if not standing.due:
        return None
    if standing.used_up:
        raise UserError(
            _(
                "This study asks its raters to qualify, and you have tried {n} times. "
                "Ask the coordinator."
            ).format(n=standing.tries)
        )
    rng = np.random.default_rng([study.seed, rater.pk, standing.number])
    shown = set(_ballots(study, rater, standing.number).values_list("comparison", flat=True))
    order = [standing.items[i] for i in rng.permutation(len(standing.items))]
    left = [item for item in order if item.comparison_id not in shown]
    if not left:  # the answer that was still missing is no longer asked for
        _ended(study, rater, standing)
        return qualifying_ballot(rater=rater, study=study, protocol=protocol)
    swapped = bool(rng.integers(2, size=len(order))[len(left) - 1])
    return _stored(rater, protocol, standing.number, left[0], swapped)


def _stored(
    rater: User, protocol: Protocol, number: int, item: KnownAnswer, swapped: bool
) -> Ballot:
    """Two tabs may draw at the same time: the constraint lets one in, the other gets its ballot."""
    try:
        with write_txn():
            return Ballot.objects.create(
                study=protocol.study,
                comparison=item.comparison,
                protocol=protocol,
                rater=rater,
                origin=QUALIFYING,
                repeat=number,
                left_is_second=swapped,
                position=next_position(rater=rater, study=protocol.study),
            )
    except IntegrityError:
        existing = ballot_open_of(rater=rater, study=protocol.study)
        if existing is None:
            raise
        return existing


def qualification_note(ballot: Ballot) -> None:
    """With the last answer of a try, how it ended. The caller holds the transaction."""
    if ballot.origin != QUALIFYING:
        return
    standing = qualification_of(rater=ballot.rater, study=ballot.study, protocol=ballot.protocol)
    answered = _ballots(ballot.study, ballot.rater, ballot.repeat)
    answered = answered.exclude(status=Ballot.Status.OPEN)
    wanted = {item.comparison_id for item in standing.items}
    whole = wanted <= set(answered.values_list("comparison", flat=True))
    if whole and standing.number == ballot.repeat:
        _ended(ballot.study, ballot.rater, standing)


def _ended(study: Study, rater: User, standing: Standing) -> None:
    given = answers_given(study=study, rater=rater, number=standing.number)
    right = sum(each.right for each in given)
    Qualification.objects.create(
        study=study,
        rater=rater,
        number=standing.number,
        right=right,
        of=len(given),
        passed=100 * right >= standing.percent * len(given) > 0,
    )


def _ballots(study: Study, rater: User, number: int) -> QuerySet[Ballot]:
    return Ballot.objects.filter(study=study, rater=rater, origin=QUALIFYING, repeat=number)


def answers_given(*, study: Study, rater: User, number: int) -> list[Given]:
    """What the rater answered in their n-th try, in the order they were asked; three queries."""
    items: Mapping[int, KnownAnswer] = {
        item.comparison_id: item for item in known_answers(study=study)
    }
    asked = _ballots(study, rater, number).filter(comparison__in=list(items))
    ballots = list(asked.select_related("protocol").order_by("position"))
    headline = CriterionVote.objects.filter(vote__ballot__in=ballots, criterion__position=0)
    outcomes = dict(headline.values_list("vote__ballot", "outcome"))
    return [Given(b, items[b.comparison_id], outcomes.get(b.pk)) for b in ballots]


def qualification_ended(*, ballot: Ballot) -> bool:
    """Whether the try this ballot belongs to has come to its end."""
    if ballot.origin != QUALIFYING:
        return False
    tries = Qualification.objects.filter(study=ballot.study, rater=ballot.rater)
    return tries.filter(number=ballot.repeat).exists()


def qualification_at(*, ballot: Ballot) -> tuple[int, int] | None:
    """The ballot's place in its try, and of how many; ``None`` for a ballot that counts."""
    if ballot.origin != QUALIFYING:
        return None
    asked = _ballots(ballot.study, ballot.rater, ballot.repeat)
    place = asked.filter(position__lte=ballot.position).count()
    return place, max(place, known_answers(study=ballot.study).count())
