"""Making snapshots of leaderboards."""

import hashlib
import json
from typing import Any

from arena.core.db import write_txn
from arena.leaderboards.board import PARAMETERS, board
from arena.leaderboards.facts import board_facts
from arena.leaderboards.models import LeaderboardSnapshot
from arena.leaderboards.steps import is_step
from arena.studies.models import Criterion, Study
from arena.studies.selectors import protocol_current
from arena.voting.counting import last_vote, origins_with_votes, votes_counted
from arena.voting.models import Retraction


def leaderboard_refresh(*, study_id: int, origin: str = "human") -> list[LeaderboardSnapshot]:
    """New snapshots of the study's criteria; none where the result has not changed.

    Safe to repeat and to run twice at once: the worst outcome is two equal snapshots.
    """
    study = Study.objects.get(pk=study_id)
    seen = votes_seen(study=study, origin=origin)
    if not seen["last_vote"]:
        return []
    made = [
        snapshot_make(study=study, criterion=criterion, origin=origin, seen=seen)
        for criterion in protocol_current(study=study).criteria.order_by("position")
    ]
    return [snapshot for snapshot in made if snapshot]


def leaderboards_refresh(*, study_id: int) -> list[LeaderboardSnapshot]:
    """``leaderboard_refresh`` for every origin whose votes have changed: what a bell asks for.

    Every vote rings; of ten bells that arrive together, nine find their work done and cost little.
    """
    study = Study.objects.get(pk=study_id)
    return [
        snapshot
        for origin in origins_with_votes(study=study)
        if votes_seen(study=study, origin=origin) != _seen_last(study=study, origin=origin)
        for snapshot in leaderboard_refresh(study_id=study_id, origin=origin)
    ]


def votes_seen(*, study: Study, origin: str) -> dict[str, int]:
    """What a snapshot looked at; votes are never edited, so equal counts are equal votes."""
    retractions = Retraction.objects.filter(vote__ballot__study=study, vote__ballot__origin=origin)
    return {"last_vote": last_vote(study=study, origin=origin), "retractions": retractions.count()}


def _seen_last(*, study: Study, origin: str) -> dict[str, int] | None:
    newest = LeaderboardSnapshot.objects.filter(study=study, origin=origin).only("parameters")
    snapshot = newest.order_by("-pk").first()
    return snapshot.parameters.get("seen") if snapshot else None


def snapshot_make(
    *, study: Study, criterion: Criterion, origin: str, seen: dict[str, int]
) -> LeaderboardSnapshot | None:
    """Stores the board of the votes seen; ``None`` if the newest snapshot says the same."""
    up_to = seen["last_vote"]
    result = board_as_of(study=study, criterion=criterion, origin=origin, up_to=up_to)
    digest = canonical_digest(result)
    with write_txn():
        of_board = LeaderboardSnapshot.objects.filter(
            study=study, criterion=criterion.key, origin=origin
        )
        if of_board.values_list("digest", flat=True).first() == digest:
            return None
        last_step = of_board.filter(step=True).values_list("last_vote", flat=True).first()
        return LeaderboardSnapshot.objects.create(
            study=study,
            criterion=criterion.key,
            origin=origin,
            last_vote=result["last_vote"],
            n_votes=result["n_votes"],
            parameters=result["parameters"] | {"seen": seen},
            result=result,
            digest=digest,
            step=is_step(criterion=criterion, origin=origin, since=last_step or 0, up_to=up_to),
        )


def board_as_of(*, study: Study, criterion: Criterion, origin: str, up_to: int) -> dict[str, Any]:
    """The board from votes up to id ``up_to``: same votes, same result."""
    votes = votes_counted(study=study, criterion=criterion.key, origin=origin, up_to=up_to)
    facts = board_facts(study=study, criterion=criterion, origin=origin)
    return board(votes=votes, facts=facts, parameters=PARAMETERS)


def canonical_digest(result: dict[str, Any]) -> str:
    """SHA-256 of the result as JSON with sorted keys and no blanks."""
    text = json.dumps(result, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
