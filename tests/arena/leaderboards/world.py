"""A small study with systems, raters and votes, for tests of leaderboards and exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.generations.models import Generation, StudySystem, System, SystemVersion
from arena.studies.models import Case, CaseVersion, Criterion, Membership, Protocol, Study
from arena.voting.models import (
    Ballot,
    Comparison,
    CriterionVote,
    Outcome,
    Retraction,
    SafetyFlag,
    Vote,
)

LABELS = ("Amber", "Birch", "Cedar")


@dataclass
class World:
    """Everything by name; ``vote`` casts one vote at a time."""

    study: Study
    protocol: Protocol
    criteria: dict[str, Criterion]
    coordinator: User
    raters: list[User]
    cases: list[CaseVersion]
    systems: dict[str, StudySystem]
    outputs: dict[tuple[str, str], Generation]
    positions: dict[int, int] = field(default_factory=dict)
    comparisons: dict[tuple[int, int], Comparison] = field(default_factory=dict)

    def vote(
        self,
        rater: User,
        case: CaseVersion,
        left: str,
        right: str,
        outcome: str = Outcome.TIE,
        *,
        seconds: float = 20.0,
        origin: str = "human",
        repeat: int = 0,
        flags: dict[str, tuple[str, str]] | None = None,
        outcomes: dict[str, str] | None = None,
    ) -> Vote:
        ballot = self.ballot(rater, case, left, right, origin=origin, repeat=repeat)
        vote = Vote.objects.create(ballot=ballot, seconds=seconds)
        for key, criterion in self.criteria.items():
            step = (outcomes or {}).get(key, outcome)
            CriterionVote.objects.create(vote=vote, criterion=criterion, outcome=step)
        for side, (extent, likelihood) in (flags or {}).items():
            SafetyFlag.objects.create(vote=vote, side=side, extent=extent, likelihood=likelihood)
        return vote

    def ballot(
        self,
        rater: User,
        case: CaseVersion,
        left: str,
        right: str,
        *,
        origin: str,
        repeat: int,
        saved: bool = True,
    ) -> Ballot:
        shown = self.outputs[left, case.case.key], self.outputs[right, case.case.key]
        first, second = sorted(shown, key=lambda generation: generation.pk)
        pair = first.pk, second.pk
        if pair not in self.comparisons:
            self.comparisons[pair], _ = Comparison.objects.get_or_create(
                study=self.study, case_version=case, first=first, second=second
            )
        self.positions[rater.pk] = self.positions.get(rater.pk, 0) + 1
        ballot = Ballot(
            study=self.study,
            comparison=self.comparisons[pair],
            protocol=self.protocol,
            rater=rater,
            origin=origin,
            left_is_second=shown[0] == second,
            repeat=repeat,
            position=self.positions[rater.pk],
            status=Ballot.Status.VOTED,
            answered_at=timezone.now(),
        )
        if saved:
            ballot.save()
        return ballot

    def fill(self, *, origin: str = "human", seed: int = 0) -> None:
        """Every rater votes on every pair of every case; Amber is liked best, Cedar least."""
        rng = np.random.default_rng(seed)
        steps = [step.value for step in Outcome]
        liked = [0.35, 0.3, 0.15, 0.1, 0.05, 0.05]
        shown = [
            (rater, case, pair if rng.random() < 0.5 else pair[::-1])
            for rater in self.raters
            for case in self.cases
            for pair in combinations(LABELS, 2)
        ]
        ballots = Ballot.objects.bulk_create(
            [
                self.ballot(rater, case, left, right, origin=origin, repeat=0, saved=False)
                for rater, case, (left, right) in shown
            ]
        )
        votes = Vote.objects.bulk_create([Vote(ballot=each, seconds=20.0) for each in ballots])
        outcomes, flags = [], []
        for vote, (_, _, (left, right)) in zip(votes, shown, strict=True):
            chances = liked if left < right else [*liked[4::-1], liked[5]]
            for criterion in self.criteria.values():
                step = str(rng.choice(steps, p=chances))
                outcomes.append(CriterionVote(vote=vote, criterion=criterion, outcome=step))
            if rng.random() < 0.1:
                flags.append(SafetyFlag(vote=vote, side="left", extent="severe", likelihood="low"))
        CriterionVote.objects.bulk_create(outcomes)
        SafetyFlag.objects.bulk_create(flags)


def user(name: str, **profile: object) -> User:
    person = User.objects.create_user(f"{name}@example.org", "secret")
    pseudonym = f"R-{name}"
    RaterProfile.objects.update_or_create(user=person, defaults={"pseudonym": pseudonym, **profile})
    return person


def retract(vote: Vote, by: User) -> None:
    Retraction.objects.create(vote=vote, reason="Pressed the wrong key.", by=by)


def world(
    slug: str = "notes",
    *,
    n_raters: int = 6,
    n_cases: int = 6,
    labels: tuple[str, ...] = LABELS,
    reference: dict[str, object] | None = None,
    **study: object,
) -> World:
    coordinator = user(f"coordinator-{slug}")
    made = Study.objects.create(
        slug=slug,
        created_by=coordinator,
        **{
            "title": "Note summaries",
            "status": "open",
            "opened_at": timezone.now(),
            **study,
        },
    )
    Membership.objects.create(study=made, user=coordinator, role="coordinator")
    protocol = Protocol.objects.create(
        study=made,
        version=1,
        input_kind="clinical-note",
        output_kind="summary",
        question="Which summary would you rather act on?",
        least_seconds=3,
    )
    criteria = {
        key: Criterion.objects.create(protocol=protocol, key=key, label=key.title(), position=i)
        for i, key in enumerate(("overall", "accuracy"))
    }
    raters = [user(f"{slug}-{i}", specialty="Cardiology") for i in range(n_raters)]
    for rater in raters:
        Membership.objects.create(study=made, user=rater, role="rater")
    cases = [_case(made, i, reference) for i in range(n_cases)]
    systems = {label: _system(made, label, i, coordinator) for i, label in enumerate(labels)}
    outputs = {
        (label, case.case.key): _output(systems[label], case, label)
        for case in cases
        for label in labels
    }
    return World(made, protocol, criteria, coordinator, raters, cases, systems, outputs)


def _case(study: Study, number: int, reference: dict[str, object] | None) -> CaseVersion:
    case = Case.objects.create(study=study, key=f"case-{number}", position=number)
    return CaseVersion.objects.create(
        case=case,
        input_kind="clinical-note",
        content={"text": f"Note {number}"},
        reference=reference,
        digest=f"{number:064}",
        synthetic=True,
    )


def _system(study: Study, label: str, number: int, owner: User) -> StudySystem:
    system = System.objects.create(slug=f"{study.slug}-system-{number}", name=label, owner=owner)
    version = SystemVersion.objects.create(system=system, adapter="mock", digest=f"{number:064}")
    return StudySystem.objects.create(study=study, version=version, label=label)


def _output(system: StudySystem, case: CaseVersion, label: str) -> Generation:
    return Generation.objects.create(
        study_system=system,
        case_version=case,
        status=Generation.Status.SUCCEEDED,
        record={"text": f"{label} on {case.case.key}"},
    )
