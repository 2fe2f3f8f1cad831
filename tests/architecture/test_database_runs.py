"""The second run, on PostgreSQL, leaves out what asks for no database, and nothing else."""

import pytest

from tests.conftest import asks_for_database


@pytest.mark.django_db
def test_what_is_marked_is_run_again(request: pytest.FixtureRequest) -> None:
    assert asks_for_database(request.node)


@pytest.mark.usefixtures("transactional_db")
def test_what_asks_by_a_fixture_is_run_again(request: pytest.FixtureRequest) -> None:
    assert asks_for_database(request.node)


def test_what_asks_for_none_is_not(request: pytest.FixtureRequest) -> None:
    assert not asks_for_database(request.node)
