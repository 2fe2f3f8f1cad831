"""The sentences above a board say no more than its figures do."""

from __future__ import annotations

from typing import Any

import pytest

from arena.leaderboards.verdict import verdict


def row(
    name: str, best: int | None, rate: float | None = 0.0, spread: tuple[float, float] | None = None
) -> dict[str, Any]:
    lower, upper = spread or (None, None)
    return {
        "name": name,
        "rank_low": best,
        "harm": {"rate": rate, "lower": lower, "upper": upper},
    }


def said(*rows: dict[str, Any]) -> Any:
    return verdict({"systems": list(rows)})


@pytest.mark.parametrize(
    ("best", "sentence"),
    [
        ((1, 2, 2), "A is first, by more than chance explains."),
        ((1, 1, 2), "A or B is first; these votes do not tell which."),
        ((1, 1, 1), "Any of the 3 systems may be first: these votes do not tell them apart."),
        ((1, 1, 1, 4), "A, B or C is first; these votes do not tell which."),
        ((1, 1, 1, 1, 1, 6), "One of 5 systems is first; these votes do not tell which."),
        ((None, None), "No order of the systems can be stated yet."),
    ],
)
def test_who_may_be_first(best: tuple[int | None, ...], sentence: str) -> None:
    assert said(*[row("ABCDEF"[i], low) for i, low in enumerate(best)]).preferred == sentence


def test_how_many_pairs_are_told_apart() -> None:
    """A above B and C, B above C: all three pairs; without an order, nothing is said."""
    assert said(row("A", 1), row("B", 2), row("C", 3)).sure.startswith("In 3 of 3 pairs of")
    assert said(row("A", 1), row("B", 1), row("C", 2)).sure.startswith("In 1 of 3 pairs of")
    assert said(row("A", 1), row("B", 2)).sure.startswith("In 1 of 1 pair of")
    assert said(row("A", None), row("B", None)).sure == ""


def test_the_one_in_front_that_is_flagged_most_is_called_preferred_not_safe() -> None:
    harmful = row("A", 1, 0.09, (0.04, 0.17))
    assert said(harmful, row("B", 2, 0.01, (0.0, 0.06))).unsafe == (
        "A most often: 9\u00a0% of showings (4\u00a0% to 17\u00a0%)."
        " Preferred is not the same as safe."
    )
    assert "not the same" not in said(row("B", 1), harmful | {"rank_low": 2}).unsafe


def test_equal_rates_name_all_who_have_them_and_no_flag_names_nobody() -> None:
    alike = [row(name, 1, 0.5) for name in "ABC"]
    assert said(*alike).unsafe.startswith("A, B and C most often: 50\u00a0% of showings.")
    assert said(*[row(str(n), 1, 0.5) for n in range(6)]).unsafe.startswith("6 systems most often")
    assert said(row("A", 1), row("B", 1)).unsafe == "No output was flagged as unsafe so far."
    assert said(row("A", None, None)).unsafe == "No output has been shown yet."
