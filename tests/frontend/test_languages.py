"""English, French and German: complete, compiled, and with the same gaps to fill in."""

import gettext
import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

from arena.core.catalogs import catalogs, compiled, entries
from tests.frontend.languages import LOCALE, messages

PATHS = catalogs(LOCALE)
by_language = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parts[-3])
GAPS = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>")


def test_every_language_of_the_site_but_english_has_a_catalog() -> None:
    offered = {code for code, _ in settings.LANGUAGES}
    assert {path.parts[-3] for path in PATHS} == offered - {"en"}


@by_language
def test_what_django_reads_is_made_of_what_people_wrote(path: Path) -> None:
    body = path.with_suffix(".mo").read_bytes()
    assert body == compiled(path.read_text(encoding="utf-8")), "run manage.py compile_catalogs"
    read = gettext.GNUTranslations(io.BytesIO(body))
    assert read.gettext("Skip") != "Skip"
    assert read.pgettext("verdict", "left") != "left"
    assert read.ngettext("%(n)s case", "%(n)s cases", 5) != "%(n)s cases"


@by_language
def test_every_text_of_the_rater_is_translated(path: Path) -> None:
    known = {e.message for e in entries(path.read_text(encoding="utf-8")) if all(e.texts.values())}
    wanted = set(messages())
    assert len(wanted) > 300
    assert wanted - known == set(), "run manage.py makemessages, translate, compile_catalogs"
    assert known - wanted - {""} == set(), "nothing asks for these any more"


@by_language
def test_a_translation_has_the_gaps_and_marks_of_the_original(path: Path) -> None:
    for entry in entries(path.read_text(encoding="utf-8")):
        for text in entry.texts.values():
            wanted = [mark for mark in GAPS.findall(entry.message) if not mark.startswith("<")]
            found = [mark for mark in GAPS.findall(text) if not mark.startswith("<")]
            assert sorted(wanted) == sorted(found), entry.message
            assert text.count("<") == entry.message.count("<"), entry.message


FRENCH = LOCALE / "fr" / "LC_MESSAGES" / "django.po"
CODE = re.compile(r"<code>.*?</code>")
LOOSE = re.compile(r"(?<!\u00a0)(?<!\()[:;!?»](?!\w)|«(?!\u00a0)")


def test_french_signs_stay_with_their_words() -> None:
    """A no-break space before : ; ! ? and inside guillemets, as French sets them."""
    found = {
        text
        for entry in entries(FRENCH.read_text(encoding="utf-8"))
        for text in entry.texts.values()
        if entry.message and LOOSE.search(CODE.sub("", text))
    }
    assert found == set()


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    po = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid ""\nmsgstr "Language: fr\\n"\n\nmsgid "Skip"\nmsgstr "Passer"\n')
    with override_settings(LOCALE_PATHS=[tmp_path]):
        said = io.StringIO()
        call_command("compile_catalogs", stdout=said)
        call_command("compile_catalogs", stdout=said)
    assert said.getvalue().count("written:") == 1
    assert "up to date" in said.getvalue()


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize(
        ("language", "said"),
        [("fr", "Se connecter pour voter"), ("de", "Zum Abstimmen anmelden"), ("it", "Sign in to")],
    )
    def test_the_browser_s_language_is_taken_where_it_is_offered(
        self, client: Client, language: str, said: str
    ) -> None:
        text = client.get("/", headers={"accept-language": language}).content.decode()
        assert said in text

    def test_a_chosen_language_stays(self, client: Client) -> None:
        response = client.post("/language/", {"language": "de", "next": "/studies/"})
        assert response["Location"] == "/studies/"
        cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        text = client.get("/", headers={"accept-language": "fr"}).content.decode()
        assert '<html lang="de" dir="ltr"' in text

    def test_a_page_that_is_not_translated_says_so(self, client: Client) -> None:
        text = client.get("/methods/", headers={"accept-language": "de"}).content.decode()
        assert '<main class="page" id="main" tabindex="-1" lang="en" dir="ltr">' in text
        assert "Nur für die Forschung." in text, "the frame is"

    def test_figures_are_the_same_in_every_language(self) -> None:
        from django.utils import formats, translation

        for language in ("en", "fr", "de"):
            with translation.override(language):
                assert formats.localize(1.5) == "1.5"
