"""Simulated raters, in demo studies that somebody has worked with."""

import numpy as np
import pytest

from arena.demo.simulation import study_simulate
from arena.voting.models import Vote
from tests.arena.voting.world import world


@pytest.mark.django_db
def test_systems_that_were_registered_into_a_demo_study_are_voted_on_too() -> None:
    study = world("summary", slug="discharge-summaries", n_cases=2, n_systems=2).study
    assert study_simulate(study=study, votes=3, rng=np.random.default_rng(7)) == 3
    assert Vote.objects.count() == 3
