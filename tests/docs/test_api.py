"""The examples of docs/api.md, run with curl against a live site."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from arena.accounts.tokens import token_create
from arena.leaderboards.reference_scores import score_report_refresh
from arena.leaderboards.services import leaderboard_refresh
from arena.studies.models import Case, Membership
from arena.voting.blinding import ballot_open
from arena.voting.models import Origin, Skip, Vote
from arena.voting.services import ballot_next, vote_cast
from tests.arena.voting.world import World, world
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(transactional_db: None) -> World:
    """A study with a board, whose rater runs it as well."""
    here = world(n_cases=2)
    role = Membership.Role.COORDINATOR
    Membership.objects.create(study=here.study, user=here.rater, role=role)
    ballot = ballot_next(rater=here.rater, study=here.study)
    assert ballot is not None
    ballot_open(ballot=ballot)
    answer = {"overall": "left_strongly"}
    vote_cast(ballot_uuid=ballot.uuid, rater=here.rater, outcomes=answer, attempt=1)
    leaderboard_refresh(study_id=here.study.pk, origin=Origin.HUMAN)
    score_report_refresh(study_id=here.study.pk)
    return here


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: apt-get install curl")
def test_the_examples_work_as_they_stand(
    here: World, live_server: LiveServer, tmp_path: Path
) -> None:
    done = run("\n".join(EXAMPLES), here, live_server, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"format":"votes-csv"' in done.stdout
    assert Case.objects.filter(key="visit-9").exists()
    assert Vote.objects.count() == 2
    assert Skip.objects.get().reason == "not_my_specialty"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: apt-get install curl")
def test_a_fault_ends_the_examples(here: World, live_server: LiveServer, tmp_path: Path) -> None:
    wrong = run(EXAMPLES[0] + "api studies/no-such-study/", here, live_server, tmp_path)
    assert wrong.returncode != 0


def run(
    script: str, here: World, live_server: LiveServer, folder: Path
) -> subprocess.CompletedProcess[str]:
    told = {
        "SITE": live_server.url,
        "STUDY": here.study.slug,
        "TOKEN": token_create(user=here.rater),
        "no_proxy": "*",
    }
    return subprocess.run(
        ["bash", "-euc", "set -o pipefail\n" + script],
        cwd=folder,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=120,
    )
