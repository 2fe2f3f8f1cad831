"""Without JavaScript every output and every case is read from text and tables, or by the browser.

The page is taken as the server sends it, scripts and what only they use left out: values must
stand in the text. A picture, a clip or a sound comes in an element of HTML, its facts beside it.
"""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from arena.studies.formats import formats
from arena.voting.presenters import presenters
from tests.arena.voting.test_every_kind import Page
from tests.arena.voting.world import World, world
from tests.inputs.test_every_kind import brought
from tests.inputs.world import world_of

pytestmark = pytest.mark.django_db

# What both examples of the kind say, value by value; left and right are searched together.
OUTPUTS = {
    "action-plan": "today: Chest radiograph|Amoxicillin 500 mg|Cost: 85 EUR|Sputum culture",
    "agent-trajectory": "48 mg/L|16 × 12|for five days",
    "audio-generated": "0.5 seconds|8000 samples a second|mono",
    "boxes": "18, 20|5.0 × 4.0 mm|0.40|on both sides|0.77",
    "cell-state": "62 %|30 %|45 %|not given",
    "chat-multi-turn": "Since Monday|38.6|Rest and drink",
    "checklist-score": "Urea over 7|does not apply|not given|Sum 1",
    "citation-grounded-answer": "Word for word in the case|Not word for word|Smith 2020",
    "code-artifact": "depth: int|0.142|0.78|is not in this program",
    "concept-codes": "J18.9|Acute bronchitis|✓ given|not given",
    "event-sequence": "J01CA04|2.5|Z09|nothing",
    "extraction-record": "500 differs|50 differs|Friday",
    "forecast": "88 to 96|38.6|80 to 100|Time, h",
    "grounded-text": "Opacity|4, 18|4.5 × 4.0 mm|22, 24",
    "heat-map": "43 %|24 %|86 %|0.900|62 % from the left",
    "image-generated": "128 × 96 pixels",
    "image-reconstructed": "5.99 to 593|30 × 20 pixels, 4 frames|23.99 to 2375",
    "label-probabilities": "0.82|0.31|0.65|not given",
    "mask": "disc|50.0 %|128.0 mm²",
    "molecule-generated": "CC(=O)Oc1ccccc1C(=O)O|CC(=O)Nc1ccc(O)cc1|1.35|Not a valid structure",
    "multiple-choice": "Chosen: B|0.12|Chosen: D",
    "parameter-map": "80.2|51.96 ms|46.44 ms|78 %",
    "points": "27, 25|8.4, 9.1|only here",
    "polygons": "25.7 %|65.8 mm²|58.5 mm²|0.80",
    "preference-vote": "A is better|Both are unacceptable",
    "ranked-list": "0.71|0.03|Asthma|place 2 there",
    "regression-value": "48.25 mg/L|31 to 64.5|22 mg/L",
    "relations": "treats|✓ given novel|amoxicillin",
    "report-structured": "right lower lobe|42|side left",
    "retrieval-list": "12.5|PMID 1003",
    "risk-score": "18 %|180 with, 820 without|11 to 27 %|4.2 %",
    "sequence-generated": "MKTAYIAKQR|33 letters|93.9 %",
    "simplification": "yellow slime|your medicine",
    "spans": "Fever problem|1 with other bounds|problem 2",
    "sql-with-result": "GROUP BY drug|doxycycline 5|NULL 1",
    "structure-3d": "(((...)))|7–9|2 of 3 on both sides|1–2",
    "summary": "version a|version b",
    "survival-curve": "66.0 %|45.0 %|Median 24|not reached",
    "text-answer": "most likely|Acute bronchitis|Word for word",
    "trial-match": "not met|not applicable|score 0.9",
    "video-generated": "128 × 96 pixels|0.6 seconds|3 frames",
}
INPUTS = {
    "audio": "At the apex|0.5 s|8000 samples a second|mono",
    "clinical-note": "Fever.|Rales.|Amoxicillin.",
    "clinical-trial": "NCT00000000|PHASE3|Age 18 or older|Smoking",
    "code-sql": "born DATE NOT NULL|REFERENCES patient",
    "conversation": "rash since Monday|Does it itch?|at night",
    "ecg": "aVR|V6|10 s at 500 samples a second|25 mm/s, 10 mm/mV",
    "ehr-timeline": "34 years, female|Peak flow 210|Asthma J45|Salbutamol",
    "image-2d": "Fall on the left wrist|40 × 30 pixels",
    "knowledge-graph": "Metformin Drug treats Diabetes|Neuropathy",
    "literature": "2021|It did, a little|Two groups of 50",
    "pdf-page": "Page 1 of 1|Chest pain since noon.",
    "structured-findings": "Absent Rash HPO HP:0000988|Not known Travel",
    "table": "131.5|dialysis discussed|Serum creatinine",
    "text": "Is 5 mg enough?",
    "time-series": "2.333 h|38.9|Highest|121",
    "video": "Apical view|0.6 s|128 × 96 pixels|3 frames",
    "volume": "20 × 16 × 12 voxels of 1 × 1.5 × 2 mm|Axial, middle slice",
    "wearable-signal": "19200 rows in 5 min|-0.119583",
    "whole-slide": "Core biopsy|3000 × 2000 pixels of 0.250 µm",
}
SEEN_OR_HEARD = {"audio-generated", "image-generated", "video-generated"}
"""Of these no text tells what a side shows: HTML's own elements do, and the text has the facts."""


def plain(html: str) -> str:
    """The page without what only scripts read."""
    return re.sub(r"<(script|style|template)\b.*?</\1>", " ", html, flags=re.DOTALL)


def page_of(here: World, client: Client) -> str:
    client.force_login(here.rater)
    return plain(client.get(reverse("vote", args=[here.study.slug])).content.decode())


def words(html: str) -> str:
    return " ".join(Page(html).text.split()).casefold()


def missing(values: str, html: str) -> list[str]:
    return [value for value in values.split("|") if value.casefold() not in words(html)]


def bare_viewers(html: str) -> list[str]:
    """Elements of ours in which nothing of HTML stands that a browser shows by itself."""
    found = re.findall(r"<(c-[a-z]+)\b[^>]*>(.*?)</\1>", html, re.DOTALL)
    shown = r"<img\b|<(?:video|audio)\b[^>]*\bcontrols\b|<table\b"
    return [name for name, inner in found if not re.search(shown, inner) and not words(inner)]


def test_the_tables_name_every_kind() -> None:
    assert set(OUTPUTS) == set(presenters())
    assert set(INPUTS) == set(formats())


@pytest.mark.parametrize("kind", sorted(presenters()))
def test_an_output_is_read_without_scripts(kind: str, client: Client) -> None:
    html = page_of(world(kind, n_cases=1), client)
    panes = html.partition('class="panes')[2]
    assert panes.count("pane__body") == 2
    assert not missing(OUTPUTS[kind], panes)
    assert not bare_viewers(panes)
    if kind in SEEN_OR_HEARD:
        tags = [(tag, attributes) for tag, attributes in Page(panes).tags if tag in MEDIA]
        assert sum("/output" in attributes.get("src", "") for _, attributes in tags) == 2
        assert all("controls" in a for tag, a in tags if tag != "img")


MEDIA = {"img", "video", "audio"}


@pytest.mark.parametrize("kind", sorted(formats()))
def test_a_case_is_read_without_scripts(kind: str, client: Client, tmp_path: Path) -> None:
    html = page_of(world_of(kind, brought(kind, tmp_path)), client)
    case = html.partition('class="case__body')[2].partition('class="panes')[0]
    assert not missing(INPUTS[kind], case)
    assert not bare_viewers(case)
