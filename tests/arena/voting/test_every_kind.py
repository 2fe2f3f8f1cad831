"""What holds for how every output kind is shown. No test has a database: presenters ask none."""

import copy
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template.loader import render_to_string

from arena.generations.leak_filter import maker_named, texts_of
from arena.voting.presenters import presenter_for, presenters
from arena.voting.presenters.base import Shown
from evaluation.kinds import RecordError, kind_for
from evaluation.kinds.base import Record
from tests.evaluation.test_every_kind import changed, leaves, some
from tests.kinds_examples import Example, examples

HARMFUL = {"script", "style", "iframe", "object", "embed", "link", "meta", "base", "form"}
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)><p style='color:red' hx-get=/x hx-trigger=load>",
    "[x](javascript:alert(1)) ![y](https://evil.example/p.png) <https://evil.example>",
    r"$\href{javascript:alert(1)}{x}$ $\frac{ \(\style{color:red}{y}\) $$\unicode{<script>}$$",
)


@pytest.fixture(params=sorted(presenters()))
def example(request: pytest.FixtureRequest) -> Example:
    return examples()[request.param]


class Page(HTMLParser):
    """Tags with their attributes, and the words a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def shown(example: Example, record: Any, other: Any | None) -> Shown:
    def valid(value: Any) -> Record:
        return kind_for(example.kind).validate(value, example.facts)

    compared = None if other is None else valid(other)
    return Shown(valid(record), compared, example.facts, lambda name: f"/ballots/{name}")


def pane(example: Example, record: Any, other: Any | None, side: str = "left") -> str:
    presenter = presenter_for(example.kind)
    data = presenter.data(shown(example, record, other))
    context = {"data": data, "side": side, "case": {"language": "en"}}
    return render_to_string(presenter.template, context)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.replace("_", " ").casefold()))


def letters(text: str) -> str:
    return re.sub(r"[\s\d_]+", "", text.casefold())


def test_data_are_plain_json_and_no_record_is_changed(example: Example) -> None:
    for record, other in (example.records[:2], example.records[1::-1], (example.records[0], None)):
        given = shown(example, record, other)
        before = copy.deepcopy((given.record, given.other))
        data = presenter_for(example.kind).data(given)
        assert json.dumps(data, allow_nan=False)
        assert (given.record, given.other) == before


def test_every_word_and_name_of_a_record_is_shown(example: Example) -> None:
    """What a rater never sees must not be stored as judged."""
    for number, record in enumerate(example.records):
        other = example.records[number - 1]
        canonical = shown(example, record, other).record
        text = Page(pane(example, record, other)).text
        for path, leaf in leaves(canonical):
            if isinstance(leaf, str) and path[-1] not in ("sha256", "media_type"):  # seen itself
                plain = re.sub(r"\$\$?[^$]+\$\$?|\\\(.*?\\\)|\\\[.*?\\\]", " ", leaf)
                assert words(plain) <= words(text) or letters(plain) in letters(text), path


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "markup", "addresses", "formula"])
def test_hostile_text_is_shown_and_does_nothing(example: Example, text: str) -> None:
    for path, leaf in some(list(leaves(example.records[0]))):
        if not isinstance(leaf, str):
            continue
        try:
            html = pane(example, changed(example.records[0], path, text), example.records[1])
        except RecordError:
            continue
        for tag, attributes in Page(html).tags:
            assert tag not in HARMFUL, (path, tag)
            assert not [name for name in attributes if re.match(r"on|hx-|style$", name)], path
            for name in ("href", "src", "action", "poster", "data"):
                assert re.match(r"$|#|/ballots/", attributes.get(name, "")), (path, name)
        assert text not in html or "<" not in text, "it was not escaped"


def test_a_maker_named_in_any_key_is_found(example: Example) -> None:
    """What systems call things is read by raters as well."""
    for path in {place[:n] for place, _ in leaves(example.records[0]) for n in range(len(place))}:
        mapping: Any = example.records[0]
        for step in path:
            mapping = mapping[step]
        if not isinstance(mapping, dict):
            continue
        for value in (0.001, "x"):
            named = {**mapping, "ChatGPT": value}
            record = changed({"": example.records[0]}, ("", *path), named)[""]
            try:
                valid = shown(example, record, None).record
            except RecordError:
                continue
            assert maker_named(texts_of(valid)) == "ChatGPT" or "ChatGPT" not in str(valid), path


def test_both_sides_have_the_same_rows_in_the_same_order(example: Example) -> None:
    """Where a kind lays its sides out in rows, they are of both records together."""
    one, two = example.records[:2]
    present = presenter_for(example.kind).data
    left, right = present(shown(example, one, two)), present(shown(example, two, one))
    for name in {"rows", "fields", "results"} & set(left):
        keys = [row["key"] for row in left[name]]
        assert keys == [row["key"] for row in right[name]]
        assert len(keys) == len(set(keys))


def test_ids_of_the_two_sides_do_not_meet(example: Example) -> None:
    one, two = example.records[:2]
    html = pane(example, one, two, "left") + pane(example, two, one, "right")
    ids = [attributes["id"] for _, attributes in Page(html).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for _, a in Page(html).tags if a.get("href", "").startswith("#")]
    assert set(links) <= set(ids)
