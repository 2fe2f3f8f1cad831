"""How records are shown."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from arena.core.markdown import markdown_html
from arena.voting.presenters import presenter_for
from arena.voting.presenters.base import Shown
from arena.voting.presenters.spans import Meeting, Meetings, segments
from evaluation.kinds import CaseFacts
from evaluation.scores.spans import Span

TEXT = "Fever since Monday, cough."


spans = st.builds(
    lambda start, length, type_: Span(start, min(start + length, len(TEXT)), type_),
    st.integers(0, len(TEXT) - 1),
    st.integers(1, 12),
    st.sampled_from("xy"),
)
marked = st.lists(spans, max_size=6, unique=True).map(sorted)


@given(marked, marked)
def test_segments_joined_are_the_text_and_each_lies_under_its_spans(
    own: list[Span], other: list[Span]
) -> None:
    cut = segments(TEXT, own, other, {"x": 1, "y": 2})
    assert "".join(segment.text for segment in cut) == TEXT
    for segment in cut:
        for place in range(segment.start, segment.start + len(segment.text)):
            over = sorted(span.type for span in own if span.start <= place < span.end)
            assert sorted(cover.type for cover in segment.covers) == over
    ends = sum(cover.ends for segment in cut for cover in segment.covers)
    assert ends == len(own), "each span is named once"


def test_each_of_two_overlapping_spans_shows_where_it_begins_and_how_it_meets() -> None:
    shown = Shown(
        record={"spans": [_span(0, 5, "problem"), _span(0, 12, "dose")]},
        other={"spans": [_span(0, 5, "problem")]},
        case=CaseFacts(text=TEXT),
        asset_url=str,
    )
    presenter = presenter_for("spans")
    html = render_to_string(presenter.template, {"data": presenter.data(shown), "side": "left"})
    outer, inner = "span span--only tint-1", "span span--both tint-2"
    assert f'<mark class="{outer}"><mark class="{inner}">Fever' in html
    assert f'<mark class="{outer}"> since ' in html
    assert "Fever problem since  dose · only here" in re.sub("<[^>]+>", "", html)


def _span(start: int, end: int, kind: str) -> dict[str, Any]:
    return {"start": start, "end": end, "type": kind}


@given(marked, marked)
def test_what_both_sides_marked_is_told_alike_on_both(own: list[Span], other: list[Span]) -> None:
    def both(a: list[Span], b: list[Span]) -> set[Span]:
        return {span for span in a if Meetings(b).of(span) == Meeting.BOTH}

    assert both(own, other) == both(other, own) == set(own) & set(other)


@given(marked, marked)
def test_only_here_means_that_no_span_of_that_type_is_near(
    own: list[Span], other: list[Span]
) -> None:
    for span in own:
        touching = [s for s in other if s.start < span.end and span.start < s.end]
        alone = not any(s.type == span.type or s[:2] == span[:2] for s in touching)
        assert (Meetings(other).of(span) == Meeting.ONLY) == alone


def test_the_four_ways_two_sides_meet() -> None:
    other = Meetings([Span(0, 5, "x"), Span(6, 9, "x"), Span(10, 12, "y")])
    spans = [Span(0, 5, "x"), Span(7, 9, "x"), Span(10, 12, "x"), Span(20, 22, "x")]
    assert [other.of(span) for span in spans] == ["both", "boundary", "type", "only"]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A", "<h3>A</h3>"),
        ("## A\n### B", "<h3>A</h3>\n<h4>B</h4>"),
        ("a **b**", "<p>a <strong>b</strong></p>"),
        ("![x](http://e.example/p)", "<p>[image: x]</p>"),
        ("[t](http://e.example)", "<p>t</p>"),
        ("<b onclick=x>q</b>", "<p>&lt;b onclick=x&gt;q&lt;/b&gt;</p>"),
        ("~~no~~", "<p><s>no</s></p>"),
        ("[1]: https://e.example/x", "<p>[1]: https://e.example/x</p>"),
    ],
)
def test_markdown_becomes_plain_html(text: str, html: str) -> None:
    assert markdown_html(text).strip() == html


@given(st.text(max_size=200))
def test_no_markdown_makes_anything_but_known_tags(text: str) -> None:
    for tag in re.findall(r"<[^>]*>", markdown_html(text)):
        assert re.fullmatch(r'</?[a-z0-9]+( [a-z]+="[\w.-]+")*>', tag), tag
        assert not re.search(r" (?!start|display|stretchy|fence|form|mathvariant)[a-z]+=", tag), tag


def test_ten_kilobytes_of_nested_markdown_do_not_blow_up() -> None:
    assert len(markdown_html("> " * 2000 + "[" * 2000 + "*" * 2000)) < 200_000


def shown(record: Any, other: Any, **facts: Any) -> Shown:
    return Shown(record, other, CaseFacts(**facts), lambda name: f"/{name}")


def test_the_same_label_has_the_same_colour_on_both_sides() -> None:
    def mask(*labels: str) -> dict[str, Any]:
        objects = [{"label": label, "counts": [1, 2, 1]} for label in labels]
        return {"width": 2, "height": 2, "objects": objects}

    present = presenter_for("mask").data
    left = present(shown(mask("lung"), mask("heart", "lung"), extra={"spacing_mm": [0.5, 2]}))
    right = present(shown(mask("heart", "lung"), mask("lung")))
    assert [layer["colour"] for layer in left["layers"]] == [2]
    assert [layer["colour"] for layer in right["layers"]] == [1, 2]
    assert (left["layers"][0]["area_told"], right["layers"][0]["area_told"]) == ("2.0 mm²", "")


def test_an_unknown_presenter_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="summary"):
        presenter_for("summaries")
