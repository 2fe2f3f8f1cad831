"""Stylesheets and scripts: legible colours, no foreign hosts, and names that carry their hash."""

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from tests.frontend.sources import FRONTEND, SCRIPTS, STYLESHEETS, short

THEMED = re.compile(r"\[data-theme=[^{]*\{\s*([^}]*?)\s*\}")
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
TEXT_ON = [
    *((text, ground) for text in ("text", "text-soft") for ground in ("ground", "surface")),
    *((text, "surface-raised") for text in ("text", "text-soft")),
    *(("text", f"{soft}-soft") for soft in ("accent", "good", "warn", "bad", "simulated")),
    *((c, ground) for c in ("accent", "good", "warn", "bad") for ground in ("ground", "surface")),
    *((colour, f"{colour}-soft") for colour in ("accent", "good", "warn", "bad", "simulated")),
    *((side, f"{side}-soft") for side in ("left", "right")),
    ("on-accent", "accent"),
    ("on-bad", "bad"),
]
EDGES = [("line-strong", "surface"), *((f"series-{n}", "surface") for n in range(1, 7))]


def tokens(scheme: int) -> dict[str, str]:
    source = (FRONTEND / "static" / "css" / "tokens.css").read_text()
    return {match[1]: match[2 + scheme] for match in TOKEN.finditer(source)}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_four_and_a_half_to_one_and_edges_three_to_one(scheme: int) -> None:
    colour = tokens(scheme)
    faint = [(a, b) for a, b in TEXT_ON if contrast(colour[a], colour[b]) < 4.5]
    faint += [(a, b) for a, b in EDGES if contrast(colour[a], colour[b]) < 3]
    assert not faint


def test_a_theme_changes_colours_and_nothing_else() -> None:
    """So what the journeys find of widths and structure in the light holds in the dark."""
    sheets = "".join(path.read_text() for path in STYLESHEETS)
    assert "prefers-color-scheme" not in sheets
    assert set(THEMED.findall(sheets)) == {"color-scheme: light;", "color-scheme: dark;"}


def test_every_colour_a_stylesheet_uses_is_a_token_that_exists() -> None:
    defined, used = set(), {}
    for path in STYLESHEETS:
        source = path.read_text()
        defined |= set(re.findall(r"(--[\w-]+)\s*:", source))
        used |= {name: short(path) for name in re.findall(r"var\((--[\w-]+)\)", source)}
    assert not {name: place for name, place in used.items() if name not in defined}


@pytest.mark.parametrize("path", [*STYLESHEETS, *SCRIPTS], ids=short)
def test_a_static_file_names_no_other_host(path: Path) -> None:
    source = re.sub(r"http://www\.w3\.org/\S+", "", path.read_text())
    assert not re.search(r"""(?:url\(|import|fetch\(|src\s*=)\s*["'(]*(?:https?:)?//""", source)


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_a_script_needs_no_unsafe_policy(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\beval\(|new Function\(|document\.write\(", source)
    assert not re.search(r"setAttribute\(\s*[\"']style", source)


@pytest.mark.parametrize("path", [s for s in SCRIPTS if "viewers" in s.parts], ids=short)
def test_a_viewer_never_makes_markup_of_an_output(path: Path) -> None:
    assert not re.search(r"(?:inner|outer)HTML|insertAdjacentHTML", path.read_text())


@pytest.mark.slow
def test_collected_files_refer_to_each_other_by_hashed_names_only(tmp_path: Path) -> None:
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "arena.core.static.HashedStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    paths = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    ours = [paths[str(path.relative_to(FRONTEND / "static"))] for path in (*SCRIPTS, *STYLESHEETS)]
    reference = (
        r"""(?:\bfrom\s*|\bimport\s*\(?\s*|url\(\s*|@import\s*)["']([^"']+\.(?:js|css|svg))["']"""
    )
    plain = {
        f"{name}: {target}"
        for name in ours
        for target in re.findall(reference, (tmp_path / name).read_text())
        if not re.search(r"\.[0-9a-f]{12}\.\w+$", target)
    }
    assert not plain
