"""Every ballot of the demo, in every format it is served in, says nothing of who made a side."""

import re
from collections.abc import Iterator
from itertools import combinations

import pytest
from django.core.management import call_command
from django.test import Client

from arena.accounts.models import User
from arena.demo.studies import STUDIES
from arena.generations.models import Generation
from arena.studies.models import Study
from arena.voting.models import Ballot, Comparison, Origin
from workers.runner import run

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]
Status = Generation.Status


@pytest.fixture
def demo() -> None:
    """The demo's studies with outputs its systems really computed."""
    call_command("demo", load_only=True, verbosity=0)
    waiting = Generation.objects.filter(status=Status.QUEUED)
    while waiting.exists():
        run(resource="cpu")
    assert not Generation.objects.exclude(status=Status.SUCCEEDED).exists()


def comparisons(study: Study) -> Iterator[Comparison]:
    """Every pair of outputs of every case."""
    generations = Generation.objects.filter(study_system__study=study)
    for version in generations.values_list("case_version", flat=True).distinct():
        pairs = combinations(generations.filter(case_version=version).order_by("pk"), 2)
        for first, second in pairs:
            yield Comparison.objects.get_or_create(
                study=study, case_version_id=version, first=first, second=second
            )[0]


def giveaways(comparison: Comparison) -> set[str]:
    """What would tell: names, settings, digests, times and machine of either output."""
    found: set[str] = {"consilium demo"}
    for generation in (comparison.first, comparison.second):
        version = generation.study_system.version
        system = version.system
        found |= {system.slug, system.name, version.adapter, version.digest, version.revision}
        found |= {generation.record_digest, f"generation/{generation.pk}", *system.aliases}
        found |= {str(value) for value in generation.provenance.values() if len(str(value)) > 3}
        times = (generation.requested_at, generation.started_at, generation.finished_at)
        found |= {time.isoformat()[:19] for time in times if time}
    return {text.lower() for text in found if text}


def served(client: Client, ballot: Ballot) -> Iterator[tuple[str, bytes]]:
    """Page, JSON and every file of a ballot, each with its headers."""
    slug = ballot.study.slug
    page = client.get(f"/studies/{slug}/vote/")
    data = client.get(f"/api/v1/ballots/{ballot.uuid}/")
    assert str(ballot.uuid) in page.content.decode(), "another ballot was served"
    addresses = set(
        re.findall(r"/ballots/[^\"'\s]+", page.content.decode() + data.content.decode())
    )
    files = [client.get(address) for address in sorted(addresses) if "/api/" not in address]
    for response in (page, data, *files):
        assert response.status_code == 200, response.request["PATH_INFO"]
        body = b"".join(response) if response.streaming else response.content
        yield response.request["PATH_INFO"], repr(dict(response.headers)).encode() + body


def test_no_ballot_of_the_demo_tells_who_made_a_side(demo: None) -> None:
    """All studies in one test: the systems compute their outputs only once."""
    looked_at = {study.slug: look_at_all(Study.objects.get(slug=study.slug)) for study in STUDIES}
    assert all(ballots >= 36 for ballots in looked_at.values()), looked_at


def look_at_all(study: Study) -> int:
    """Looks at a ballot of every comparison, sides in turn; returns how many there were."""
    rater = User.objects.get(email="clinician@demo.example")
    client = Client(SERVER_NAME="localhost")
    client.force_login(rater)
    protocol, position = study.protocols.get(), 0
    for position, comparison in enumerate(comparisons(study), start=1):
        ballot = Ballot.objects.create(
            study=study,
            comparison=comparison,
            protocol=protocol,
            rater=rater,
            origin=Origin.HUMAN,
            left_is_second=position % 2 == 0,
            position=position,
        )
        clues = giveaways(comparison)
        for address, body in served(client, ballot):
            told = [clue for clue in clues if clue.encode() in body.lower()]
            assert not told, f"{address} of ballot {position} tells {told}"
        ballot.delete()
    return position
