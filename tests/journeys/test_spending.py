"""What answers cost and how they came about, as their coordinator sees it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.accounts.models import User
from arena.generations.models import Generation
from arena.generations.services import price_set
from arena.studies.models import Membership, Study
from tests.arena.voting.world import world
from tests.journeys.browser import look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KNOWN: dict[str, Any] = {
    "system_version": {"number": 1, "digest": "3f" * 32}, "case_version": 1,
    "case_digest": "a1" * 32, "prompt_sha256": "b2" * 32, "template_sha256": "c3" * 32,
    "prompt_sent": "<|im_start|>user\nWhat now?<|im_end|>", "decoding": {"temperature": 0.7},
    "seed": 3405691582, "device": "NVIDIA H100 80GB HBM3", "dtype": "bfloat16",
    "attention": "flash_attention_2", "batching": "continuous", "batch": 12,
    "identity": {"versions": {"torch": "2.13.0", "transformers": "5.23.0"}, "cuda": "12.9"},
    "waited_seconds": 3.2, "load_seconds": 41.5, "queue_seconds": 0.02, "seconds": 2.31,
    "first_token_seconds": 0.11, "device_seconds": 0.21, "tokens_in": 412, "tokens_out": 230,
    "tokens_thinking": 64, "truncated": False, "finish_reason": "stop", "attempt": 1,
    "energy_wh_estimated": 0.0312,
}  # fmt: skip


@pytest.fixture
def study(transactional_db: None) -> Study:
    made = world("summary", n_systems=3, study={"synthetic": True}).study
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    for place, row in enumerate(Generation.objects.order_by("pk")):
        known = {**KNOWN, "tokens_out": 200 + 10 * place}
        cost = Decimal("0.00031") * (place + 1)
        Generation.objects.filter(pk=row.pk).update(
            provenance=known, cost=cost, cost_currency="EUR"
        )
    return made


@pytest.fixture
def owner(study: Study) -> User:
    held = study.study_systems.order_by("label")[0]
    amounts = {"per_million_in": Decimal("0.25"), "per_million_out": Decimal("1.25")}
    price_set(
        by=None,
        system=held.version.system,
        currency="EUR",
        from_day=date(2026, 1, 31),
        amounts=amounts,
    )
    return held.version.system.owner


def test_the_systems_page_tells_what_answers_took(
    page: Page, study: Study, live_server: LiveServer
) -> None:
    sign_in(page, study.created_by, live_server.url)
    page.goto(f"/studies/{study.slug}/manage/systems/")
    table = page.get_by_role("region", name="Cost, tokens, time and energy by system")
    expect(table.get_by_role("rowheader", name="All systems")).to_be_visible()
    look(page, "spending-systems")
    page.goto(f"/studies/{study.slug}/manage/")
    expect(page.get_by_text("Answers cost")).to_be_visible()
    look(page, "spending-overview")


def test_an_answer_tells_how_it_came_about(
    page: Page, study: Study, live_server: LiveServer
) -> None:
    sign_in(page, study.created_by, live_server.url)
    held = study.study_systems.order_by("label")[0]
    page.goto(f"/studies/{study.slug}/manage/systems/{held.pk}/answers/")
    expect(page.get_by_text("for the median answer").first).to_be_visible()
    look(page, "spending-answers")
    page.get_by_role("rowheader").first.get_by_role("link").click()
    expect(page.get_by_role("note").filter(has_text="Computed together with 11")).to_be_visible()
    page.get_by_text("The prompt as it was sent").click()
    expect(page.get_by_label("Prompt", exact=True)).to_contain_text("What now?")
    look(page, "spending-answer")


def test_a_price_is_entered_on_a_systems_page(
    page: Page, owner: User, study: Study, live_server: LiveServer
) -> None:
    sign_in(page, owner, live_server.url)
    system = study.study_systems.order_by("label")[0].version.system
    page.goto(f"/systems/{system.slug}/")
    page.get_by_text("Enter a price…").click()
    look(page, "spending-price")
    page.get_by_label("Currency").fill("usd")
    page.get_by_label("Per request").fill("0.002")
    page.get_by_role("button", name="Keep this price").click()
    expect(page.get_by_role("cell", name="USD 0.002 per request")).to_be_visible()
