"""What the tests of workers have in common."""

import gc
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def light_collections() -> Iterator[None]:
    """Closing a model collects garbage; a heap with torch in it takes a second to walk through.

    What is there already, garbage too, is set aside unseen, so that only what a test made is looked
    at.
    """
    if "torch" not in sys.modules:
        yield
        return
    gc.freeze()
    yield
    gc.unfreeze()
