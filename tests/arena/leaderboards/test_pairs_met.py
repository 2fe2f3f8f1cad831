"""Pairs with few votes are told so that they can be read, for three systems and for forty."""

from itertools import combinations
from typing import Any

import pytest
from django.template.loader import render_to_string

from arena.leaderboards.progress import votes_needed
from arena.studies.models import Study


def result(votes: dict[tuple[str, str], int], names: list[str], **gone: str) -> dict[str, Any]:
    """Of a board: the names in its order and the votes of each pair in either order."""
    return {
        "n_votes": sum(votes.values()),
        "n_raters": 3,
        "outcomes": {"tie": 0, "both_unacceptable": 0},
        "systems": [
            {"name": n, "withdrawn": gone.get(n) == "withdrawn", "judged_elsewhere": False}
            for n in names
        ],
        "pairs": [{"a": a, "b": b, "votes": n} for (a, b), n in votes.items()],
    }


def names(count: int) -> list[str]:
    return [f"System {n:02}" for n in range(count)]


def page(found: dict[str, Any]) -> str:
    pairs = votes_needed(found, target=0).pairs
    study, choice = Study(slug="notes"), {"origin": "human"}
    context = {"pairs": pairs, "study": study, "choice": choice}
    return " ".join(render_to_string("leaderboards/_pairs_met.html", context).split())


def test_three_systems_are_told_whole() -> None:
    """Whichever of a pair the board names first, and without those that are withdrawn."""
    found = result(
        {("C", "A"): 4, ("A", "B"): 12, ("B", "D"): 1}, ["C", "B", "A", "D"], D="withdrawn"
    )
    pairs = votes_needed(found, target=0).pairs
    told = [(pair.a, pair.b, pair.votes) for pair in pairs.fewest]
    assert (told, pairs.of, pairs.never) == ([("B", "C", 0), ("A", "C", 4)], 3, 1)
    said = page(found)
    assert "2 of 3 pairs</strong> have fewer than 10 votes, 1 of them none." in said
    assert "<details" not in said and "> D<" not in said


def test_ten_systems_are_told_by_their_five_thinnest_pairs_and_system_by_system() -> None:
    votes = {pair: n for n, pair in enumerate(combinations(names(10), 2))}
    said = page(result(votes, names(10)))
    assert "10 of 45 pairs</strong> have fewer than 10 votes, 1 of them none." in said
    assert "These have the fewest:" in said
    listed, folded = said.split("<details")
    assert listed.count('<th scope="row">') == 5 and folded.count('<th scope="row">') == 10
    assert (
        "9 of 9" in folded
        and "System 01:&nbsp;0, System 02:&nbsp;1" in folded
        and "and 5 more" in folded
    )


def test_forty_systems_that_never_met_stay_a_table_of_forty_rows() -> None:
    said = page(result({}, names(40)))
    assert "780 of 780 pairs</strong> have fewer than 10 votes, 780 of them none." in said
    assert said.count('<th scope="row">') == 45 and said.count("and 35 more") == 40
    assert len(said) < 20_000


@pytest.mark.parametrize(
    ("count", "told"),
    [(3, "Each of the 3 pairs of systems has"), (2, "The one pair of systems has")],
)
def test_where_every_pair_has_enough_it_is_said(count: int, told: str) -> None:
    votes = dict.fromkeys(combinations(names(count), 2), 10)
    said = page(result(votes, names(count)))
    assert f"{told} at least 10 votes." in said and "<table" not in said


def test_a_name_is_shown_as_text() -> None:
    assert "&lt;b&gt;" in page(result({}, ["<b>", "C"]))
