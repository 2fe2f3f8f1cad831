"""Imported votes into the database, with the raters, cases and systems they speak of."""

import hashlib
from collections import Counter
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db.models import Max
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.core.errors import RowError
from arena.core.faults import Faults
from arena.exports.vote_import.grouping import ImportedVote
from arena.generations.models import Generation, StudySystem, System, SystemVersion
from arena.leaderboards.facts import EXTERNAL_ADAPTER
from arena.studies.models import Case, CaseVersion, Protocol, Study
from arena.studies.services import study_mark_simulated
from arena.voting.models import Ballot, Comparison, CriterionVote, Origin, SafetyFlag, Vote

BATCH = 500
ELSEWHERE = "Judged elsewhere; the case itself is not held here."


def votes_store(
    votes: list[ImportedVote], *, study: Study, protocol: Protocol, by: User, create_missing: bool
) -> int:
    """Stores all votes. The caller holds the transaction, so an error leaves nothing behind.

    Raises ``RowError`` or ``FaultsError`` for cases or systems the study lacks (unless
    ``create_missing``), and for votes that are there already.
    """
    store = Store(study, protocol, by, create_missing, Faults())
    raters = store.raters(votes)
    cases, systems = store.cases(votes), store.systems(votes)
    store.faults.refuse()
    comparisons = store.comparisons(votes, cases, systems)
    ballots = store.ballots(votes, raters, comparisons)
    store.faults.refuse()
    store.votes(votes, Ballot.objects.bulk_create(ballots, batch_size=BATCH))
    if any(vote.first.origin == Origin.SIMULATED for vote in votes):
        study_mark_simulated(study=study)
    return len(votes)


@dataclass(frozen=True)
class Store:
    study: Study
    protocol: Protocol
    by: User
    create_missing: bool
    faults: Faults

    def raters(self, votes: list[ImportedVote]) -> dict[str, int]:
        """Pseudonym → user id; a rater who is not known here becomes an account nobody can use."""
        names = {vote.first.rater: vote.first.origin for vote in votes}
        known = dict(RaterProfile.objects.values_list("pseudonym", "user_id"))
        new = sorted(names.keys() - known.keys())
        users = User.objects.bulk_create(
            [
                User(
                    email=f"{_digest(name)[:24]}@imported.invalid",
                    name=name,
                    is_active=False,
                    password=make_password(None),
                )
                for name in new
            ],
            batch_size=BATCH,
        )
        profiles = [
            RaterProfile(user=user, pseudonym=name, simulated=names[name] == Origin.SIMULATED)
            for name, user in zip(new, users, strict=True)
        ]
        RaterProfile.objects.bulk_create(profiles, batch_size=BATCH)
        return known | {name: user.pk for name, user in zip(new, users, strict=True)}

    def cases(self, votes: list[ImportedVote]) -> dict[str, int]:
        """Case key → id of its newest version."""
        versions = CaseVersion.objects.filter(case__study=self.study).order_by("number")
        known = dict(versions.values_list("case__key", "pk"))
        missing = self._missing(votes, known, column="case")
        for position, key in enumerate(missing, start=len(known)):
            known[key] = self._case(key, position).pk
        return known

    def _case(self, key: str, position: int) -> CaseVersion:
        """Withdrawn from the start, so that no system is asked about it and nobody sees it."""
        case = Case.objects.create(
            study=self.study,
            key=key,
            position=position,
            withdrawn_at=timezone.now(),
            withdrawn_reason=ELSEWHERE,
        )
        return CaseVersion.objects.create(
            case=case,
            input_kind=self.protocol.input_kind,
            content={"text": ELSEWHERE},
            digest=_digest(f"{self.study.slug}/{key}"),
        )

    def systems(self, votes: list[ImportedVote]) -> dict[str, int]:
        """Label → id of the study's system."""
        known = dict(StudySystem.objects.filter(study=self.study).values_list("label", "pk"))
        missing = [
            label
            for column in ("model_a", "model_b")
            for label in self._missing(votes, known, column=column)
        ]
        return known | {label: self._system(label).pk for label in dict.fromkeys(missing)}

    def _system(self, label: str) -> StudySystem:
        """Out of the running from the start: it can be rated here, but not asked."""
        digest = _digest(f"{self.study.slug}/{label}")
        system = System.objects.create(
            slug=f"external-{digest[:16]}", name=label, owner=self.by, description=ELSEWHERE
        )
        version = SystemVersion.objects.create(
            system=system, adapter=EXTERNAL_ADAPTER, digest=digest
        )
        return StudySystem.objects.create(
            study=self.study, version=version, label=label, withdrawn_at=timezone.now()
        )

    def _missing(
        self, votes: list[ImportedVote], known: dict[str, int], *, column: str
    ) -> list[str]:
        """What the study lacks, in the order of the file."""
        name = {"case": "case", "model_a": "left", "model_b": "right"}[column]
        missing: dict[str, None] = {}
        for vote in votes:
            value = getattr(vote.first, name)
            if value not in known and not self.create_missing:
                what = "case" if column == "case" else "system"
                problem = f"{value!r} is not a {what} of the study: add it, or use --create-missing"
                self.faults.add(vote.first.row.error(problem, column))
            elif value not in known:
                missing[value] = None
        return list(missing)

    def comparisons(
        self, votes: list[ImportedVote], cases: dict[str, int], systems: dict[str, int]
    ) -> list[tuple[int, int]]:
        """For each vote the comparison's id and that of the generation on the left."""
        outputs = self._outputs(votes, cases, systems)
        shown = [
            (outputs[systems[vote.first.left], case], outputs[systems[vote.first.right], case])
            for vote in votes
            for case in [cases[vote.first.case]]
        ]
        stored = Comparison.objects.filter(study=self.study)
        known = {
            (first, second): pk for pk, first, second in stored.values_list("pk", "first", "second")
        }
        wanted = {
            (min(pair), max(pair)): cases[vote.first.case]
            for vote, pair in zip(votes, shown, strict=True)
        }
        made = Comparison.objects.bulk_create(
            [
                Comparison(study=self.study, case_version_id=case, first_id=first, second_id=second)
                for (first, second), case in wanted.items()
                if (first, second) not in known
            ],
            batch_size=BATCH,
        )
        known |= {(each.first_id, each.second_id): each.pk for each in made}
        return [(known[min(pair), max(pair)], pair[0]) for pair in shown]

    def _outputs(
        self, votes: list[ImportedVote], cases: dict[str, int], systems: dict[str, int]
    ) -> dict[tuple[int, int], int]:
        """(system, case version) → generation; outputs not held here get a row that says so."""
        stored = Generation.objects.filter(study_system__study=self.study, repeat=0)
        known = {
            (system, case): pk
            for pk, system, case in stored.values_list("pk", "study_system", "case_version")
        }
        wanted = {
            (systems[label], cases[vote.first.case]): None for vote in votes for label in vote.pair
        }
        made = Generation.objects.bulk_create(
            [
                Generation(
                    study_system_id=system,
                    case_version_id=case,
                    status=Generation.Status.EXTERNAL,
                )
                for system, case in wanted
                if (system, case) not in known
            ],
            batch_size=BATCH,
        )
        return known | {(each.study_system_id, each.case_version_id): each.pk for each in made}

    def ballots(
        self,
        votes: list[ImportedVote],
        raters: dict[str, int],
        comparisons: list[tuple[int, int]],
    ) -> list[Ballot]:
        """Not yet stored; a vote that is there already goes to ``faults``."""
        stored = Ballot.objects.filter(study=self.study)
        taken = set(stored.values_list("rater", "comparison", "repeat"))
        last = dict(stored.order_by().values_list("rater").annotate(last=Max("position")))
        positions = Counter(last)
        firsts = dict(Comparison.objects.filter(study=self.study).values_list("pk", "first"))
        made = []
        for vote, (comparison, left) in zip(votes, comparisons, strict=True):
            rater = raters[vote.first.rater]
            if (rater, comparison, vote.first.repeat) in taken:
                self.faults.add(_stored_before(vote))
            positions[rater] += 1
            made.append(
                Ballot(
                    study=self.study,
                    comparison_id=comparison,
                    protocol=self.protocol,
                    rater_id=rater,
                    origin=vote.first.origin,
                    left_is_second=firsts[comparison] != left,
                    repeat=vote.first.repeat,
                    position=positions[rater],
                    status=Ballot.Status.VOTED,
                    answered_at=vote.first.cast_at or timezone.now(),
                )
            )
        return made

    def votes(self, votes: list[ImportedVote], ballots: list[Ballot]) -> None:
        criteria = dict(self.protocol.criteria.values_list("key", "pk"))
        made = Vote.objects.bulk_create(
            [
                Vote(
                    ballot=ballot,
                    seconds=vote.first.seconds or 0.0,
                    left_seconds=vote.first.left_seconds,
                    right_seconds=vote.first.right_seconds,
                    looked_closely=vote.first.looked_closely,
                    confidence=vote.first.confidence,
                    reason=vote.first.reason,
                    created_at=vote.first.cast_at or timezone.now(),
                )
                for vote, ballot in zip(votes, ballots, strict=True)
            ],
            batch_size=BATCH,
        )
        pairs = list(zip(votes, made, strict=True))
        CriterionVote.objects.bulk_create(
            [
                CriterionVote(vote=stored, criterion_id=criteria[key], outcome=outcome)
                for vote, stored in pairs
                for key, outcome in vote.outcomes.items()
            ],
            batch_size=BATCH,
        )
        SafetyFlag.objects.bulk_create(
            [
                SafetyFlag(
                    vote=stored,
                    side=side,
                    extent=flag.extent,
                    likelihood=flag.likelihood,
                    error_types=list(flag.error_types),
                    note=flag.note,
                )
                for vote, stored in pairs
                for side, flag in vote.first.flags.items()
            ],
            batch_size=BATCH,
        )


def _stored_before(vote: ImportedVote) -> RowError:
    first = vote.first
    return RowError(
        f"{first.rater} has already voted on this pair of case {first.case!r} in this study: "
        "nothing was imported",
        first.row.file,
        first.row.number,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
