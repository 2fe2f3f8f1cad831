"""What holds for every input kind: it comes in, is shown, and systems are sent what is promised."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from arena.generations.models import Generation
from arena.studies.case_check import checked_case
from arena.studies.case_import import cases_read
from arena.studies.formats import case_facts, formats
from arena.studies.models import Case, CaseVersion
from arena.studies.new_case import CaseError
from arena.studies.services.cases import cases_store
from tests.arena.voting.world import World
from tests.conftest import ROOT
from tests.inputs.examples import FILES
from tests.inputs.world import load, study_reading, world_of, written
from workers.asks import ask_for

pytestmark = pytest.mark.django_db
PAGE = (ROOT / "docs" / "input-kinds.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \[`([a-z0-9-]+)`\]\(#\1\) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)


def brought(kind: str, folder: Path) -> Path:
    files = FILES[kind]
    written(folder, files)
    return folder if len(files) > 1 else folder / next(iter(files))


@pytest.fixture(params=sorted(formats()))
def here(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return world_of(request.param, brought(request.param, tmp_path))


def test_every_kind_is_described_and_tried() -> None:
    assert sorted(kind for kind, _ in ROWS) == sorted(formats()) == sorted(FILES)


def test_systems_are_sent_the_parts_that_the_page_promises(here: World) -> None:
    row = Generation.objects.select_related("study_system__study", "case_version").first()
    assert row is not None
    parts = ask_for(row).parts
    promised = dict(ROWS)[here.protocol.input_kind]
    assert {part.name for part in parts} == set(re.findall(r"`([a-z0-9-]+)`", promised))
    assert all(part.data for part in parts)
    assert all(isinstance(part.data, str if part.kind == "text" else bytes) for part in parts)


def test_raters_and_coordinators_see_the_case(here: World, client: Client) -> None:
    client.force_login(here.study.created_by)
    key = Case.objects.get().pk
    assert client.get(reverse("manage-case", args=[here.study.slug, key])).status_code == 200
    assert client.get(reverse("manage-cases", args=[here.study.slug])).status_code == 200
    client.force_login(here.rater)
    page = client.get(reverse("vote", args=[here.study.slug]))
    assert page.status_code == 200
    ballot = client.post(reverse("api-ballots", args=[here.study.slug])).json()
    assert ballot["case"]["input_kind"] == here.protocol.input_kind
    for url in ballot["case"]["assets"].values():
        assert client.get(url).status_code == 200
    assert json.dumps(here.cases[0].content, allow_nan=False)


def test_the_same_case_again_changes_nothing(here: World, tmp_path: Path) -> None:
    again = brought(here.protocol.input_kind, tmp_path / "again")
    assert load(here.study, again, accept_phi_findings=True) == 0


HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(2)</script> {{ 7 }}"


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all texts in a content."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inner:
            yield from leaves(item, (*path, key))


def poisoned(value: Any, path: tuple[Any, ...]) -> Any:
    if not path:
        return f"{value} {HOSTILE}"
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = poisoned(value[path[0]], path[1:])
    return changed


@pytest.mark.parametrize("kind", sorted(formats()))
def test_markup_in_a_case_is_shown_as_text(kind: str, tmp_path: Path, client: Client) -> None:
    """Every text of the example in turn; what the format refuses cannot be shown."""
    study = study_reading(kind)
    path = brought(kind, tmp_path)
    found = cases_read(path, name=path.name, input_kind=kind, output_kind="text-answer", columns={})
    case = found[0][1]
    client.force_login(study.created_by)
    tried = 0
    for number, place in enumerate(leaves(case.content)):
        hostile = replace(case, key=f"case-{number}", content=poisoned(case.content, place))
        try:
            hostile = checked_case(hostile, input_kind=kind, output_kind="text-answer")
        except CaseError:
            continue
        cases_store(study=study, by=study.created_by, cases=[hostile])
        url = reverse("manage-case", args=[study.slug, Case.objects.get(key=hostile.key).pk])
        html = client.get(url).content.decode()
        assert "<img src=x" not in html and "<script>alert" not in html, place
        tried += "&lt;script&gt;alert(2)" in html
    assert tried, "no text of the example is shown"


@pytest.mark.parametrize("kind", sorted(formats()))
def test_a_case_whose_votes_alone_were_imported_has_a_page(kind: str, client: Client) -> None:
    study = study_reading(kind)
    case = Case.objects.create(study=study, key="case-1")
    version = CaseVersion.objects.create(
        case=case, input_kind=kind, content={"text": "Shown elsewhere."}, digest="0" * 64
    )
    client.force_login(study.created_by)
    page = client.get(reverse("manage-case", args=[study.slug, case.pk]))
    assert "Shown elsewhere." in page.content.decode()
    assert case_facts(version).width is None


def test_facts_are_plain(here: World) -> None:
    facts = case_facts(here.cases[0])
    assert json.dumps([facts.text, facts.width, facts.height, dict(facts.extra)], allow_nan=False)
