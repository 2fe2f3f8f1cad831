"""Probes for orchestrators and Prometheus."""

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from arena.core import health


def broken() -> None:
    raise OSError("secret path /var/lib/arena is gone")


def test_healthz_says_ok_without_touching_the_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_names_every_part(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "parts": {"database": "ok", "queue": "ok", "storage": "ok"},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["database", "queue", "storage"])
def test_readyz_is_503_when_a_part_fails_and_keeps_the_reason_to_the_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setitem(health.CHECKS, part, broken)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"][part] == "failed"
    assert list(answer.json()["parts"].values()).count("ok") == 2
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_readyz_leaves_nothing_in_the_storage(client: Client) -> None:
    client.get("/readyz")
    assert default_storage.listdir("ready")[1] == []


@pytest.mark.django_db
def test_metrics_count_votes_ballots_and_generations(client: Client) -> None:
    text = client.get("/metrics").content.decode()
    for line in (
        'consilium_votes_total{origin="human"} 0.0',
        'consilium_ballots{status="open"} 0.0',
        'consilium_generations{status="queued"} 0.0',
        "consilium_queue_age_seconds 0.0",
    ):
        assert line in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "192.0.2.7", 404),
        ({}, "", 404),
        ({"X-Forwarded-For": "192.0.2.7"}, "127.0.0.1", 404),
        ({"Authorization": "Bearer right"}, "192.0.2.7", 200),
        ({"Authorization": "Bearer wrong"}, "192.0.2.7", 404),
        ({"Authorization": "Bearer rïght"}, "192.0.2.7", 404),
    ],
)
def test_metrics_are_for_this_machine_or_the_holder_of_the_token(
    client: Client, settings, headers: dict[str, str], address: str, status: int
) -> None:
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


@pytest.mark.django_db
def test_without_a_metrics_token_an_empty_one_opens_nothing(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    headers = {"Authorization": "Bearer "}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR="192.0.2.7").status_code == 404
