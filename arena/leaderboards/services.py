"""Making snapshots of leaderboards."""

import hashlib
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from arena.core.db import write_txn
from arena.core.queue import TaskName, enqueue
from arena.leaderboards.agreement import rater_habits
from arena.leaderboards.board import PARAMETERS, BoardFacts, board
from arena.leaderboards.counted import CountedVotes, StudyVotes, study_votes
from arena.leaderboards.facts import board_facts, study_facts
from arena.leaderboards.models import BoardLease, HabitReport, LeaderboardSnapshot
from arena.leaderboards.selectors import snapshot_newest, votes_seen, votes_unseen
from arena.leaderboards.steps import is_step
from arena.studies.models import Criterion, Study
from arena.studies.selectors import protocol_current

LEASE = timedelta(minutes=5)  # far longer than a refresh takes


def leaderboards_refresh(*, study_id: int) -> list[LeaderboardSnapshot]:
    """``leaderboard_refresh`` for every origin whose votes have changed: what a bell asks for.

    Every vote rings. One worker answers at a time; a bell that finds the lease taken returns,
    because the holder looks once more after giving it back. So votes that come in while a board
    is made are all in the next one, together.
    """
    study = Study.objects.get(pk=study_id)
    made: list[LeaderboardSnapshot] = []
    while (origins := votes_unseen(study=study)) and _lease_take(study):
        try:
            for origin in origins:
                made += leaderboard_refresh(study_id=study_id, origin=origin)
        finally:
            BoardLease.objects.filter(study=study).update(held_until=None)
    return made


def _lease_take(study: Study) -> bool:
    """Whether the study's boards are ours to make. A dead worker's lease runs out."""
    now = timezone.now()
    with write_txn():
        BoardLease.objects.get_or_create(study=study)
        free = Q(held_until=None) | Q(held_until__lt=now)
        mine = BoardLease.objects.filter(free, study=study).update(held_until=now + LEASE)
    return mine == 1


def board_leases_recover() -> None:
    """Rings for the boards of workers that died while making them."""
    lost = BoardLease.objects.filter(held_until__lt=timezone.now())
    for study in lost.values_list("study", flat=True):
        enqueue(TaskName.REFRESH_LEADERBOARD, study_id=study)


def leaderboard_refresh(*, study_id: int, origin: str = "human") -> list[LeaderboardSnapshot]:
    """New snapshots of the study's criteria; none where the result has not changed.

    Safe to repeat and to run twice at once: the worst outcome is two equal snapshots.
    """
    study = Study.objects.get(pk=study_id)
    seen = votes_seen(study=study, origin=origin)
    if not seen["last_vote"]:
        return []
    protocol = protocol_current(study=study)
    votes = study_votes(study=study, protocol=protocol, origin=origin, up_to=seen["last_vote"])
    shared = study_facts(study=study)
    criteria = protocol.criteria.select_related("protocol__study").order_by("position")
    made = []
    for criterion in criteria:
        facts = board_facts(study=study, criterion=criterion, origin=origin, shared=shared)
        counted = votes.on(criterion)
        made.append(_snapshot_make(criterion, votes, counted, facts, seen))
        if made[-1] and len(made) == 1:
            _habits_note(study, origin, counted)
    return [snapshot for snapshot in made if snapshot]


def _habits_note(study: Study, origin: str, votes: CountedVotes) -> None:
    raters = [asdict(each) for each in rater_habits(votes)]
    with write_txn():
        HabitReport.objects.update_or_create(
            study=study, origin=origin, defaults={"raters": raters}
        )


def _snapshot_make(
    criterion: Criterion,
    votes: StudyVotes,
    counted: CountedVotes,
    facts: BoardFacts,
    seen: dict[str, int],
) -> LeaderboardSnapshot | None:
    """``None`` if the newest snapshot says the same, or has seen more."""
    study, origin = criterion.protocol.study, facts.origin
    result = _board(criterion, votes, counted, facts)
    digest = canonical_digest(result)
    with write_txn():
        newest = snapshot_newest(study=study, criterion=criterion.key, origin=origin)
        if newest and _as_new(newest, seen, digest):
            return None
        last = snapshot_newest(study=study, criterion=criterion.key, origin=origin, steps=True)
        return LeaderboardSnapshot.objects.create(
            study=study,
            criterion=criterion.key,
            origin=origin,
            last_vote=result["last_vote"],
            n_votes=result["n_votes"],
            parameters=result["parameters"] | {"seen": seen},
            result=result,
            digest=digest,
            step=is_step(counted, origin=origin, since=last.last_vote if last else 0),
        )


def _as_new(newest: LeaderboardSnapshot, seen: dict[str, int], digest: str) -> bool:
    return newest.digest == digest or newest.parameters["seen"]["last_vote"] > seen["last_vote"]


def board_as_of(*, study: Study, criterion: Criterion, origin: str, up_to: int) -> dict[str, Any]:
    """The board from votes up to id ``up_to``: same votes, same result."""
    protocol = protocol_current(study=study)
    votes = study_votes(study=study, protocol=protocol, origin=origin, up_to=up_to)
    shared = study_facts(study=study)
    facts = board_facts(study=study, criterion=criterion, origin=origin, shared=shared)
    return _board(criterion, votes, votes.on(criterion), facts)


def _board(
    criterion: Criterion, votes: StudyVotes, counted: CountedVotes, facts: BoardFacts
) -> dict[str, Any]:
    return board(
        votes=counted,
        with_repeats=votes.with_repeats_on(criterion),
        facts=facts,
        parameters=PARAMETERS,
    )


def canonical_digest(result: dict[str, Any]) -> str:
    """SHA-256 of the result as JSON with sorted keys and no blanks."""
    text = json.dumps(result, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
