"""Every adapter answers a case of each of its tasks, and a rater sees the answer on a ballot.

From the registered system through the worker's own code, by small real models and a server, to the
page; the other side of the ballot is an uploaded output. Families are also opened in a browser.
"""

import gc
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytest.importorskip("torch", reason="no torch: pip install '.[models]'")
pytest.importorskip("transformers")

from arena.accounts.models import User
from arena.generations.adapters import CATALOGUE, info_fits
from arena.generations.leak_filter import texts_of
from arena.generations.models import Generation
from arena.generations.selectors import resources_waiting
from arena.generations.services import (
    generation_request,
    outputs_import,
    study_system_add,
    system_register,
)
from arena.studies.models import Protocol, Study
from tests.arena.voting.world import rater, world
from tests.conftest import ROOT
from tests.inputs.examples import FILES
from tests.inputs.world import load, study_reading, written
from tests.journeys.adapters import CHOICES, UNDER, Bench, Row, row_for, tasks
from tests.journeys.browser import sign_in
from tests.journeys.test_every_kind import viewers
from tests.kinds_examples import examples, files_of
from tests.workers.chat_server import serving
from workers import runner
from workers.adapters.registry import names as registered
from workers.residency import Residents

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SLUG, RIVAL = "asked", "uploaded"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with serving() as server:
        yield Bench(tmp_path_factory.mktemp("models"), server)


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch, settings: Any, bench: Bench) -> Iterator[None]:
    """A worker of this process, with what an operator would have given it."""
    monkeypatch.setenv("CONSILIUM_MODELS_DIR", str(bench.folder))
    monkeypatch.setenv("CONSILIUM_TRAINING_DIR", str(bench.folder))
    monkeypatch.setenv("CONSILIUM_CORPORA_DIR", str(bench.folder))
    monkeypatch.setenv("CONSILIUM_CALLABLES", "tests.workers.echo:answer")
    monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", bench.server.place)
    settings.INSIDE_ENDPOINTS = [bench.server.place]
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr("arena.generations.services.requests.enqueue", lambda *_, **__: None)
    yield
    runner.residents.close()
    gc.freeze()  # the garbage is gone; what the models imported stays


CASES = {
    "time-series": ("time-series", FILES["time-series"]),
    "choices": ("text", {"cases.jsonl": json.dumps({"key": "c-1", "text": CHOICES}).encode()}),
}


def study_for(row: Row, folder: Path) -> Study:
    """An open study with a case that the row's system reads and a question it answers."""
    if row.cases in CASES:
        reads, files = CASES[row.cases]
        made = study_reading(reads, row.kind)
        place = written(folder / "cases", files)
        load(made, place if len(files) > 1 else place / next(iter(files)), accept_phi_findings=True)
        Study.objects.filter(pk=made.pk).update(status="open", opened_at=timezone.now())
        return Study.objects.get(pk=made.pk)
    like = {"image-2d": "mask"}.get(row.cases, "summary")
    made = world(like, slug="asks", n_cases=1, n_systems=0, n_raters=0).study
    old = made.protocols.get()
    if row.kind != old.output_kind:
        asked = {"input_kind": old.input_kind, "output_kind": row.kind, "question": "What?"}
        new = Protocol.objects.create(study=made, version=2, **asked)
        new.criteria.create(key="overall", label="Overall", position=0, required=True)
    return made


def answered(name: str, row: Row, bench: Bench, folder: Path) -> tuple[Study, list[Generation]]:
    """The system registered and asked by a worker, and a rival whose output was uploaded."""
    study, by = study_for(row, folder), User.objects.create_superuser("admin@example.org")
    asked = row.setup(bench)
    if name == "variant":
        chat = {"base_url": f"http://{bench.server.place}/v1", "model": "m", "sees": True}
        system_register(slug=UNDER, by=by, adapter="openai-compatible", config=chat)
    fields = {SLUG: {"adapter": name, **asked}, RIVAL: {"adapter": "precomputed"}}
    for slug, given in fields.items():
        version = system_register(slug=slug, by=by, **given)
        study_system_add(study=study, version=version, by=by)
        if given["adapter"] == "precomputed":
            upload(study, slug, row, folder)
    generation_request(study=study)
    while resource := next(iter(resources_waiting()), None):
        runner.run(resource=resource)
    return study, list(Generation.objects.order_by("study_system__version__system__slug"))


def upload(study: Study, slug: str, row: Row, folder: Path) -> None:
    record = dict(row.rival or examples()[row.kind].records[slug == SLUG])
    if row.cases == "image-2d":
        record.pop("alignment", None)  # an image has no sentences to align with
    key = study.cases.get().key
    line = json.dumps({"case": key, "record": record}).encode()
    path = written(folder / slug, {"outputs.jsonl": line, **files_of(record)})
    outputs_import(study=study, by=study.created_by, system_slug=slug, path=path)


class Words(HTMLParser):
    """What a reader sees of a page: its words, in order, without scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.hidden = "", 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        self.text += "" if self.hidden else f" {data}"


def letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text.casefold())


FORMULA = re.compile(r"\$+[^$]+\$+")


def unseen(page: str, rows: list[Generation]) -> list[str]:
    """What the answers say and no pane shows; formulas and files are not read as letters."""
    panes = page.split('class="pane__body"')[1:]
    read = letters("".join(Words(f"<p {pane}").text for pane in panes))
    files = {said for row in rows for f in row.files.all() for said in (f.digest, f.media_type)}
    told_otherwise = {"width", "height"}  # of a place that was looked at: its size, in pixels
    said = {text for row in rows for text in texts_of(row.record)} - files - told_otherwise
    pieces = {piece for text in said for piece in FORMULA.split(text)}
    return sorted(piece for piece in pieces if letters(piece) not in read)


@pytest.mark.parametrize(("name", "task"), tasks(), ids=[f"{n}-{t}" for n, t in tasks()])
def test_an_adapter_answers_its_task_and_a_rater_sees_it(
    name: str, task: str, bench: Bench, tmp_path: Path
) -> None:
    row = row_for(name, task)
    study, rows = answered(name, row, bench, tmp_path)
    assert [(r.status, r.failure, r.error) for r in rows] == [("succeeded", "", "")] * 2
    client = Client()
    person = rater(study, "rater@example.org")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/studies/{study.slug}/vote/", follow=True).content.decode()
    assert page.count("pane__body") == 2
    assert "pane__problem" not in page
    assert unseen(page, rows) == []


# In a browser -----------------------------------------------------------------------------------
FAMILIES = {
    "a language model": ("transformers-text", "summary"),
    "a vision language model": ("transformers-image-text", "text-answer"),
    "a text encoder": ("token-classification", "spans"),
    "an image classifier": ("image-classification", "label-probabilities"),
    "a detector": ("object-detection", "boxes"),
    "a segmenter": ("prompted-segmentation", "mask"),
    "a forecaster": ("time-series-forecast", "forecast"),
    "a probe": ("image-probe", "survival-curve"),
    "a chat server": ("openai-compatible", "agent-trajectory"),
    "a service": ("http-json", "image-generated"),
    "a function": ("python-callable", "report-structured"),
    "a variant": ("variant", "team"),
    "uploaded outputs": ("precomputed", "polygons"),
}


@pytest.mark.browser
@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_of_the_family_is_in_view(
    family: str, bench: Bench, tmp_path: Path, page: Page, live_server: LiveServer
) -> None:
    name, task = FAMILIES[family]
    study, rows = answered(name, row_for(name, task), bench, tmp_path)
    sign_in(page, rater(study, "rater@example.org"), live_server.url)
    page.goto(f"/studies/{study.slug}/vote/")
    expect(page.locator(".pane__body")).to_have_count(2)
    expect(page.locator(".pane__problem")).to_have_count(0)
    for viewer in viewers(page):
        expect(page.locator(f"{viewer}:not([data-ready])")).to_have_count(0)
    for body in page.locator(".pane__body").all():
        box = body.bounding_box()
        assert box is not None
        assert box["height"] > 20
    assert unseen(page.content(), rows) == []


def test_an_answer_that_no_pane_shows_is_missed() -> None:
    row = Generation(pk=1, record={"text": "Rest and fluids."})
    page = '<p>Rest and fluids.</p><div class="pane__body">Rest</div>'
    assert unseen(page, [row]) == ["Rest and fluids."]
    assert unseen(page.replace('body">Rest', 'body"><b>Rest</b> and fluids'), [row]) == []


# The table --------------------------------------------------------------------------------------
def test_every_registered_adapter_is_put_to_each_of_its_tasks() -> None:
    asked = {name for name, _ in tasks()}
    assert asked == {*registered(), "precomputed"}
    for name, task in tasks():
        row = row_for(name, task)
        reads = dict(CASES).get(row.cases, (row.cases,))[0]
        assert info_fits(CATALOGUE[name], reads, row.kind), (name, task)


def test_the_page_lists_what_answered() -> None:
    """``docs/register-your-model.md`` says it in words; the list is what these tests have done."""
    page = (ROOT / "docs" / "register-your-model.md").read_text(encoding="utf-8")
    listed = page.partition("## What has answered")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", listed, re.MULTILINE))
    found = {(name, task) for name, cell in rows.items() for task in named(cell)}
    assert found == {(name, task) for name, task in tasks() if not CATALOGUE[name].for_tests}


def named(cell: str) -> set[str]:
    """The kinds in a cell, as in: all kinds but `a`, `b`."""
    told = set(re.findall(r"`([a-z0-9-]+)`", cell))
    return set(examples()) - told if cell.startswith("all kinds") else told
