"""What raters and coordinators wait for on the server when a study is large, on PostgreSQL.

    createdb consilium_bench
    export CONSILIUM_DATABASE_URL=postgresql://root@127.0.0.1/consilium_bench
    python bench/at_scale.py fill [--cases 100000 --votes 1000000 --systems 10 --raters 500]
    python bench/at_scale.py trips [--votes 200]    # POST a vote, GET the next ballot
    python bench/at_scale.py pages                  # every page of a study, beside a small study

Requests go through the whole stack of middleware and views in this process, each with a connection
from the pool, as under ASGI. Beside the clock stands the processor's time, of Python
and of the database's process (where it runs on this machine): together they are what a quiet
machine would take, but for waiting for the disk. ``fill`` takes minutes; it makes the studies
``large``, ``ending`` (a case in 200 is left) and ``small``, see `bench/scale_world.py`.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")
os.environ["CONSILIUM_DATA_DIR"] = tempfile.mkdtemp(prefix="consilium-bench-")
os.environ["CONSILIUM_LOG_LEVEL"] = "ERROR"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.db.models import Count
from django.test import Client
from scale_world import SPECIALTIES, fill

from arena.accounts.models import RaterProfile, User
from arena.leaderboards.services import leaderboards_refresh
from arena.studies.models import Membership, Study
from arena.voting.models import Ballot, KnownAnswer, Outcome, PairStanding, Qualification

STUDIES = ("large", "small")
FORM = re.compile(rb'name="ballot" value="([^"]+)">\s*<input[^>]* name="attempt" value="([^"]+)"')


@dataclass
class Times:
    """Milliseconds by the clock, of Python and of the database, and queries, of each round."""

    clock: list[float] = field(default_factory=list)
    python: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)

    @property
    def cpu(self) -> list[float]:
        return [sum(pair) for pair in zip(self.python, self.database, strict=True)]

    def row(self, name: str) -> str:
        queries = "–".join(str(n) for n in sorted({min(self.queries), max(self.queries)}))
        at = [self.clock[0], *(share_of(self.clock, share) for share in (0.5, 0.95, 0.99))]
        cpu = statistics.median(self.python), statistics.median(self.database)
        spent = [*cpu, share_of(self.cpu, 0.95)]
        cells = [name, str(len(self.clock)), *(f"{ms:.0f}" for ms in [*at, *spent]), queries]
        return f"| {' | '.join(cells)} |"


def share_of(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


_spent: dict[int, float] = {}


def backend_ms() -> float:
    """Processor time of the database's process behind this connection since it was asked last."""
    held = connection.connection
    pid = held.info.backend_pid if held else 0
    told = Path(f"/proc/{pid}/schedstat")
    if not told.exists():
        return 0.0
    spent = int(told.read_text().split()[0]) / 1e6
    before, _spent[pid] = _spent.get(pid, 0.0), spent
    return spent - before


@contextmanager
def measured(times: Times) -> Iterator[list[float]]:
    """Times what is done inside; the list takes what ended connections had spent."""
    ended: list[float] = []
    began, cpu = time.perf_counter(), time.thread_time()
    with counted() as queries:
        yield ended
    times.clock.append((time.perf_counter() - began) * 1000)
    times.python.append((time.thread_time() - cpu) * 1000)
    times.database.append(sum(ended) + backend_ms())
    times.queries.append(len(queries))


@contextmanager
def counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield seen


class Voter:
    """A rater at the voting page of a study."""

    def __init__(self, user: User, slug: str) -> None:
        self.client, self.address = Client(SERVER_NAME="localhost"), f"/studies/{slug}/vote/"
        self.client.force_login(user)
        self.page = self.client.get(self.address)

    @property
    def done(self) -> bool:
        return not FORM.search(self.page.content)

    def trip(self, times: Times) -> None:
        """One vote and the next ballot."""
        number = len(times.clock)
        outcomes = [str(each) for each in Outcome]
        answers = {f"outcome_{key}": outcomes[number % 6] for key in ("overall", "accuracy")}
        shown = FORM.search(self.page.content)
        assert shown
        data = {"ballot": shown[1].decode(), "attempt": shown[2].decode()}
        backend_ms()
        connection.close()
        with measured(times) as ended:
            sent = self.client.post(self.address, data | answers)
            assert sent.status_code == 302, sent.content[:2000]
            ended.append(backend_ms())
            connection.close()
            self.page = self.client.get(sent["Location"])
        assert self.page.status_code == 200


def new_rater(slug: str) -> User:
    n = User.objects.count()
    user = User.objects.create(email=f"new-{n}@bench.example")
    RaterProfile.objects.create(
        user=user, tour_seen=1, profession="physician", specialty=SPECIALTIES[0]
    )
    Membership.objects.create(study=Study.objects.get(slug=slug), user=user, role="rater")
    return user


def rater_with(votes: int, slug: str) -> User:
    """The rater whose number of ballots is nearest to ``votes``."""
    held = Ballot.objects.filter(study__slug=slug).values_list("rater").annotate(n=Count("pk"))
    return User.objects.get(pk=min(held, key=lambda row: abs(row[1] - votes))[0])


def trips(user: User, slug: str, votes: int) -> Times:
    voter, times = Voter(user, slug), Times()
    while len(times.clock) < votes and not voter.done:
        voter.trip(times)
    return times


def at_once(users: list[User], slug: str, votes: int, pause: float) -> tuple[Times, float]:
    """Each in a thread of its own; and the seconds it took in all."""
    times, voters = Times(), [Voter(user, slug) for user in users]

    def work(voter: Voter, first: float) -> None:
        time.sleep(first)
        for _ in range(votes):
            voter.trip(times)
            time.sleep(pause)
        connection.close()

    threads = [
        threading.Thread(target=work, args=(voter, pause * n / len(voters)))
        for n, voter in enumerate(voters)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, time.perf_counter() - began


def protocol_set(slug: str, **values: object) -> None:
    """Protocols are written once; the bench changes one all the same."""
    sets = ", ".join(f"{name} = %s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE studies_protocol SET {sets} WHERE study_id ="
            " (SELECT id FROM studies_study WHERE slug = %s)",
            [*values.values(), slug],
        )


def qualified(slug: str) -> User:
    """A new rater who has given the known answers the study now asks for."""
    study = Study.objects.get(slug=slug)
    if not KnownAnswer.objects.filter(study=study).exists():
        for comparison in study.comparisons.order_by("pk")[:10]:
            KnownAnswer.objects.create(study=study, comparison=comparison, expected="first")
    protocol_set(slug, qualification_percent=70)
    user = new_rater(slug)
    Qualification.objects.create(study=study, rater=user, number=1, right=9, of=10, passed=True)
    return user


def load() -> str:
    return "load average " + ", ".join(f"{each:.1f}" for each in os.getloadavg())


def tell_trips(votes: int) -> None:
    print(load())
    print(
        "| rater | votes | first, ms | median | 95 % | 99 % | Python | database | 95 % | queries |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")

    def tell(name: str, user: User, slug: str = "large") -> None:
        print(trips(user, slug, votes).row(name), flush=True)

    protocol_set("large", pairing="balanced", qualification_percent=0)
    tell("new, balanced", new_rater("large"))
    tell("with 2,000 ballots, balanced", rater_with(2000, "large"))
    tell("with most ballots, balanced", rater_with(10**9, "large"))
    tell("new, balanced, qualified by known answers", qualified("large"))
    protocol_set("large", pairing="adaptive", qualification_percent=0)
    PairStanding.objects.all().delete()
    tell("new, adaptive, never counted before", new_rater("large"))
    tell("with 2,000 ballots, adaptive", rater_with(2000, "large"))
    protocol_set("large", pairing="balanced")
    tell("new, hardly anything left", new_rater("ending"), "ending")
    tell("with 200 ballots, hardly anything left", rater_with(200, "ending"), "ending")
    tell("new, in the small study beside them", new_rater("small"), "small")
    for pause, name in ((2.0, "8 at once, 2 s between votes"), (0.0, "8 at once, no pause")):
        users = [new_rater("large") for _ in range(8)]
        times, seconds = at_once(users, "large", max(5, votes // 8), pause)
        each = f"{len(times.clock) / seconds:.0f} votes/s"
        print(times.row(f"{name} ({each})"), flush=True)
    print(load())


PAGES = {
    "study": "",
    "voting: how far": "vote/progress/",
    "leaderboard": "leaderboard/",
    "agreement": "agreement/",
    "exports": "exports/",
    "overview": "manage/",
    "protocol": "manage/protocol/",
    "cases": "manage/cases/",
    "cases, last page": "manage/cases/?page=last",
    "cases, searched": "manage/cases/?q=case-99",
    "cases, searched by a frequent word": "manage/cases/?q=patient",
    "cases, withdrawn": "manage/cases/?state=withdrawn",
    "raters": "manage/raters/",
    "raters: votes": "manage/votes/",
    "raters: votes, brief": "manage/votes/?brief",
    "marked errors": "manage/marks/",
    "known answers": "manage/qualification/",
    "systems": "manage/systems/",
    "systems: progress": "manage/systems/progress/",
    "results": "manage/results/",
    "results: scores": "manage/results/scores/",
    "results: exports": "manage/exports/",
}
SITE = {"home": "/", "studies": "/studies/", "metrics": "/metrics", "readiness": "/readyz"}
API = ("", "cases/", "systems/", "generations/", "leaderboard/", "agreement/", "exports/")


def tell_pages(rounds: int) -> None:
    owner = User.objects.get(email="owner@bench.example")
    for slug in STUDIES:
        study = Study.objects.get(slug=slug)
        began = time.process_time()
        made = leaderboards_refresh(study_id=study.pk)
        spent = time.process_time() - began
        print(f"boards of {slug}, in a fresh worker: {len(made)} in {spent:.1f} s of CPU")
    Membership.objects.get_or_create(
        study=Study.objects.get(slug="large"), user=owner, role="rater"
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(owner)
    print(load())
    print("| page | first, ms | median | Python | database | queries | small study | | | |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, path in PAGES.items():
        row = [_page(client, f"/studies/{each}/{path}", rounds) for each in STUDIES]
        _tell_page(name, *row)
    for path in API:
        row = [
            _page(client, f"/api/v1/studies/{slug}/{path}", rounds) for slug in ("large", "small")
        ]
        _tell_page(f"API {path or 'study/'}", *row)
    for name, path in SITE.items():
        _tell_page(name, _page(client, path, rounds))
    for slug in STUDIES:
        address, times = f"/studies/{slug}/exports/", Times()
        _visit(partial(client.post, address, {"format": "votes"}), times)
        _tell_page(f"an export of {slug} is asked for", times)
    print(load())


def _page(client: Client, path: str, rounds: int) -> Times:
    times = Times()
    for _ in range(rounds):
        _visit(partial(client.get, path), times)
    return times


def _visit(ask: Callable[[], Any], times: Times) -> None:
    backend_ms()
    connection.close()
    with measured(times):
        answer = ask()
    assert answer.status_code in {200, 302, 204}, (answer.status_code, answer.content[:300])


def _tell_page(name: str, large: Times, small: Times | None = None) -> None:
    cells = [f"{large.clock[0]:.0f}", *_told(large), *(_told(small) if small else ["–"] * 4)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _told(times: Times) -> list[str]:
    spent = (statistics.median(each) for each in (times.clock, times.python, times.database))
    return [*(f"{ms:.0f}" for ms in spent), str(max(times.queries))]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", choices=["fill", "trips", "pages"])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--votes", type=int)
    parser.add_argument("--systems", type=int, default=10)
    parser.add_argument("--raters", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("Set CONSILIUM_DATABASE_URL to an empty PostgreSQL database made for this.")
    call_command("collectstatic", interactive=False, verbosity=0)
    if args.work == "fill":
        votes = args.votes or 1_000_000
        fill(cases=args.cases, votes=votes, systems=args.systems, n_raters=args.raters)
    elif args.work == "trips":
        tell_trips(args.votes or 200)
    else:
        tell_pages(args.rounds)


if __name__ == "__main__":
    main()
