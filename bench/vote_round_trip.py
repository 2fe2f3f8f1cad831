"""How long a vote takes on the server: POST the vote, follow the redirect, render the next ballot.

    python bench/vote_round_trip.py [--votes 60]

Loads the demo into a throw-away SQLite file, lets the systems compute, and votes through Django's
test client as the clinician would. Prints the median and the 95th percentile per study, as a share
of the promised 100 ms, and the number of queries of the first and the last round trip.
"""

import argparse
import os
import statistics
import tempfile
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")
os.environ["CONSILIUM_DATA_DIR"] = tempfile.mkdtemp(prefix="consilium-bench-")
os.environ["CONSILIUM_LOG_LEVEL"] = "ERROR"

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from arena.accounts.models import User
from arena.demo.studies import STUDIES
from arena.generations.models import Generation
from arena.voting.models import Ballot, Outcome
from workers.runner import run

PROMISE_MS = 100


def round_trip(client: Client, address: str) -> tuple[float, int]:
    """Milliseconds and queries of one vote and the next ballot."""
    ballot = Ballot.objects.get(status=Ballot.Status.OPEN)
    keys = ballot.protocol.criteria.filter(required=True).values_list("key", flat=True)
    answers = {f"outcome_{key}": Outcome.LEFT_SLIGHTLY for key in keys}
    data = {"ballot": str(ballot.uuid), "attempt": ballot.attempt, **answers}
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        response = client.post(address, data, follow=True)
    assert response.status_code == 200
    return (time.perf_counter() - began) * 1000, len(queries)


def measure(slug: str, votes: int) -> str:
    client, address = Client(SERVER_NAME="localhost"), f"/studies/{slug}/vote/"
    client.force_login(User.objects.get(email="clinician@demo.example"))
    client.get(address)
    trips = []
    for _ in range(votes):
        if not Ballot.objects.filter(status=Ballot.Status.OPEN).exists():
            break
        trips.append(round_trip(client, address))
    Ballot.objects.filter(status=Ballot.Status.OPEN).delete()
    times = [ms for ms, _ in trips]
    p95 = statistics.quantiles(times, n=20)[-1]
    median = statistics.median(times)
    shares = f"{median / PROMISE_MS:6.2f} {p95 / PROMISE_MS:8.2f}"
    queries = f"{trips[0][1]:6} {trips[-1][1]:6}"
    return f"{slug:22} {len(trips):5} {median:8.1f} {p95:8.1f} {shares} {queries}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--votes", type=int, default=30)
    votes = parser.parse_args().votes
    call_command("demo", load_only=True, verbosity=0)
    while Generation.objects.filter(status=Generation.Status.QUEUED).exists():
        run(resource="cpu")
    print("study                  votes median,ms  p95,ms   ÷100ms p95÷100 queries: first, last")
    for demo in STUDIES:
        print(measure(demo.slug, votes))


if __name__ == "__main__":
    main()
