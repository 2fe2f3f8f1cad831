"""In which words two texts differ: the same on both sides, and never at the cost of the page."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from arena.voting.differences import MOST_WORDS, Piece, differences
from tests.arena.voting.world import generation, system, world


def only_here(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text.strip() for piece in pieces if piece.only_here]


def test_words_that_only_one_text_has_are_told_on_its_side() -> None:
    found = differences("Aspirin 100 mg daily.", "Aspirin 75 mg twice daily.")
    assert found is not None
    left, right = found
    assert only_here(left) == ["100"]
    assert only_here(right) == ["75", "twice"]


@given(st.text("ab \n", max_size=40), st.text("ab \n", max_size=40))
def test_no_word_is_lost_and_the_sides_are_treated_alike(one: str, other: str) -> None:
    found = differences(one, other)
    assert found is not None
    for text, pieces in zip((one, other), found, strict=True):
        assert "".join(piece.text for piece in pieces) == text.rstrip()
    swapped = differences(other, one)
    assert swapped is not None
    shared = ["".join(p.text.strip() for p in side if not p.only_here) for side in found]
    assert len("".join(shared[0].split())) == len("".join(shared[1].split()))


def test_texts_without_end_are_not_compared() -> None:
    assert differences("a " * (MOST_WORDS + 1), "a") is None
    assert differences("", "") == ((), ())


@pytest.mark.django_db
class TestPage:
    def page(self, client: Client, kind: str = "summary", **protocol: object) -> str:
        here = world(kind, n_cases=1, **protocol)
        client.force_login(here.rater)
        url = reverse("vote", args=[here.study.slug])
        assert ("Differences" in client.get(url).content.decode()) == (not protocol)
        return client.get(url, {"differences": "1"}).content.decode()

    def test_both_sides_underline_what_only_they_have(self, client: Client) -> None:
        text = self.page(client)
        assert "<ins> a.</ins>" in text
        assert "<ins> b.</ins>" in text
        assert "Outputs as they are" in text

    def test_a_study_may_leave_it_out(self, client: Client) -> None:
        assert "<ins>" not in self.page(client, shows_differences=False)

    def test_outputs_that_are_no_texts_are_shown_as_they_are(self, client: Client) -> None:
        here = world("mask", n_cases=1)
        client.force_login(here.rater)
        response = client.get(reverse("vote", args=[here.study.slug]), {"differences": "1"})
        assert "Differences" not in response.content.decode()
        assert "<c-image" in response.content.decode()

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("<script>alert(1)</script> is said", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("word " * (MOST_WORDS + 1), "too long to be compared"),
        ],
    )
    def test_hostile_and_endless_outputs(self, client: Client, text: str, shown: str) -> None:
        here = world(n_cases=1, n_systems=0)
        for n, name in enumerate(("Ocelot", "Narwhal")):
            competitor = system(here.study, here.study.created_by, name)
            generation(competitor, here.cases[0], {"text": f"{text} {n}"})
        client.force_login(here.rater)
        url = reverse("vote", args=[here.study.slug])
        assert shown in client.get(url, {"differences": "1"}).content.decode()
