"""The commands say what they did, or what to mend."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from arena.accounts.models import User
from arena.generations.management.commands import generate
from arena.generations.models import Generation, StudySystem, SystemVersion
from arena.generations.services import generation_claim, generation_complete
from arena.studies.models import Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 2)
    return made


def call(*args: str) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_a_system_is_registered_from_the_shell_and_takes_part(study: Study, tmp_path: Path) -> None:
    User.objects.create_superuser("admin@example.org")
    config = tmp_path / "lead.json"
    config.write_text(json.dumps({"method": "lead"}))
    told = call(
        "register_system", "lead", "--adapter=extractive-summary", f"--config={config}",
        "--set", "sentences=3", "--name", "Lead", "--alias", "First lines", "--study", study.slug,
    )  # fmt: skip
    assert told.startswith("lead@1 is registered")
    version = SystemVersion.objects.get()
    assert version.config["sentences"] == 3
    assert version.system.aliases == ["First lines"]
    assert StudySystem.objects.get().label == "Lead"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--adapter=nonsense"], "There is no adapter"),
        (["--adapter=mock", "--set", "seconds"], "KEY=VALUE"),
        (["--adapter=mock", "--config=/nowhere.json"], "There is no file /nowhere.json"),
        (["--adapter=mock", "--config=/"], "cannot be read"),
        (["--adapter=transformers-txt"], "Did you mean 'transformers-text'"),
        (["--adapter=mock", "--set", "secnds=1"], "Did you mean 'seconds'"),
        (["--adapter=mock", "--study=nowhere"], "no study 'nowhere'"),
        (["--adapter=mock", "--owner=nobody@example.org"], "nobody@example.org"),
    ],
)
def test_a_wrong_registration_is_one_sentence(args: list[str], said: str) -> None:
    User.objects.create_superuser("admin@example.org")
    with pytest.raises(CommandError, match=said):
        call("register_system", "s", *args)


def test_outputs_are_imported_from_the_shell(study: Study, tmp_path: Path) -> None:
    world.system(study, "uploaded", adapter="precomputed")
    path = tmp_path / "out.csv"
    path.write_text("case,text\ncase-0,Rest.\ncase-1,Fluids.\n")
    assert call("import_outputs", study.slug, "uploaded", str(path)).startswith("2 outputs")
    with pytest.raises(CommandError, match="row 2"):
        call("import_outputs", study.slug, "uploaded", str(path))


def test_what_is_still_missing_after_an_import_is_told(study: Study, tmp_path: Path) -> None:
    world.system(study, "uploaded", adapter="precomputed")
    path = tmp_path / "out.csv"
    path.write_text("case,text\ncase-0,Rest.\n")
    said = call("import_outputs", study.slug, "uploaded", str(path))
    assert said.endswith("1 of the study's cases still has none of it.\n")


@pytest.mark.parametrize(
    ("adapter", "settings", "said"),
    [
        ("precomputed", [], ["Next: python manage.py import_outputs notes one FILE"]),
        (
            "transformers-text", ["--set", "model=org/ward-llm"],
            ["Pinned to nothing", "Next: python manage.py generate notes --wait"],
        ),
        (
            "transformers-text", ["--set", "model=org/ward-llm", "--revision", "ab" * 20],
            ["Pinned to " + "ab" * 20],
        ),
    ],
)  # fmt: skip
def test_the_command_that_comes_next_is_told(
    study: Study, adapter: str, settings: list[str], said: list[str]
) -> None:
    User.objects.create_superuser("admin@example.org")
    told = call("register_system", "one", "--adapter", adapter, *settings, "--study", study.slug)
    assert all(part in told for part in said), told


def test_generate_queues_what_is_missing(study: Study) -> None:
    world.system(study)
    assert call("generate", study.slug) == "2 outputs queued.\n"
    assert call("generate", study.slug) == "0 outputs queued.\n"


def test_waiting_without_a_worker_says_how_to_start_one(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "PATIENCE_SECONDS", 0.4)
    world.system(study)
    with pytest.raises(CommandError, match="Start one with: celery"):
        call("generate", study.slug, "--wait")


def test_waiting_ends_with_counts_and_fails_where_outputs_failed(study: Study) -> None:
    world.system(study)
    call("generate", study.slug)
    for number, row in enumerate(generation_claim(owner="a", resource="cpu", limit=8)):
        record = {"text": "Rest." if number else ""}
        generation_complete(generation_id=row.pk, owner="a", record=record, provenance={})
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 outputs failed"):
        call_command("generate", study.slug, "--wait", stdout=out)
    assert "1 × Empty output: The system answered nothing." in out.getvalue()
    assert Generation.objects.filter(failure="empty").count() == 1
