"""Which board to show, and what is known about it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet

from arena.core.errors import UserError
from arena.leaderboards.models import HabitReport, LeaderboardSnapshot
from arena.studies.access import Action, Actor, may
from arena.studies.models import Criterion, Study
from arena.studies.selectors import protocol_current
from arena.voting.counting import last_vote, origins_with_votes, retractions_of
from arena.voting.models import Origin


@dataclass(frozen=True)
class BoardChoice:
    """The board asked for, among those there are."""

    criteria: list[Criterion]
    criterion: Criterion
    origins: list[Origin]
    origin: Origin

    @property
    def simulated(self) -> bool:
        return self.origin == Origin.SIMULATED


def board_choice(*, study: Study, criterion: str = "", origin: str = "") -> BoardChoice:
    """Unasked, the first criterion and the first origin with votes (clinicians before others).

    Raises ``UserError`` for a criterion or origin that does not exist.
    """
    criteria = list(
        protocol_current(study=study).criteria.select_related("protocol").order_by("position")
    )
    known = {each.key: each for each in criteria}
    origins = [Origin(each) for each in origins_with_votes(study=study)]
    asked = origin or (origins[0] if origins else Origin.HUMAN)
    if criterion and criterion not in known:
        raise UserError(f"There is no criterion {criterion!r}; there are {', '.join(known)}.")
    if asked not in Origin.values:
        raise UserError(f"There is no origin {origin!r}; there are {', '.join(Origin.values)}.")
    if not criteria:
        raise UserError("The protocol has no criterion yet: add one.")
    return BoardChoice(criteria, known.get(criterion, criteria[0]), origins, Origin(asked))


def in_steps(*, user: Actor, study: Study) -> bool:
    """Whether this person sees boards move in steps only: all who do not run an open study.

    Signing out must not be a way round for a rater, so the public waits with them.
    """
    running = study.status == Study.Status.OPEN
    return running and not may(user=user, action=Action.MANAGE, study=study)


def snapshot_newest(
    *, study: Study, criterion: str, origin: str, after: int = 0, steps: bool = False
) -> LeaderboardSnapshot | None:
    """The newest snapshot (of the steps only) of a board, if newer than number ``after``."""
    found = LeaderboardSnapshot.objects.filter(
        study=study, criterion=criterion, origin=origin, pk__gt=after
    )
    return (found.filter(step=True) if steps else found).order_by("-pk").first()


def snapshots_newest(
    *, study: Study, choice: BoardChoice, steps: bool = False
) -> list[LeaderboardSnapshot]:
    """The newest snapshot (of the steps only) of each criterion, in the protocol's order."""
    keys = [criterion.key for criterion in choice.criteria]
    found = LeaderboardSnapshot.objects.filter(
        study=study, origin=choice.origin, criterion__in=keys
    )
    newest = (
        (found.filter(step=True) if steps else found)
        .order_by()
        .values("criterion")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    return sorted(found.filter(pk__in=newest), key=lambda snapshot: keys.index(snapshot.criterion))


def snapshots_of(*, study: Study) -> QuerySet[LeaderboardSnapshot]:
    """Newest first, without the results, which are large."""
    return study.snapshots.defer("result", "parameters").order_by("-pk")


def votes_seen(*, study: Study, origin: str) -> dict[str, int]:
    """What a snapshot looks at; votes are never edited, so equal counts are equal votes."""
    retractions = retractions_of(study=study, origin=origin)
    known = _newest_seen(study=study, origin=origin) or {"last_vote": 0}
    newest = last_vote(study=study, origin=origin, after=known["last_vote"])
    return {"last_vote": newest or known["last_vote"], "retractions": retractions.count()}


def habits_newest(*, study: Study, origin: str) -> list[dict[str, Any]]:
    """Each rater beside the others on the first criterion, as of the newest boards."""
    report = HabitReport.objects.filter(study=study, origin=origin).first()
    return report.raters if report else []


def votes_unseen(*, study: Study) -> list[str]:
    """Origins whose votes or retractions are not in the newest snapshot yet."""
    return [
        origin
        for origin in origins_with_votes(study=study)
        if votes_seen(study=study, origin=origin) != _newest_seen(study=study, origin=origin)
    ]


def _newest_seen(*, study: Study, origin: str) -> dict[str, int] | None:
    newest = LeaderboardSnapshot.objects.filter(study=study, origin=origin).only("parameters")
    snapshot = newest.order_by("-pk").first()
    return snapshot.parameters.get("seen") if snapshot else None
