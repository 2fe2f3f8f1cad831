"""Fixtures every test may use."""

import gc
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CONSILIUM_SHARED", ROOT.parent / "shared"))


DATABASE = {"db", "transactional_db"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="Run what asks for a database; for a second run on another one.",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--database-only"):
        return
    chosen = [item for item in items if asks_for_database(item)]
    config.hook.pytest_deselected(items=[each for each in items if each not in set(chosen)])
    items[:] = chosen


def asks_for_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") is not None
    return marked or bool(DATABASE & set(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="module", autouse=True)
def light_collections() -> None:
    """Look for garbage among what a module's tests make, not among all that was imported.

    That is most of what a process holds, torch and thousands of tests among it, and takes a second
    to walk through. Garbage that is there already is collected, and complained of, first.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data beside the checkout; the test is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("real data not present: put it beside the checkout as ../shared/data")
    return SHARED / "data"
