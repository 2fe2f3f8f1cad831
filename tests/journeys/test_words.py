"""What scripts say in the pseudo-locale: tools, legends, names for screen readers, words on canvas.

Pages as they come from the server are looked through in tests/arena/voting/test_words_of_kinds.py
and test_rater_languages.py.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.studies.models import CaseVersion
from tests.arena.voting.world import NOTE, World, sample_record, world
from tests.frontend.languages import pseudo_locale
from tests.frontend.reading import Texts, english_of, words_of
from tests.inputs.slides import slide
from tests.inputs.test_every_kind import brought
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import TEXTS, world_of
from tests.journeys.browser import drawn, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEARD = """
window.onCanvas = [];
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
  window.onCanvas.push(String(text));
  return fillText.call(this, text, ...place);
};
"""
BOX = {"x": 900.0, "y": 500.0, "w": 375.0, "h": 500.0, "label": "nest"}


def image(folder: Path) -> World:
    return world("mask", n_cases=1)


def volume(folder: Path) -> World:
    folder.mkdir()
    (folder / "scan.nii.gz").write_bytes(nifti())
    return world_of("volume", folder, output_kind="mask", records=(lesions(), lesions(1)))


def whole_slide(folder: Path) -> World:
    folder.mkdir()
    (folder / "slide.svs").write_bytes(slide())
    records = ({"boxes": [BOX]}, {"boxes": [{**BOX, "x": 1200.0}]})
    return world_of("whole-slide", folder, output_kind="boxes", records=records)


def ecg(folder: Path) -> World:
    return world_of("ecg", brought("ecg", folder))


def sounds(folder: Path) -> World:
    return world("audio-generated", n_cases=1)


def clips(folder: Path) -> World:
    return world("video-generated", n_cases=1)


PLACES: dict[str, tuple[Callable[[Path], World], str, tuple[str, ...]]] = {
    "image": (image, "c-image", ("Difference", "Blink", "Swipe", "Measure")),
    "volume": (volume, "c-volume", ("Difference", "Blink", "Swipe", "Measure")),
    "slide": (whole_slide, "c-slide", ("Zoom in",)),
    "ecg": (ecg, "c-signal", ("Calipers",)),
    "sounds": (sounds, "c-media", ()),
    "clips": (clips, "c-media", ()),
}
"""Where it is looked: what is on the desk, its viewer, and the tools that say more."""


@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_viewer_says_nothing_in_english(
    place: str, speaking: Any, live_server: LiveServer, settings: Any, tmp_path: Path
) -> None:
    settings.LOCALE_PATHS = [pseudo_locale(tmp_path / "locale", "fr")]
    make, viewer, tools = PLACES[place]
    here, page = make(tmp_path / "case"), speaking("fr")
    page.add_init_script(HEARD)
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator(f"{viewer}[data-ready]").first).to_be_attached()
    data = data_of(here)
    assert english_of(heard(page), data) == []
    for tool in tools:
        page.get_by_role("button", name=f"⟦{tool}").first.click()
        assert english_of(heard(page), data) == [], tool


def test_the_search_hears_english(page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    here = image(tmp_path)
    page.add_init_script(HEARD)
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, here.rater, live_server.url)
    page.goto(f"/studies/{here.study.slug}/vote/")
    page.get_by_role("button", name="Blink").click()
    found = english_of(heard(page), data_of(here))
    assert {"Shown: left", "Tools of the images", "Share of image"} <= set(found)
    assert any(text.startswith("Image, left; the table below") for text in found)


def heard(page: Page) -> list[str]:
    """All that the desk shows or tells after its last change."""
    drawn(page)
    found = Texts(page.locator("#main").evaluate("main => main.outerHTML")).found
    return [*found, *page.evaluate("() => [...new Set(window.onCanvas)]")]


def data_of(here: World) -> list[Any]:
    """What comes from the study, its case and the outputs."""
    version = CaseVersion.objects.get(pk=here.cases[0].pk)
    metas = [asset.meta for asset in version.assets.all()]
    kind = here.protocol.output_kind
    records = (
        [sample_record(kind, n) for n in range(2)] if here.study.slug.startswith("study") else []
    )
    named = [here.study.title, "Overall", "Which would you rather act on?", NOTE, "nest", "liver"]
    found = [*words_of(version.content), *words_of(metas), *words_of(records), *words_of([*TEXTS])]
    return [*found, *named, "cyst", version.title]
