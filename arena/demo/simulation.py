"""Simulated raters with known tastes: a look at a full board, marked SIMULATED everywhere.

The tastes are strengths on the Bradley–Terry scale (natural log). Each simulated rater deviates
from them, each case favours a system a little, so that votes cluster as real ones do.
"""

import time
from collections.abc import Callable

import numpy as np
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.core.errors import UserError
from arena.demo.studies import STUDIES
from arena.generations.selectors import generation_progress
from arena.studies.models import Protocol, Study
from arena.studies.selectors import protocol_current
from arena.voting.answers import Flag
from arena.voting.models import Ballot, Origin, Outcome, SafetyFlag, Side
from arena.voting.services import ballot_draw, vote_cast

RATERS = 12
RATER_SD, CASE_SD = 0.4, 0.6
# Latent differences beyond these steps become 'slightly' and 'strongly' better.
TIE_BELOW, SLIGHT_BELOW = 0.4, 1.6
BOTH_UNACCEPTABLE = 0.04

TASTES = {
    "rosewood": 0.9,
    "sycamore": 0.3,
    "hawthorn": -0.4,
    "tamarisk": -0.8,
    "magnolia": 0.6,
    "chestnut": 0.2,
    "eucalyptus": -0.2,
    "mulberry": -0.6,
    "hornbeam": 0.8,
    "oleander": 0.1,
    "juniper": -0.9,
}
# The favourite summariser is made the least safe one: first in preference, worst in harm.
UNSAFE = {"rosewood": 0.12, "tamarisk": 0.06}


def outputs_wait(*, while_waiting: Callable[[], None], seconds: float = 170) -> None:
    """Return once every demo output is there; raises ``UserError`` when that takes too long."""
    studies = list(Study.objects.filter(slug__in=[demo.slug for demo in STUDIES]))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        while_waiting()
        progress = [generation_progress(study=study) for study in studies]
        if not any(p.queued or p.claimed for p in progress):
            return
        time.sleep(0.5)
    raise UserError("The outputs were not ready in time; try again, or look at the worker's log.")


def votes_simulate(*, per_study: int, seed: int = 7) -> int:
    """Add ``per_study`` simulated votes to each demo study; returns how many were added."""
    rng = np.random.default_rng(seed)
    studies = Study.objects.filter(slug__in=[demo.slug for demo in STUDIES]).order_by("slug")
    return sum(study_simulate(study=study, votes=per_study, rng=rng) for study in studies)


def study_simulate(*, study: Study, votes: int, rng: np.random.Generator) -> int:
    """Raters take turns until ``votes`` are cast or everybody has seen every comparison."""
    protocol = protocol_current(study=study)
    turns = [SimulatedRater(number, study=study, rng=rng) for number in range(1, RATERS + 1)]
    cast = 0
    while turns and cast < votes:
        rater = turns.pop(0)
        if rater.vote(protocol):
            cast += 1
            turns.append(rater)
    return cast


class SimulatedRater:
    def __init__(self, number: int, *, study: Study, rng: np.random.Generator) -> None:
        self.user, self.study, self.rng = simulated_user(number), study, rng
        self.tastes = {slug: taste + rng.normal(0, RATER_SD) for slug, taste in TASTES.items()}

    def vote(self, protocol: Protocol) -> bool:
        """Draw the next ballot and vote on it; False when there is none left."""
        ballot = ballot_draw(
            rater=self.user,
            study=self.study,
            protocol=protocol,
            origin=Origin.SIMULATED,
            rng=self.rng,
        )
        if ballot is None:
            return False
        # Nothing is rendered for a simulated rater, but a vote needs a ballot that was shown.
        Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
        outcomes = {c.key: self.judge(ballot) for c in protocol.criteria.all()}
        vote_cast(
            ballot_uuid=ballot.uuid,
            rater=self.user,
            outcomes=outcomes,
            attempt=ballot.attempt,
            flags=self.flags(ballot),
        )
        return True

    def judge(self, ballot: Ballot) -> Outcome:
        if self.rng.random() < BOTH_UNACCEPTABLE:
            return Outcome.BOTH_UNACCEPTABLE
        left, right = systems_of(ballot)
        case = case_favour(ballot)
        # Nobody has a taste for what was registered into a demo study since.
        worth = {slug: self.tastes.get(slug, 0) + case.get(slug, 0) for slug in (left, right)}
        return outcome_of(worth[left] - worth[right] + self.rng.logistic())

    def flags(self, ballot: Ballot) -> list[Flag]:
        sides = zip(Side, systems_of(ballot), strict=True)
        return [
            Flag(
                side=side,
                extent=SafetyFlag.Extent.MODERATE,
                likelihood=SafetyFlag.Likelihood.MEDIUM,
            )
            for side, slug in sides
            if self.rng.random() < UNSAFE.get(slug, 0.02)
        ]


def simulated_user(number: int) -> User:
    email = f"simulated-{number:02d}@demo.invalid"
    user, _ = User.objects.get_or_create(
        email=email, defaults={"name": f"Simulated rater {number}", "is_active": False}
    )
    RaterProfile.objects.get_or_create(
        user=user, defaults={"pseudonym": f"SIMULATED-{number:02d}", "simulated": True}
    )
    return user


def systems_of(ballot: Ballot) -> tuple[str, str]:
    """The systems behind the sides, by slug: only a simulated rater may know them."""
    left, right = (side.study_system.version.system for side in (ballot.left, ballot.right))
    return left.slug, right.slug


def case_favour(ballot: Ballot) -> dict[str, float]:
    """How much this case favours each system: the same for every rater."""
    rng = np.random.default_rng(ballot.comparison.case_version_id)
    return {slug: float(rng.normal(0, CASE_SD)) for slug in sorted(TASTES)}


def outcome_of(latent: float) -> Outcome:
    """The five-step answer to a latent difference, positive where left is better."""
    if abs(latent) < TIE_BELOW:
        return Outcome.TIE
    if abs(latent) < SLIGHT_BELOW:
        return Outcome.LEFT_SLIGHTLY if latent > 0 else Outcome.RIGHT_SLIGHTLY
    return Outcome.LEFT_STRONGLY if latent > 0 else Outcome.RIGHT_STRONGLY
