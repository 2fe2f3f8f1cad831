"""What the journeys do with a page beyond Playwright's own words."""

import base64
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import axe_playwright_python
import numpy as np
from django.conf import settings
from django.test import Client
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from arena.accounts.models import User

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "test-results"  # not kept by git
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {"desktop": 1440, "tablet": 820, "reflow": 320, "phone": 390}
LOW = 500
PICTURES = {("desktop", "light"), ("phone", "dark")}
KEEP_PICTURES = "CONSILIUM_PICTURES" in os.environ
COLOURS = ("color-contrast", "link-in-text-block")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def sign_in(page: Page, user: User, base_url: str) -> None:
    """Give the browser a session of ``user``; the sign-in page has a journey of its own."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    cookie: Any = {"name": name, "value": client.cookies[name].value, "url": base_url}
    page.context.add_cookies([cookie])


def drawn(page: Page) -> None:
    """Wait until viewers have drawn, which they do once a frame."""
    frame = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.evaluate(f"() => {frame}")


def pixels_of(url: str) -> NDArray[np.uint8]:
    """Red, green and blue of what a canvas gave by ``toDataURL``: rows, columns, channels."""
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGB"))


def to_screen(page: Page, ratio: int) -> None:
    """Bring the window to a screen with so many pixels for one of the page's.

    Browsers look at the screen only where the window changes as well: it becomes a little higher,
    but so low that views on a desktop are as high as they ever are there.
    """
    session = page.context.new_cdp_session(page)
    metrics = {"width": 1440, "height": LOW + ratio, "deviceScaleFactor": ratio, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)


def axe_faults(page: Page, *, only: Sequence[str] = ()) -> list[str]:
    """The serious and critical findings of axe, one line each with the places they are at.

    ``only``: these rules alone; otherwise all of ``RULES``.
    """
    asked = {"type": "rule", "values": only} if only else {"type": "tag", "values": RULES}
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    found = page.evaluate(
        "options => axe.run(document, options)",
        {"resultTypes": ["violations"], "runOnly": asked},
    )
    return [
        f"{finding['id']}: {finding['help']} at {[node['target'] for node in finding['nodes']]}"
        for finding in found["violations"]
        if finding["impact"] in {"serious", "critical"}
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(script))


def cut_off(page: Page) -> list[str]:
    """The words of buttons, tabs, verdicts and sheets that do not fit into what holds them."""
    holders = ".button, .tile__short, .tabs a, .badge, .answer, [popover]"
    script = (
        f"() => [...document.querySelectorAll('{holders}')].filter("
        "e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    )
    return list(page.evaluate(script))


def screenshot(page: Page, name: str) -> Path:
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


def look(page: Page, name: str) -> None:
    """Check what is on the screen at four widths, in light and dark; pictures where asked for.

    Raises ``AssertionError`` with every accessibility fault and every overflow found.
    """
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # Nothing but colours differs in the dark: no width, and of axe's rules two.
        faults += too_wide(page) if scheme == "light" else []
        only = COLOURS if scheme == "dark" else ()
        faults += [f"{scheme}: {fault}" for fault in axe_faults(page, only=only)]
        if KEEP_PICTURES:
            keep_pictures(page, name, scheme)
    page.set_viewport_size({"width": WIDTHS["desktop"], "height": 900})
    assert not faults, f"{name}:\n" + "\n".join(faults)


def too_wide(page: Page) -> list[str]:
    """Go through the widths, which leaves the page as wide as the last; one line for each fault."""
    faults = []
    for label, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        if (extra := overflow(page)) > 0:
            faults.append(f"{label}: {extra} px wider than the window")
    return faults


def keep_pictures(page: Page, name: str, scheme: str) -> None:
    for label in (label for label, of in PICTURES if of == scheme):
        page.set_viewport_size({"width": WIDTHS[label], "height": 900})
        screenshot(page, f"{name}-{label}-{scheme}")
    page.set_viewport_size({"width": WIDTHS["phone"], "height": 900})
