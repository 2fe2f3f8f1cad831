"""What answers cost: by the price of their day, from what they took; unknown is not nothing."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.core.models import AuditEvent
from arena.generations.models import Endpoint, Generation, Price, StudySystem
from arena.generations.services import (
    generation_claim,
    generation_complete,
    generation_fail,
    generation_request,
    generation_retry,
    price_set,
    system_register,
)
from arena.generations.services.prices import amount_of, price_of
from arena.generations.spending import money, spending_of
from arena.studies.models import Membership, Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
TOLD = {"tokens_in": 1_000_000, "tokens_out": 100_000}


def price(**amounts: Any) -> Price:
    return Price(currency="EUR", from_day=TODAY, **{k: Decimal(v) for k, v in amounts.items()})


def set_for(held: StudySystem, **amounts: Any) -> Price:
    told = {"by": None, "currency": "EUR", "from_day": TODAY, **amounts}
    given = {k: Decimal(told.pop(k)) for k in list(told) if k.startswith("per_")}
    return price_set(system=held.version.system, amounts=given, **told)


@pytest.fixture
def held() -> StudySystem:
    study = world.study()
    world.cases(study, 3)
    return world.system(study)


def claimed(held: StudySystem) -> Generation:
    [row] = generation_claim(owner="me", resource="cpu", limit=1)
    assert row.study_system == held
    return row


@pytest.mark.parametrize(
    ("amounts", "known", "cost"),
    [
        ({"per_million_in": "0.5", "per_million_out": "2"}, TOLD, "0.7"),
        ({"per_million_in": "0.5"}, TOLD, "0.5"),
        ({"per_million_in": "0.5"}, {"tokens_out": 7}, None),  # nobody told the tokens in
        ({"per_million_in": "1", "per_million_cached": "0.1"},
         {"tokens_in": 1_000_000, "tokens_cached": 900_000}, "0.19"),
        ({"per_million_in": "1"}, {"tokens_in": 1_000_000, "tokens_cached": 900_000}, "1"),
        ({"per_million_out": "1", "per_million_thinking": "10"},
         {"tokens_out": 100_000, "tokens_thinking": 90_000}, "0.91"),
        ({"per_request": "0.01"}, {}, "0.01"),
        ({"per_request": "0.01"}, {"requests": 4}, "0.04"),
        ({"per_million_in": "1", "per_request": "1"}, {"requests": 0}, "0"),
        ({"per_gpu_hour": "3.6"}, {"seconds": 50}, "0.05"),
        ({"per_gpu_hour": "3.6"}, {"seconds": 50, "device_seconds": 5}, "0.005"),
        ({"per_gpu_hour": "3.6"}, {}, None),
        ({"per_million_in": "1"}, {"tokens_in": True}, None),
        ({"per_million_in": "1"}, {"tokens_in": -5}, None),
        ({"per_million_in": "0"}, {"tokens_in": 5}, "0"),
    ],
)  # fmt: skip
def test_a_cost_counts_what_is_charged_and_nothing_twice(
    amounts: dict[str, str], known: dict[str, Any], cost: str | None
) -> None:
    assert amount_of(price(**amounts), known) == (None if cost is None else Decimal(cost))


def test_an_answer_keeps_what_it_cost_when_the_price_changes(held: StudySystem) -> None:
    generation_request(study=held.study)
    set_for(held, per_million_in="1", from_day=TODAY - timedelta(days=9))
    row = claimed(held)
    generation_complete(
        generation_id=row.pk, owner="me", record={"text": "a"}, provenance={"tokens_in": 500_000}
    )
    set_for(held, per_million_in="3")
    row.refresh_from_db()
    assert (row.cost, row.cost_currency) == (Decimal("0.5"), "EUR")
    second = claimed(held)
    generation_complete(
        generation_id=second.pk, owner="me", record={"text": "b"}, provenance={"tokens_in": 500_000}
    )
    second.refresh_from_db()
    assert second.cost == Decimal("1.5")
    set_for(held, per_million_in="9", from_day=TODAY + timedelta(days=1))
    version = held.version
    tomorrow = price_of(version=version, day=TODAY + timedelta(days=1))
    assert tomorrow is not None
    assert tomorrow.per_million_in == 9
    assert price_of(version=version, day=TODAY - timedelta(days=10)) is None


def test_attempts_that_failed_are_paid_for_too(held: StudySystem) -> None:
    generation_request(study=held.study)
    set_for(held, per_request="0.25")
    row = claimed(held)
    generation_fail(
        generation_id=row.pk, owner="me", failure="crashed", error="x", retryable=True,
        provenance={"requests": 2},
    )  # fmt: skip
    row.refresh_from_db()
    assert row.cost == Decimal("0.5")
    Generation.objects.filter(pk=row.pk).update(not_before=timezone.now(), priority=5)
    row = claimed(held)
    generation_fail(
        generation_id=row.pk, owner="me", failure="refused", error="no", retryable=False,
        provenance={},
    )  # fmt: skip
    generation_retry(study=held.study, by="system")
    row.refresh_from_db()
    assert row.cost == Decimal("0.75")


def test_without_a_price_or_a_count_the_cost_is_unknown_and_not_nothing(held: StudySystem) -> None:
    generation_request(study=held.study)
    for amounts in ({}, {"per_million_in": "1"}):
        if amounts:
            set_for(held, **amounts)
        row = claimed(held)
        generation_complete(generation_id=row.pk, owner="me", record={"text": "a"}, provenance={})
        row.refresh_from_db()
        assert (row.cost, row.cost_currency) == (None, "")


def test_a_price_is_no_part_of_a_version(held: StudySystem) -> None:
    digest = held.version.digest
    set_for(held, per_request="1")
    again = system_register(slug="mock", adapter="mock", by=world.coordinator())
    assert (again, again.digest) == (held.version, digest)


def test_a_systems_own_price_goes_before_its_servers() -> None:
    config = {"base_url": "https://api.example.org/v1", "model": "m"}
    version = system_register(
        slug="asked", adapter="openai-compatible", config=config, by=world.coordinator()
    )
    common = {"by": None, "currency": "USD", "from_day": TODAY}
    price_set(endpoint=version.endpoint, amounts={"per_request": Decimal(1)}, **common)
    shared = price_of(version=version, day=TODAY)
    assert shared is not None
    assert shared.endpoint == version.endpoint
    price_set(system=version.system, amounts={"per_request": Decimal(2)}, **common)
    own = price_of(version=version, day=TODAY)
    assert own is not None
    assert own.system == version.system


def test_a_variant_costs_what_the_version_underneath_costs(held: StudySystem) -> None:
    set_for(held, per_request="1")
    variant = system_register(
        slug="twice", adapter="variant", by=world.coordinator(),
        config={"of": str(held.version), "strategy": "chain-of-thought"},
    )  # fmt: skip
    found = price_of(version=variant, day=TODAY)
    assert found is not None
    assert found.system == held.version.system
    own = price_set(by=None, system=variant.system, currency="EUR", from_day=TODAY,
                    amounts={"per_request": Decimal(3)})  # fmt: skip
    assert price_of(version=variant, day=TODAY) == own


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"currency": "Euro"}, "three letters"),
        ({"amounts": {}}, "at least one amount"),
        ({"amounts": {"per_request": Decimal("-1")}}, "greater than or equal to 0"),
    ],
)
def test_an_odd_price_is_refused_in_plain_words(
    held: StudySystem, told: dict[str, Any], words: str
) -> None:
    whole = {"currency": "EUR", "from_day": TODAY, "amounts": {"per_request": Decimal(1)}, **told}
    with pytest.raises(UserError, match=words):
        price_set(by=None, system=held.version.system, **whole)


def test_prices_are_entered_by_the_owner_and_written_to_the_audit_trail(held: StudySystem) -> None:
    stranger = User.objects.create_user("stranger@example.org")
    with pytest.raises(UserError, match="owner"):
        set_for(held, by=stranger, per_request="1")
    with pytest.raises(UserError, match="admins"):
        price_set(by=world.coordinator(), endpoint=Endpoint.objects.create(address="a:1"),
                  currency="EUR", from_day=TODAY, amounts={"per_request": Decimal(1)})  # fmt: skip
    set_for(held, by=world.coordinator(), per_request="1")
    line = AuditEvent.objects.get(action="price:set")
    assert line.detail == {"currency": "EUR", "from": TODAY.isoformat(), "per_request": "1"}


def test_the_database_holds_no_price_of_nobody() -> None:
    with transaction.atomic(), pytest.raises(IntegrityError):
        Price.objects.create(currency="EUR", from_day=TODAY, per_request=1)


def test_money_shows_as_many_places_as_it_takes_to_be_seen() -> None:
    told = [money(Decimal(amount), "EUR") for amount in ("12.346", "0", "0.5", "0.000123", "1e-9")]
    assert told == ["12.35 EUR", "0.00 EUR", "0.500 EUR", "0.000123 EUR", "0.00000000 EUR"]


def test_the_command_enters_a_price_and_says_what_is_odd(
    held: StudySystem, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("set_price", "mock", "--currency", "usd", "--per-million-in", "0.25",
                 "--from", "2026-01-31")  # fmt: skip
    assert "price of Mock from 2026-01-31" in capsys.readouterr().out.replace("mock", "Mock")
    made = Price.objects.get()
    assert (made.currency, made.from_day, made.per_million_in) == (
        "USD", date(2026, 1, 31), Decimal("0.25"),
    )  # fmt: skip
    for arguments, words in [
        (["absent"], "no system 'absent'"),
        (["host:80"], "No system is asked at 'host:80'"),
        (["mock", "--per-request", "much"], "'much' is no amount"),
        (["mock", "--per-request", "1", "--from", "today"], "'today' is no day"),
    ]:
        with pytest.raises(CommandError, match=words):
            call_command("set_price", *arguments, "--currency", "EUR")


def coordinator_of(study: Study) -> User:
    Membership.objects.create(study=study, user=study.created_by, role="coordinator")
    return study.created_by


def test_the_pages_tell_totals_and_medians(held: StudySystem, client: Client) -> None:
    generation_request(study=held.study)
    set_for(held, per_million_out="10")
    for tokens in (100_000, 300_000):
        row = claimed(held)
        generation_complete(
            generation_id=row.pk, owner="me", record={"text": "a"},
            provenance={"tokens_out": tokens, "energy_wh_estimated": 0.5, "seconds": 2},
        )  # fmt: skip
    row = claimed(held)
    generation_fail(generation_id=row.pk, owner="me", failure="refused", error="no",
                    retryable=False, provenance={})  # fmt: skip
    [one], whole = spending_of(study=held.study)
    assert (one.total, one.each, one.unknown) == ("4.00 EUR", "2.00 EUR", 1)
    assert (one.tokens_in, one.tokens_out, one.seconds) == (None, 200_000, 2)
    assert (whole.energy, whole.energy_total) == (0.5, 1.0)
    client.force_login(coordinator_of(held.study))
    page = client.get(f"/studies/{held.study.slug}/manage/systems/spending/").content.decode()
    assert "4.00 EUR" in page
    assert "(1 unknown)" in page
    brief = client.get(f"/studies/{held.study.slug}/manage/systems/spending/?brief")
    assert "Answers cost 4.00 EUR" in brief.content.decode()
    answers = client.get(f"/studies/{held.study.slug}/manage/systems/{held.pk}/answers/")
    assert "4.00 EUR" in answers.content.decode()
    one_answer = client.get(f"/studies/{held.study.slug}/manage/systems/answers/{row.pk}/")
    assert one_answer.status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_answers(
    held: StudySystem, django_assert_num_queries: Any
) -> None:
    generation_request(study=held.study)
    with django_assert_num_queries(2):
        spending_of(study=held.study)


def test_a_price_is_entered_on_the_systems_page_and_seen_by_its_owner_alone(
    held: StudySystem, client: Client
) -> None:
    sent = {"currency": "eur", "from_day": TODAY.isoformat(), "per_million_in": "0.25"}
    owner = held.version.system.owner
    client.force_login(owner)
    answer = client.post("/systems/mock/price/", sent, follow=True)
    assert "0.25 per million tokens in" in answer.content.decode()
    assert Price.objects.get().set_by == owner
    refused = client.post("/systems/mock/price/", {**sent, "per_million_in": "-1"}, follow=True)
    shown = refused.content.decode()
    assert refused.status_code == 400
    assert "Ensure this value is greater" in shown
    assert 'value="-1"' in shown  # what was typed stays, and the fold stays open
    assert '<details class="confirm" open>' in shown
    client.post("/systems/mock/price/", {"currency": "EUR"}, follow=True)
    assert Price.objects.count() == 1
    client.force_login(coordinator_of(world.study("other", output_kind="summary")))
    world.system(held.study.__class__.objects.get(slug="other"), slug="elsewhere")
    other = User.objects.create_user("rater@example.org")
    client.force_login(other)
    page = client.get("/systems/mock/")
    assert "per million" not in page.content.decode()
    assert client.post("/systems/mock/price/", sent).status_code in {403, 404}
    assert Price.objects.count() == 1


def test_whoever_owns_a_system_at_a_server_enters_its_price(
    held: StudySystem, client: Client
) -> None:
    """Only admins are asked whether it is the server's: nobody else can answer."""
    owner = held.version.system.owner
    config = {"base_url": "https://api.example.org/v1", "model": "m"}
    system_register(slug="asked", adapter="openai-compatible", config=config, by=owner)
    client.force_login(owner)
    assert "Price of" not in client.get("/systems/asked/").content.decode()
    sent = {"currency": "EUR", "from_day": TODAY.isoformat(), "per_request": "1"}
    said = client.post("/systems/asked/price/", {**sent, "whose": "endpoint"}, follow=True)
    assert "is kept; answers from then on" in said.content.decode()
    assert Price.objects.get().system.slug == "asked"


def test_an_admin_enters_the_price_of_a_server(client: Client, admin_user: User) -> None:
    config = {"base_url": "https://api.example.org/v1", "model": "m"}
    system_register(slug="asked", adapter="openai-compatible", config=config, by=admin_user)
    client.force_login(admin_user)
    assert (
        "All systems asked at api.example.org:443" in client.get("/systems/asked/").content.decode()
    )
    sent = {"currency": "EUR", "from_day": TODAY.isoformat(), "per_request": "1"}
    client.post("/systems/asked/price/", {**sent, "whose": "endpoint"})
    assert Price.objects.get().endpoint == Endpoint.objects.get()


def test_a_price_of_another_system_is_nobody_elses(held: StudySystem) -> None:
    """A system that is asked at no server must not be taken for one of all that have none."""
    assert held.version.endpoint is None
    set_for(world.system(held.study, "other"), per_request="1")
    assert price_of(version=held.version, day=TODAY) is None


def test_a_server_that_tells_absurd_numbers_costs_no_answer(held: StudySystem) -> None:
    """More than the column holds: then what it cost is not known, but the answer is stored."""
    set_for(held, per_million_in="9999")
    generation_request(study=held.study)
    row = claimed(held)
    told = {"tokens_in": 999_999_999_999}
    assert generation_complete(
        generation_id=row.pk, owner="me", record={"text": "Fever."}, provenance=told
    )
    row.refresh_from_db()
    assert (row.status, row.cost) == (Generation.Status.SUCCEEDED, None)


@pytest.mark.parametrize("odd", ["x", "9" * 5000, [], {"a": 1}, True, -1, 10**400, float("inf")])
def test_measures_that_are_none_break_no_page(
    held: StudySystem, admin_client: Client, odd: Any
) -> None:
    """A server, or code in the sandbox, may tell anything of what its answer took."""
    set_for(held, per_million_in="1")
    generation_request(study=held.study)
    row = claimed(held)
    told = dict.fromkeys(("tokens_in", "tokens_out", "seconds", "requests"), odd)
    assert generation_complete(
        generation_id=row.pk, owner="me", record={"text": "Fever."}, provenance=told
    )
    for name, args in [("manage-spending", []), ("manage-answers", [held.pk]),
                       ("manage-answer", [row.pk])]:  # fmt: skip
        page = admin_client.get(reverse(name, args=[held.study.slug, *args]))
        assert page.status_code == 200, name
