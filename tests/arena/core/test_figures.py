"""Numbers and days as people of each language write them; words and coordinates stay."""

import json
from datetime import date

import pytest
from django.template import Context, Template
from django.utils.formats import date_format
from django.utils.translation import override

from arena.core.figures import written
from arena.voting.presenters.rows import told
from tests.arena.voting.test_every_kind import pane
from tests.kinds_examples import examples


@pytest.mark.parametrize(
    ("value", "german"),
    [
        (0.25, "0,25"),
        ("-1.5e-07", "-1,5e-07"),
        ("12.5 %", "12,5 %"),
        ("3", "3"),
        ("v1.2.3", "v1.2.3"),
        ("1.2 to 3.4", "1.2 to 3.4"),
        ("", ""),
    ],
)
def test_a_number_has_the_mark_of_the_language(value: object, german: str) -> None:
    with override("de"):
        assert written(value) == german
    with override("en"):
        assert written(value) == str(value)


@pytest.mark.parametrize(("language", "half"), [("de", "0,5"), ("fr", "0,5"), ("he", "0.5")])
def test_templates_and_values_in_words_have_it_too(language: str, half: str) -> None:
    with override(language):
        text = Template("{{ n|figure }} {{ n }}").render(Context({"n": 0.5}))
        assert text == f"{half} 0.5", "what is not for reading keeps its point"
        assert told(0.5) == half and told("0.5") == "0.5"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "5 Nov 2026"), ("de", "5. Nov. 2026"), ("fr", "5 nov. 2026")],
)
def test_a_day_is_written_as_the_language_does(language: str, said: str) -> None:
    with override(language):
        assert date_format(date(2026, 11, 5)) == said


@pytest.mark.parametrize("kind", ["boxes", "survival-curve", "risk-score", "regression-value"])
def test_drawings_keep_their_coordinates(kind: str) -> None:
    """What is drawn is the same in every language; only what is read differs."""

    def drawn(language: str) -> list[str]:
        with override(language):
            html = pane(examples()[kind], *examples()[kind].records[:2])
        return [part for part in html.split('"')[1::2] if part[:1].isdigit() or part[:1] == "M"]

    assert drawn("de") == drawn("en")
    assert json.dumps(drawn("de")).count(".") > 0
