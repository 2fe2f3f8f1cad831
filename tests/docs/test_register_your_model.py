"""Every command of `docs/register-your-model.md` is run, against small models and a server."""

import csv
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image

torch = pytest.importorskip("torch", reason='no torch: pip install ".[models]"')
pytest.importorskip("transformers")

from arena.accounts.models import User  # noqa: E402
from arena.generations.management.commands import register_system  # noqa: E402
from arena.generations.models import Generation, SystemVersion, Trial  # noqa: E402
from arena.generations.selectors import resources_waiting  # noqa: E402
from arena.studies.models import Protocol, Study  # noqa: E402
from tests.arena.voting.world import world  # noqa: E402
from tests.conftest import ROOT  # noqa: E402
from tests.docs.checkout import BLOCK  # noqa: E402
from tests.workers import checkpoints, task_checkpoints  # noqa: E402
from tests.workers.chat_server import ChatServer, calling, serving, whole  # noqa: E402
from workers import runner, trials  # noqa: E402
from workers.probes.__main__ import main as probes  # noqa: E402
from workers.residency import Residents  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TEXT = (ROOT / "docs" / "register-your-model.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\d+)\. .*?\n(.*?)(?=^## )", TEXT, re.MULTILINE | re.DOTALL))
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOSTS = ("http://gpu1:8000", "http://localhost:11434", "https://api.example.org")
PLACES = ("gpu1:8000", "localhost:11434", "api.example.org:443")
# The cases of each section, as the voting tests make them, and what is asked for.
KINDS = {
    "1": ("summary", "summary"),
    "2": ("mask", "text-answer"),
    "3": ("spans", "spans"),
    "4": ("mask", "mask"),
    "5": ("mask", "label-probabilities"),
    "9": ("summary", "text-answer"),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models the page names, small, where the workers look for them."""
    place = tmp_path_factory.mktemp("models")
    builders = {
        "ward-llm": checkpoints.llama,
        "chest-vlm": checkpoints.llava,
        "biomedical-ner": lambda at: task_checkpoints.bert(
            at, "BertForTokenClassification", task_checkpoints.NER
        ),
        "lesion-net": task_checkpoints.segformer,
        "pathology-encoder": lambda at: task_checkpoints.vit(at, {0: "x", 1: "y"}),
    }
    for name, build in builders.items():
        build(place / "org" / name)
    card = "---\nlicense: apache-2.0\n---\n# Ward LLM\n\nA model for notes of the ward, small.\n"
    (place / "org" / "ward-llm" / "README.md").write_text(card)
    return place


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ChatServer]:
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        settings.INSIDE_ENDPOINTS = [made.place]
        yield made


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch, models: Path, tmp_path: Path) -> Iterator[None]:
    """A worker that tries systems while the command waits; bells that nobody hears."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSILIUM_MODELS_DIR", str(models))
    monkeypatch.setenv("CONSILIUM_TRAINING_DIR", str(tmp_path))
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    for place in ("requests", "trials"):
        monkeypatch.setattr(f"arena.generations.services.{place}.enqueue", lambda *_, **__: None)
    monkeypatch.setattr(register_system.time, "sleep", lambda _: work_trials())
    yield
    runner.residents.close()


def work_trials() -> None:
    for trial in Trial.objects.filter(status="waiting"):
        trials.run(trial_id=trial.pk)


def study_for(section: str) -> Study:
    cases, kind = KINDS.get(section, ("summary", "summary"))
    made = world(cases, slug="my-study", n_cases=2, n_systems=0).study
    if kind != cases:
        old = made.protocols.get()
        Protocol.objects.create(
            study=made, version=2, input_kind=old.input_kind, output_kind=kind, question="What?"
        )
    User.objects.create_superuser("admin@example.org")
    return made


def follow(section: str, place: str) -> None:
    """Write the section's files and run its commands, with our server in place of theirs."""
    text = SECTIONS[section]
    for here in HOSTS:
        text = text.replace(here, f"http://{place}")
    for here in PLACES:
        text = text.replace(f"endpoint_limits {here}", f"endpoint_limits {place}")
    for block in BLOCK.finditer(text):
        Path(block["path"]).write_text(block["text"], encoding="utf-8")
    ran = COMMANDS.findall(text)
    assert ran, f"section {section} has no commands"
    for line in "".join(ran).replace("\\\n", " ").splitlines():
        run(shlex.split(line.replace("$CONSILIUM_TRAINING_DIR", str(Path.cwd()))))


def run(words: list[str]) -> None:
    if words[:3] == ["python", "-m", "workers.probes"]:
        assert probes(words[3:]) == 0
        return
    assert words[:2] == ["python", "manage.py"]
    call_command(*words[2:])


def answer(study: Study) -> list[Generation]:
    call_command("generate", study.slug)
    while resource := next(iter(resources_waiting()), None):
        runner.run(resource=resource)
    return list(Generation.objects.filter(study_system__study=study))


def test_the_page_has_its_ten_cases() -> None:
    assert list(SECTIONS) == [str(n) for n in range(1, 11)]


@pytest.mark.parametrize("section", ["1", "2", "3", "4", "5"])
def test_models_of_ones_own(section: str, server: ChatServer, tmp_path: Path) -> None:
    study = study_for(section)
    if section == "5":
        tiles(tmp_path)
    follow(section, server.place)
    rows = answer(study)
    assert {(row.status, row.error) for row in rows} == {("succeeded", "")}
    assert len(rows) == 2
    if section == "1":
        version = SystemVersion.objects.get()
        assert re.fullmatch(r"[0-9a-f]{64}", version.revision)
        assert version.system.licence == "apache-2.0"
        assert version.facts["parameters"] > 1000


def tiles(folder: Path) -> None:
    with (folder / "tiles.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "label", "group"])
        for n in range(12):
            level, label = (40, "tumour") if n % 2 else (210, "normal")
            Image.new("RGB", (32, 32), (level + n,) * 3).save(folder / f"{n}.png")
            rows.writerow([f"{n}.png", label, n // 2])


@pytest.mark.parametrize("section", ["6", "7", "8"])
def test_models_behind_a_server(section: str, server: ChatServer) -> None:
    study = study_for(section)
    follow(section, server.place)
    rows = answer(study)
    assert [row.record for row in rows] == [{"text": "Rest."}] * 2
    keys = {key for _, _, key in server.sent}
    assert keys == ({"Bearer sk-your-key-from-the-provider"} if section == "8" else {None})
    assert SystemVersion.objects.get().endpoint.most_at_once == {"6": 64, "7": 2, "8": 8}[section]


def test_an_agent_that_looks_things_up(server: ChatServer) -> None:
    def say(body: Any) -> Any:
        asked = body["messages"][-1]["role"] == "user"
        return calling("lab_result", '{"test": "CRP"}') if asked else whole("Bacterial.")

    server.say = say
    study = study_for("9")
    follow("9", server.place)
    rows = answer(study)
    steps = ['lab_result({"test": "CRP"}) → 48 mg/L']
    assert [row.record for row in rows] == [{"text": "Bacterial.", "steps": steps}] * 2


def test_a_file_of_outputs(server: ChatServer) -> None:
    study = study_for("10")
    follow("10", server.place)
    rows = Generation.objects.filter(study_system__study=study).order_by("case_version__case")
    assert [(row.status, row.failure) for row in rows] == [("succeeded", ""), ("failed", "refused")]
