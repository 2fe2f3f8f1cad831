"""A rater stays with a case, goes on elsewhere, may rest, and looks at what they answered."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.voting.models import Ballot, Draft, Vote
from arena.voting.services import ballot_next, vote_cast
from tests.arena.voting.world import World, world
from tests.journeys.browser import look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENT = "Frau Meier, born 12.03.1950"


def at_the_desk(page: Page, here: World, live_server: LiveServer) -> None:
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("#desk-question")).to_be_visible()


def progress(page: Page, text: str) -> None:
    expect(page.locator(".desk__progress span")).to_have_text(text)


def case_shown(page: Page) -> str:
    return page.locator(".case__title").inner_text()


def draft_is(page: Page, **fields: list[str]) -> None:
    """Wait until the server holds these fields."""
    for _ in range(50):
        draft = Draft.objects.first()
        if draft and all(draft.fields.get(name) == value for name, value in fields.items()):
            return
        page.wait_for_timeout(100)
    raise AssertionError(draft and draft.fields)


def judged(here: World, n: int) -> None:
    """The rater has answered ``n`` ballots."""
    for _ in range(n):
        ballot = ballot_next(rater=here.rater, study=here.study)
        assert ballot
        opened = timezone.now() - timedelta(seconds=40)
        Ballot.objects.filter(pk=ballot.pk).update(opened_at=opened)
        vote_cast(ballot_uuid=ballot.uuid, rater=here.rater, outcomes={"overall": "tie"}, attempt=1)


def went_in_a_circle(here: World) -> None:
    """On every case the first system beats the second, which beats the third, which beats it."""
    systems = [held.pk for held in here.systems]
    while ballot := ballot_next(rater=here.rater, study=here.study):
        Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
        left = systems.index(ballot.left.study_system_id)
        right = systems.index(ballot.right.study_system_id)
        outcome = "left_slightly" if (right - left) % 3 == 1 else "right_strongly"
        vote_cast(
            ballot_uuid=ballot.uuid, rater=here.rater, outcomes={"overall": outcome}, attempt=1
        )


@pytest.fixture
def other_device(chromium: Browser) -> BrowserContext:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    yield context
    context.close()


class TestTheSecondWayOn:
    def test_shift_and_enter_stay_with_the_case(self, page: Page, live_server: LiveServer) -> None:
        at_the_desk(page, world(n_cases=4, n_systems=3), live_server)
        case = case_shown(page)
        for n in (1, 2):
            page.keyboard.press("2")
            page.keyboard.press("Shift+Enter")
            progress(page, f"{n} of 12 votes")
            assert case_shown(page) == case
        assert list(Ballot.objects.order_by("position").values_list("same_case", flat=True)) == [
            *(False, True, True),
        ]
        expect(page.locator("#submit-same")).to_have_count(0)  # the three pairs are through
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        progress(page, "3 of 12 votes")
        assert case_shown(page) != case

    def test_two_clicks_on_it_vote_once_and_draw_once(
        self, page: Page, live_server: LiveServer
    ) -> None:
        at_the_desk(page, world(n_cases=2, n_systems=3), live_server)
        case = case_shown(page)
        page.keyboard.press("4")
        page.locator("#submit-same").dblclick()
        progress(page, "1 of 6 votes")
        assert case_shown(page) == case
        assert (Vote.objects.count(), Ballot.objects.count()) == (1, 2)

    def test_it_works_without_javascript(self, chromium: Browser, live_server: LiveServer) -> None:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        at_the_desk(page, world(n_cases=3, n_systems=3), live_server)
        case = case_shown(page)
        page.get_by_role("radio", name="About the same").check()
        page.get_by_role("button", name="Submit, same case").click()
        progress(page, "1 of 9 votes")
        assert case_shown(page) == case
        context.close()


class TestADraft:
    def test_what_was_begun_here_is_there_on_another_device_and_back_again(
        self, page: Page, other_device: BrowserContext, live_server: LiveServer
    ) -> None:
        here = world(n_cases=3)
        at_the_desk(page, here, live_server)
        page.keyboard.press("2")
        page.keyboard.press("f")
        page.locator("#extent_left").select_option("severe")
        page.locator("textarea").fill("Begun on the ward")
        draft_is(page, reason=["Begun on the ward"], outcome_overall=["left_slightly"])

        phone = other_device.new_page()
        at_the_desk(phone, here, live_server)
        expect(phone.locator("textarea")).to_have_value("Begun on the ward")
        expect(phone.locator("#extent_left")).to_have_value("severe")
        expect(phone.locator("[value=left_slightly]")).to_be_checked()
        phone.locator("#answer-toggle").click()
        phone.locator("textarea").fill("Gone on at home")
        draft_is(phone, reason=["Gone on at home"])

        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("textarea")).to_have_value("Gone on at home")
        expect(page.locator("#draft-note")).to_contain_text("on another device")
        page.locator("#likelihood_left").select_option("low")
        page.locator("#submit-vote").click()
        progress(page, "1 of 3 votes")
        assert Vote.objects.get().reason == "Gone on at home"
        assert not Draft.objects.exists()

    def test_a_mark_comes_along(
        self, page: Page, other_device: BrowserContext, live_server: LiveServer
    ) -> None:
        here = world()
        at_the_desk(page, here, live_server)
        page.keyboard.press("m")
        expect(page.locator("#desk-status")).to_contain_text("Arrow keys")
        for key in ("ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("#mark-dialog")).to_be_visible()
        for key in ("Space", "Enter"):
            page.keyboard.press(key)
        quote = page.locator(".mark__place").first.inner_text()
        page.wait_for_timeout(1500)
        phone = other_device.new_page()
        at_the_desk(phone, here, live_server)
        expect(phone.locator("#marks-left .mark__place")).to_have_text(quote)
        expect(phone.locator("#marks-left input")).to_be_checked()

    def test_words_that_may_point_to_a_patient_stay_where_they_were_typed(
        self, page: Page, live_server: LiveServer
    ) -> None:
        at_the_desk(page, world(), live_server)
        page.keyboard.press("4")
        page.locator("textarea").fill(PATIENT)
        expect(page.locator("#draft-note")).to_contain_text("in this browser only")
        assert "reason" not in Draft.objects.get().fields
        page.reload()
        expect(page.locator("textarea")).to_have_value(PATIENT)
        expect(page.locator("[value=right_slightly]")).to_be_checked()
        page.locator("#submit-vote").click()
        page.get_by_label("None of this points to a patient").check()
        draft_is(page, reason=[PATIENT])
        page.locator("#submit-vote").click()
        progress(page, "1 of 2 votes")
        assert Vote.objects.get().reason == PATIENT

    def test_what_was_typed_without_a_connection_is_newer_and_is_sent_later(
        self, chromium: Browser, live_server: LiveServer
    ) -> None:
        context = chromium.new_context()
        page = context.new_page()
        at_the_desk(page, world(), live_server)
        page.keyboard.press("1")
        page.locator("textarea").fill("First")
        draft_is(page, reason=["First"])
        context.set_offline(True)
        page.locator("textarea").fill("First and second")
        page.wait_for_timeout(1500)
        context.set_offline(False)
        page.reload()
        expect(page.locator("textarea")).to_have_value("First and second")
        draft_is(page, reason=["First and second"])
        context.close()

    def test_a_tab_left_open_saves_no_draft_of_a_ballot_that_is_answered(
        self, page: Page, live_server: LiveServer
    ) -> None:
        here = world(n_cases=3)
        at_the_desk(page, here, live_server)
        other = page.context.new_page()
        at_the_desk(other, here, live_server)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        progress(page, "1 of 3 votes")
        other.locator("[value=right_strongly]").check()
        other.wait_for_timeout(1500)
        assert not Draft.objects.exists()
        other.locator("#submit-vote").click()
        expect(other.locator("#messages")).to_contain_text("That answer stands")
        assert Vote.objects.count() == 1

    def test_back_and_forth_keeps_what_was_begun(self, page: Page, live_server: LiveServer) -> None:
        at_the_desk(page, world(n_cases=3), live_server)
        page.keyboard.press("3")
        page.locator("textarea").fill("Half a thought")
        page.locator(".desk__study a").click()
        expect(page.locator("#desk")).to_have_count(0)
        page.go_back()
        expect(page.locator("textarea")).to_have_value("Half a thought")
        page.keyboard.press("Enter")
        progress(page, "1 of 3 votes")
        expect(page.locator("textarea")).to_have_value("")


class TestABreak:
    def test_it_is_suggested_once_and_may_be_declined(
        self, page: Page, live_server: LiveServer
    ) -> None:
        here = world(n_cases=6, break_ballots=3)
        judged(here, 3)
        at_the_desk(page, here, live_server)
        expect(page.locator("#desk-break")).to_contain_text("You have judged 3 ballots")
        page.keyboard.press("2")
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("#desk-break")).to_have_count(0)
        expect(page.locator("[value=left_slightly]")).to_be_checked()
        page.keyboard.press("Enter")
        progress(page, "4 of 6 votes")
        expect(page.locator("#desk-break")).to_have_count(0)

    def test_it_works_without_javascript(self, chromium: Browser, live_server: LiveServer) -> None:
        here = world(n_cases=3, break_ballots=1)
        judged(here, 1)
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        at_the_desk(page, here, live_server)
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("#desk-question")).to_be_visible()
        expect(page.locator("#desk-break")).to_have_count(0)
        context.close()


class TestOwnVotes:
    def test_a_circle_leads_to_its_ballots_which_are_only_read(
        self, page: Page, live_server: LiveServer
    ) -> None:
        here = world(n_cases=2, n_systems=3)
        went_in_a_circle(here)
        sign_in(page, here.rater, live_server.url)
        page.goto(f"/studies/{here.study.slug}/")
        page.get_by_role("link", name="My votes").click()
        expect(page.locator(".circles__way")).to_have_count(2)
        look(page, "rater-my-votes")
        page.locator(".circles__steps a").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("as you answered it")
        expect(page.locator(".panes .pane")).to_have_count(2)
        expect(page.locator("#main :is(form, textarea, input)")).to_have_count(0)
        look(page, "rater-my-vote")

    def test_images_of_an_answered_ballot_are_still_drawn(
        self, page: Page, live_server: LiveServer
    ) -> None:
        here = world("mask", n_cases=1)
        went_in_a_circle(here)
        here.study.status, here.study.closed_at = "closed", timezone.now()
        here.study.save()
        sign_in(page, here.rater, live_server.url)
        page.goto(f"/ballots/{Ballot.objects.get().uuid}/")
        expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)


def test_the_desk_with_all_of_it_is_legible(page: Page, live_server: LiveServer) -> None:
    here = world(n_cases=6, n_systems=3, break_ballots=2, criteria=("overall", "accuracy"))
    judged(here, 2)
    at_the_desk(page, here, live_server)
    page.keyboard.press("2")
    page.locator("textarea").fill(PATIENT)
    expect(page.locator("#draft-note")).to_be_visible()
    look(page, "rater-desk-with-a-break")
