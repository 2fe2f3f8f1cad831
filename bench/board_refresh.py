"""What one more vote costs the board: refresh time and queries as a study grows.

    python bench/board_refresh.py [--votes 1000 10000 100000]

Fills a throw-away SQLite file with a study of 6 systems and 2 criteria, refreshes its boards, casts
one vote, and refreshes again. Prints processor time; the second refresh is what every vote costs.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from itertools import combinations

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")
os.environ["CONSILIUM_DATA_DIR"] = tempfile.mkdtemp(prefix="consilium-bench-")
os.environ["CONSILIUM_LOG_LEVEL"] = "ERROR"

import django

django.setup()

import numpy as np
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.generations.models import Generation, StudySystem, System, SystemVersion
from arena.leaderboards.services import leaderboards_refresh
from arena.studies.models import Case, CaseVersion, Criterion, Protocol, Study
from arena.voting.models import Ballot, Comparison, CriterionVote, Outcome, SafetyFlag, Vote

SYSTEMS, RATERS_PER_1000, CASES_PER_1000 = 6, 5, 20
CHUNK = 20_000


class Filled:
    """A study whose raters answer random pairs, each at most once; `cast` stores the next votes."""

    def __init__(self, n_votes: int, rng: np.random.Generator) -> None:
        owner = User.objects.create_user(f"owner-{n_votes}@bench.example", "secret")
        self.study = Study.objects.create(
            slug=f"bench-{n_votes}",
            title="Bench",
            created_by=owner,
            status="open",
            opened_at=timezone.now(),
        )
        self.protocol = Protocol.objects.create(
            study=self.study,
            version=1,
            input_kind="clinical-note",
            output_kind="summary",
            question="?",
        )
        self.criteria = [
            Criterion.objects.create(protocol=self.protocol, key=key, label=key, position=i)
            for i, key in enumerate(("overall", "accuracy"))
        ]
        self.raters = _raters(self.study, max(6, RATERS_PER_1000 * n_votes // 1000))
        self.outputs = _outputs(self.study, owner, max(20, CASES_PER_1000 * n_votes // 1000))
        self.comparisons = _comparisons(self.study, self.outputs)
        possible = len(self.raters) * len(self.comparisons)
        self.ballots = iter(rng.choice(possible, n_votes + 100, replace=False).tolist())
        self.position, self.rng = 0, rng
        for start in range(0, n_votes, CHUNK):
            self.cast(min(CHUNK, n_votes - start))

    def cast(self, n: int) -> None:
        ballots = Ballot.objects.bulk_create(self._ballot() for _ in range(n))
        votes = Vote.objects.bulk_create(Vote(ballot=ballot, seconds=20.0) for ballot in ballots)
        steps = self.rng.choice([str(step) for step in Outcome], (n, len(self.criteria)))
        CriterionVote.objects.bulk_create(
            CriterionVote(vote=vote, criterion=criterion, outcome=str(steps[i, j]))
            for i, vote in enumerate(votes)
            for j, criterion in enumerate(self.criteria)
        )
        SafetyFlag.objects.bulk_create(
            SafetyFlag(vote=vote, side="left", extent="severe", likelihood="low")
            for vote in votes[::10]
        )

    def _ballot(self) -> Ballot:
        rater, comparison = divmod(next(self.ballots), len(self.comparisons))
        self.position += 1
        return Ballot(
            study=self.study,
            comparison=self.comparisons[comparison],
            protocol=self.protocol,
            rater=self.raters[rater],
            left_is_second=bool(self.rng.random() < 0.5),
            position=self.position,
            status="voted",
            answered_at=timezone.now(),
        )


def _raters(study: Study, n: int) -> list[User]:
    users = User.objects.bulk_create(
        User(email=f"r{i}-{study.slug}@bench.example", password="!") for i in range(n)
    )
    RaterProfile.objects.bulk_create(
        RaterProfile(user=user, pseudonym=f"R{user.pk:06}", specialty=f"S{user.pk % 7}")
        for user in users
    )
    return users


def _outputs(study: Study, owner: User, n_cases: int) -> list[list[Generation]]:
    entries = []
    for i in range(SYSTEMS):
        system = System.objects.create(slug=f"{study.slug}-{i}", name=f"S{i}", owner=owner)
        version = SystemVersion.objects.create(system=system, adapter="mock", digest=f"{i:064}")
        entries.append(StudySystem.objects.create(study=study, version=version, label=f"S{i}"))
    cases = Case.objects.bulk_create(
        Case(study=study, key=f"case-{i}", position=i) for i in range(n_cases)
    )
    versions = CaseVersion.objects.bulk_create(
        CaseVersion(
            case=case, input_kind="clinical-note", content={}, digest=f"{i:064}", synthetic=True
        )
        for i, case in enumerate(cases)
    )
    made = Generation.objects.bulk_create(
        Generation(study_system=entry, case_version=version, status="succeeded", record={})
        for version in versions
        for entry in entries
    )
    return [made[i : i + SYSTEMS] for i in range(0, len(made), SYSTEMS)]


def _comparisons(study: Study, outputs: list[list[Generation]]) -> list[Comparison]:
    return Comparison.objects.bulk_create(
        Comparison(study=study, case_version=first.case_version, first=first, second=second)
        for of_case in outputs
        for first, second in combinations(of_case, 2)
    )


def timed(work: Callable[[], object]) -> tuple[float, int]:
    began = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        work()
    return time.process_time() - began, len(queries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--votes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    args = parser.parse_args()
    call_command("migrate", verbosity=0)
    rng = np.random.default_rng(0)
    print("   votes  first,s  queries  one more,s  queries")
    for n in args.votes:
        filled = Filled(n, rng)
        first, queries = timed(lambda study=filled.study: leaderboards_refresh(study_id=study.pk))
        filled.cast(1)
        again, more = timed(lambda study=filled.study: leaderboards_refresh(study_id=study.pk))
        print(f"{n:8,} {first:8.2f} {queries:8} {again:11.2f} {more:8}", flush=True)


if __name__ == "__main__":
    main()
