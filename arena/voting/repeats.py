"""Planned repeats: a comparison the rater has judged comes again, sides swapped.

Their answers say how far a rater agrees with themselves, and how much a side is worth on its own.
No rating counts them. Nothing on the page tells a repeat from any other ballot.
"""

from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from arena.accounts.models import User
from arena.studies.models import CaseVersion, Study
from arena.voting.candidates import Rater, may_be_shown
from arena.voting.models import Ballot

GAP = 20  # ballots in between, so that the first answer is not simply remembered
HASTE = 2  # how much likelier than its share a repeat is while fewer than its share were asked


def repeat_draw(*, rater: Rater, position: int, rng: np.random.Generator) -> Ballot | None:
    """The ballot to be asked again at this position; ``None``: a new comparison is.

    Repeats are drawn by lot, so that nobody sees them coming, and never exceed their share of the
    rater's votes.
    """
    share = rater.protocol.repeat_percent / 100
    if rng.random() >= HASTE * share or not _behind(rater, share):
        return None
    found = _repeatable(rater).filter(position__lte=position - GAP).order_by("position")
    count = found.count()
    return found[int(rng.integers(count))] if count else None


def _behind(rater: Rater, share: float) -> bool:
    asked = _answered(rater.user, rater.study, rater.origin).aggregate(
        first=Count("pk", filter=Q(repeat=0)), again=Count("pk", filter=Q(repeat__gt=0))
    )
    return bool(asked["again"] + 1 <= share * asked["first"])


def _answered(user: User, study: Study, origin: str) -> QuerySet[Ballot, Any]:
    return Ballot.objects.filter(rater=user, study=study, origin=origin, status=Ballot.Status.VOTED)


def _repeatable(rater: Rater) -> QuerySet[Ballot, Any]:
    """First answers under the protocol in force, not asked again yet, whose outputs still stand."""
    shown = may_be_shown(rater)
    newer = CaseVersion.objects.filter(
        case=OuterRef("comparison__case_version__case"),
        number__gt=OuterRef("comparison__case_version__number"),
    )
    again = Ballot.objects.filter(rater=rater.user, repeat__gt=0).values("comparison")
    return (
        _answered(rater.user, rater.study, rater.origin)
        .filter(repeat=0, protocol=rater.protocol)
        .filter(comparison__first__in=shown, comparison__second__in=shown)
        .filter(comparison__case_version__case__withdrawn_at=None)
        .exclude(Exists(newer))
        .exclude(comparison__in=again)
    )
