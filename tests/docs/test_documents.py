"""What the documents name exists, and what people must know of is named."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from arena.accounts.keys import DESK_KEYS
from arena.exports.formats import FORMATS
from arena.exports.schema import COLUMNS
from arena.studies.case_import.rows import columns_of
from arena.studies.formats import formats
from arena.studies.models import Study
from evaluation.planner import USUAL_DEFF, plan_study
from tests.conftest import ROOT

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
TEXTS = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
GUIDES = {path.stem: text for path, text in TEXTS.items()}
PROGRAMS = [p for name in ("arena", "workers", "evaluation") for p in ROOT.glob(f"{name}/**/*.py")]
CODE = [*PROGRAMS, *(ROOT / name for name in ("docker-compose.yml", "Dockerfile", "tests/run"))]
PROMISED = (
    "demo",
    "import_cases",
    "register_system",
    "import_outputs",
    "generate",
    "import_votes",
    "leaderboard",
    "export",
    "create_token",
    "verify_audit",
)


def code(*folders: str) -> str:
    paths = [path for path in CODE if not folders or any(f in path.as_posix() for f in folders)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[path]):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        to = (path.parent / file).resolve() if file else path
        assert to.exists(), f"{path.name} links to {target}"
        if anchor:
            assert anchor in anchors(to), f"{path.name} links to {target}"


def anchors(path: Path) -> set[str]:
    """The headings of a page as GitHub turns them into addresses."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_command_in_the_documents_exists() -> None:
    named = {name for text in TEXTS.values() for name in re.findall(r"manage\.py (\w+)", text)}
    assert named <= set(get_commands()), named - set(get_commands())


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_command_explains_itself(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    assert len(command.help) > 20
    assert "usage:" in parser.format_help()


def test_every_option_in_the_documents_exists() -> None:
    for text in TEXTS.values():
        for name, line in re.findall(r"manage\.py (\w+)([^\n`]*)", text):
            parser = load_command_class(get_commands()[name], name).create_parser("", name)
            known = parser.format_help()
            for option in re.findall(r"(?<= )--[a-z-]+", line):
                assert option in known, f"manage.py {name} has no {option}"


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in TEXTS.values():
        quoted = re.findall(r"`make ([a-z-]+)", text) + re.findall(r"^make ([a-z-]+)", text, re.M)
        assert set(quoted) <= targets, set(quoted) - targets


def test_variables_of_the_environment_are_those_of_the_operators_guide() -> None:
    read = set(re.findall(r"CONSILIUM_[A-Z0-9_]+", code()))
    told = set(re.findall(r"CONSILIUM_[A-Z0-9_]+", GUIDES["operators-guide"]))
    assert read - told == set(), "the operator's guide does not tell of these"
    named = {name for text in TEXTS.values() for name in re.findall(r"CONSILIUM_[A-Z0-9_]+", text)}
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert {name for name in named - read if name not in tests} == set(), "nothing reads these"


def test_every_folder_the_readme_names_is_there() -> None:
    for folder in re.findall(r"^\| `([a-z]+/)` \|", GUIDES["README"], re.MULTILINE):
        assert (ROOT / folder).is_dir()


def table(guide: str, heading: str) -> list[list[str]]:
    """The rows of the table whose header line begins with ``heading``."""
    after = GUIDES[guide].split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in after.split("\n")[2:]]


def test_every_message_of_an_import_in_the_guide_is_one_the_code_gives() -> None:
    written = re.sub(r'"\s*\n\s*f?"', "", code("arena/studies/", "arena/core/"))
    for message, todo in table("coordinators-guide", "message"):
        assert message.strip("`") in written, message
        assert todo


def test_every_column_of_cases_is_in_the_guide() -> None:
    pages = GUIDES["coordinators-guide"] + GUIDES["input-kinds"]
    named = set(re.findall(r"`([a-z_]+)`", pages))
    for case_format in formats().values():
        assert columns_of(case_format) - {"strata"} <= named, case_format.key


def test_the_columns_of_votes_are_those_of_the_guide() -> None:
    told = [row[0].strip("`") for row in table("coordinators-guide", "column | meaning")]
    assert told == [column.name for column in COLUMNS]


def test_every_export_and_status_is_in_the_guide() -> None:
    guide = GUIDES["coordinators-guide"]
    assert all(f"| {each.title} |" in guide for each in FORMATS.values())
    assert all(f"| {label} |" in guide for label in Study.Status.labels)


def test_the_votes_needed_are_those_of_the_planner() -> None:
    for systems, *votes in table("coordinators-guide", "systems"):
        planned = [
            plan_study(int(systems), share, tie_share=0.2, deff=USUAL_DEFF) for share in (0.6, 0.7)
        ]
        assert votes == [str(plan.votes) for plan in planned]
        assert planned[0].raters_minimum == 8


def test_the_keys_of_the_raters_guide_are_those_of_the_page() -> None:
    frame = (ROOT / "frontend/templates/voting/_frame.html").read_text()
    named = set(re.findall(r"<kbd>([^<]+)</kbd>", frame))
    chosen = {f"{{{{ keys.{key.action} }}}}": key.default for key in DESK_KEYS}
    assert set(chosen) <= named, "the help names every key one may choose"
    keys = {chosen.get(name, name) for name in named} | {"?"}
    told = {key for row in table("raters-guide", "key") for key in re.findall(r"`([^`]+)`", row[0])}
    assert told <= keys, told - keys
    assert {"1", "5", "0", "f", "g", "n", "s", "u", "Enter", "?"} <= told
