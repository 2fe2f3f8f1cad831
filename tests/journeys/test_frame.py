"""The frame of every page: home, style page, errors, sign-in, keyboard, colours."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.accounts.models import RaterProfile, User
from arena.studies.models import Study
from tests.journeys.browser import look, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def clinician(transactional_db: None) -> User:
    return User.objects.create_user("clinician@example.org", "a-long-pass-word", name="Dr Ada Ito")


def test_the_home_page_says_what_this_is_to_a_stranger(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("which would you rather act on?")
    expect(page.get_by_role("link", name="Sign in to vote")).to_be_visible()
    look(page, "home-public")


def test_the_home_page_lists_public_studies_and_hides_private_ones(
    page: Page, clinician: User
) -> None:
    for visibility in Study.Visibility:
        Study.objects.create(
            slug=visibility,
            title=f"A {visibility} study",
            visibility=visibility,
            status=Study.Status.OPEN,
            opened_at=clinician.date_joined,
            created_by=clinician,
        )
    page.goto("/")
    expect(page.get_by_role("link", name="A public study")).to_be_visible()
    expect(page.get_by_text("A private study")).to_have_count(0)
    look(page, "home-studies")


def test_the_style_page_passes_axe_in_light_and_dark(page: Page) -> None:
    page.goto("/style/")
    look(page, "style")


def test_a_missing_page_says_so_and_shows_the_way_out(page: Page) -> None:
    response = page.goto("/studies/there-is-none/")
    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing at this address")
    look(page, "error-404")


def test_a_form_without_its_token_is_refused_in_plain_words(page: Page) -> None:
    page.goto("/accounts/login/")
    page.context.clear_cookies()
    page.get_by_label("Email").fill("clinician@example.org")
    page.get_by_label("Password").fill("whatever-it-was")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This form has expired")
    look(page, "error-csrf")


def test_a_clinician_signs_in_by_e_mail_and_out_again(page: Page, clinician: User) -> None:
    page.goto("/accounts/login/")
    look(page, "sign-in")
    page.get_by_label("Email").fill(clinician.email)
    page.get_by_label("Password").fill("a-long-pass-word")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    menu = page.locator(".site-header details.menu")
    expect(menu).to_contain_text("Dr Ada Ito")
    menu.locator("summary").click()
    look(page, "home-menu")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_said_without_losing_the_address(page: Page, clinician: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(clinician.email)
    page.get_by_label("Password").fill("not-that-one")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(clinician.email)
    look(page, "sign-in-refused")


def test_the_first_tab_stop_skips_to_the_content(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_question_mark_opens_the_help_unless_one_is_typing(page: Page) -> None:
    page.goto("/accounts/login/")
    help_panel = page.locator("#page-help")
    page.get_by_label("Email").press("?")
    expect(help_panel).to_be_hidden()
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(help_panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_panel).to_be_hidden()


def test_single_key_shortcuts_can_be_switched_off(
    page: Page, clinician: User, live_server: LiveServer
) -> None:
    RaterProfile.objects.update_or_create(user=clinician, defaults={"single_key_shortcuts": False})
    sign_in(page, clinician, live_server.url)
    page.goto("/")
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.locator("#page-help")).to_be_hidden()
    page.get_by_role("button", name="Help and keys").click()
    expect(page.locator("#page-help")).to_be_visible()


def test_the_chosen_colours_stay_on_the_next_page(page: Page) -> None:
    page.goto("/")
    page.locator(".menu summary").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/style/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_colours_can_be_chosen_without_javascript(
    chromium: Browser, live_server: LiveServer
) -> None:
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/style/")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/style/")
    context.close()
