"""What the bars of the viewers say is known to the catalogs, word by word."""

import re

from django.utils.translation import override

from arena.voting.viewer_words import TEXTS, viewer_words
from tests.frontend.sources import SCRIPTS

VIEWERS = {
    path.name: path.read_text(encoding="utf-8") for path in SCRIPTS if "viewers" in path.parts
}
CALLS = r'\b(?:button|choice|slider|number|makeBar|said)\((?:view, )?"([^"]+)"'
TITLES = r'\btitle: "([^"]+)"|\btitle = "([^"]+)"|\b(?:marks|image): "(Blink[^"]+)"|: "(Both \w+)"'
WINDOWS = r'"?\b((?!Arrow)[A-Z][A-Za-z -]+)"?: (?:\[-?\d|given)'
OPTIONS = r'\b(?:both|contour|fill|none|name): "([A-Z][^"]*)"|\b(?:0\.\d+|1): "(\w+)"'


def said() -> set[str]:
    """Every text in English that a script gives to a bar."""
    found = set()
    for source in VIEWERS.values():
        for pattern in (f"{CALLS}|{TITLES}", WINDOWS, OPTIONS):
            for match in re.finditer(pattern, source):
                found |= {text for text in match.groups() if text}
    return found - {"−", "+"}


def test_every_text_of_a_bar_can_be_said_in_another_language() -> None:
    assert len(said()) > 35
    assert said() - set(TEXTS) == set()


def test_a_reader_of_english_is_sent_no_translations() -> None:
    with override("en"):
        assert viewer_words() == {}
    with override("de"):
        assert viewer_words()["Show all"] == "Alles zeigen"
