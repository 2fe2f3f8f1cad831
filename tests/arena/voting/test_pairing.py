"""A study's strategy of pairing, through the services that draw its ballots."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.accounts.models import User
from arena.studies.models import Protocol
from arena.voting import candidates, standing
from arena.voting.models import Ballot, PairStanding, Retraction, Vote
from arena.voting.services import ballot_next, ballot_skip, vote_cast, vote_undo
from arena.voting.standing import wins_so_far
from evaluation.pairing import UNIFORM_SHARE
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db

PAIRS = 6  # of four systems
N_CASES = 10


def contest(pairing: str, **more: object) -> World:
    return world(
        n_cases=N_CASES, n_systems=4, n_raters=5, votes_per_comparison=99, pairing=pairing, **more
    )


def opened(here: World, user: User) -> Ballot:
    ballot = ballot_next(rater=user, study=here.study)
    assert ballot is not None
    Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
    return ballot


def judged(here: World, user: User) -> Ballot:
    """Quetzal wins always, Ocelot never, and between the other two each case is even."""
    ballot = opened(here, user)
    order = [system.pk for system in here.systems]
    left, right = (order.index(side.study_system_id) for side in (ballot.left, ballot.right))
    middle = {left, right} == {1, 2}
    outcome = "tie" if middle else ("left_slightly" if left < right else "right_slightly")
    vote_cast(
        ballot_uuid=ballot.uuid, rater=user, outcomes={"overall": outcome}, attempt=ballot.attempt
    )
    return ballot


def drawn(here: World, user: User, n: int) -> list[Ballot]:
    ballots = []
    for _ in range(n):
        ballot = opened(here, user)
        ballot_skip(ballot_uuid=ballot.uuid, rater=user, reason="other", attempt=1)
        ballots.append(ballot)
    return ballots


def pairs_of(here: World, ballots: list[Ballot]) -> Counter[tuple[int, int]]:
    order = [system.pk for system in here.systems]
    return Counter(
        tuple(sorted(order.index(side.study_system_id) for side in (each.left, each.right)))
        for each in ballots
    )


def test_an_adaptive_study_asks_mostly_about_the_pair_whose_order_is_open() -> None:
    here = contest("adaptive")
    for user in here.raters[:4]:
        for _ in range(12):
            judged(here, user)
    shown = pairs_of(here, drawn(here, here.raters[4], 10))
    assert shown[1, 2] >= 6, shown


def test_a_balanced_study_asks_about_all_pairs_alike() -> None:
    here = contest("balanced")
    for user in here.raters[:3]:
        for _ in range(10):
            judged(here, user)
    votes = pairs_of(here, [*Ballot.objects.select_related("comparison")])
    assert set(votes.values()) == {5}


def test_every_adaptive_choice_stores_the_chance_it_had() -> None:
    here = contest("adaptive")
    for user in here.raters[:2]:
        for _ in range(9):
            judged(here, user)
    chances = Ballot.objects.order_by("pk").values_list("rater", "position", "probability")
    for _, position, probability in chances:
        left = PAIRS * N_CASES - (position - 1)
        by_lot = UNIFORM_SHARE / left
        best = (1 - UNIFORM_SHARE) / np.arange(1, left + 1) + by_lot
        assert min(abs(probability - np.append(best, by_lot))) < 1e-12
    assert len({round(probability, 9) for *_, probability in chances}) > 3


def test_a_uniform_study_draws_every_comparison_with_the_same_chance() -> None:
    here = contest("uniform")
    judged(here, here.rater)
    second = opened(here, here.rater)
    assert second.probability == pytest.approx(1 / (PAIRS * N_CASES - 1))


def test_the_chance_is_known_in_a_study_larger_than_the_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("arena.voting.candidates.WINDOW", 5)
    here = contest("uniform")
    assert opened(here, here.rater).probability == pytest.approx(1 / (PAIRS * 5))


def standings(here: World) -> np.ndarray:
    protocol = Protocol.objects.get(pk=here.protocol.pk)
    systems = [system.pk for system in here.systems]
    return wins_so_far(protocol=protocol, origin="human", systems=systems)


def test_wins_brought_up_to_date_are_those_counted_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "KEPT_EVERY", 3)
    monkeypatch.setattr(standing, "SETTLED", timedelta(0))
    here = contest("adaptive", least_seconds=0)
    for user in here.raters[:3]:
        for n in range(6):
            ballot = judged(here, user)
            if n == 2:
                standings(here)
                vote_undo(ballot_uuid=ballot.uuid, rater=user)
            standings(here)
    early = Vote.objects.order_by("pk").first()
    assert early is not None
    Retraction.objects.create(vote=early, reason="Taken back by name.", by=here.rater)
    kept = standings(here)
    row = PairStanding.objects.get()
    assert row.vote > early.pk, "what is counted anew is less than all"
    row.delete()
    assert kept.sum() == Vote.objects.filter(retraction=None).count() == 3 * 6 - 4
    assert (kept == standings(here)).all()


def test_young_votes_are_not_kept_because_older_ones_may_still_appear() -> None:
    here = contest("adaptive")
    judged(here, here.rater)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "KEPT_EVERY", 0)
        assert standings(here).sum() == 1
        assert PairStanding.objects.get().vote == Vote.objects.get().pk - 1


def test_a_draw_counts_a_bounded_number_of_votes_and_later_draws_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standing, "KEPT_EVERY", 1)
    monkeypatch.setattr(standing, "SETTLED", timedelta(0))
    monkeypatch.setattr(standing, "CATCH_UP", 4)
    here = contest("uniform")
    for _ in range(10):
        judged(here, here.rater)
    assert [standings(here).sum() for _ in range(4)] == [4, 8, 10, 10]


def test_an_adaptive_draw_takes_as_many_queries_after_many_votes_as_after_few() -> None:
    here = contest("adaptive")
    drawn(here, here.raters[1], 1)
    counts = []
    for votes in (1, 14):
        for _ in range(votes):
            judged(here, here.rater)
        with CaptureQueriesContext(connection) as queries:
            ballot_next(rater=here.raters[1], study=here.study)
        counts.append(len(queries))
        Ballot.objects.filter(rater=here.raters[1], status=Ballot.Status.OPEN).delete()
    assert counts[1] <= counts[0] <= 32


@pytest.mark.parametrize(("reason", "comes_again"), [("not_my_specialty", 0), ("cannot_judge", 2)])
@pytest.mark.parametrize("search", [False, True], ids=["window", "search"])
def test_a_case_of_another_specialty_is_not_shown_again_with_other_outputs(
    monkeypatch: pytest.MonkeyPatch, reason: str, comes_again: int, search: bool
) -> None:
    if search:
        monkeypatch.setattr(candidates, "_window", lambda *_, size, rng: [0] * size)
    here = world(n_cases=2, n_systems=3)
    seen = [given_back(here, here.rater, reason)]
    while ballot_next(rater=here.rater, study=here.study):
        seen.append(given_back(here, here.rater, "other"))
    assert len(seen) == 4 + comes_again
    assert seen.count(seen[0]) == 1 + comes_again


def test_a_case_comes_again_when_the_rater_takes_back_that_it_is_not_theirs() -> None:
    here = world(n_cases=1, n_systems=3)
    ballot = opened(here, here.rater)
    given_back(here, here.rater, "not_my_specialty")
    assert ballot_next(rater=here.rater, study=here.study) is None
    vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)
    ballot.refresh_from_db()
    vote_cast(ballot_uuid=ballot.uuid, rater=here.rater, outcomes={"overall": "tie"}, attempt=2)
    assert ballot_next(rater=here.rater, study=here.study) is not None


def given_back(here: World, user: User, reason: str) -> int:
    """The case of the ballot."""
    ballot = opened(here, user)
    ballot_skip(ballot_uuid=ballot.uuid, rater=user, reason=reason, attempt=1)
    return ballot.comparison.case_version_id
