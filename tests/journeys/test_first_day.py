"""A clinician's and a coordinator's first day: from the first page on, by what is on the screen."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.accounts.models import User
from arena.exports.models import Export
from arena.exports.services import export_build
from arena.leaderboards.services import leaderboard_refresh
from arena.studies.models import Study
from arena.voting.models import SafetyFlag, Skip, Vote
from tests.arena.voting.world import world
from tests.journeys.browser import axe_faults, sign_in
from tests.journeys.conftest import Guard
from workers import runner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Long enough that two ways of shortening it differ: equal outputs are asked of nobody.
NOTE = (
    "Patient {n} came with fever. Amlodipine is taken daily. The film shows a consolidation. "
    "Nothing else was found. It rained. The consolidation of the film explains the fever. "
    "Amoxicillin was given for the consolidation. The patient went home."
)
NOTES = "key,text\n" + "".join(f'n{n},"{NOTE.format(n=n)}"\n' for n in range(2))


def follow(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=True).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def confirm(page: Page, name: str) -> None:
    page.get_by_text(f"{name}…", exact=True).click()
    press(page, name)


def said(page: Page, text: str) -> None:
    expect(page.locator("#messages")).to_contain_text(text)


def voted(page: Page, text: str) -> None:
    expect(page.locator(".desk__progress span")).to_have_text(text)


def test_a_clinician_signs_in_judges_all_there_is_and_signs_out(page: Page) -> None:
    here = world(n_cases=3, study={"visibility": "public"})
    page.goto("/")
    follow(page, "Sign in to vote")
    page.get_by_label("Email").fill(here.rater.email)
    page.get_by_label("Password").fill("secret")
    press(page, "Sign in")
    follow(page, "Vote in Study of summary")

    page.get_by_role("radio", name="Right is slightly better").check()
    page.get_by_label("Unsafe").first.check()
    page.get_by_label("How bad?").first.select_option("severe")
    page.get_by_label("How likely?").first.select_option("low")
    page.get_by_role("textbox", name="Reason").fill("A dose is missing.")
    page.reload()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("A dose is missing.")
    page.locator("#submit-vote").click()
    voted(page, "1 of 3 votes")

    page.locator(".desk__tools").get_by_role("button", name="Skip").click()
    page.get_by_role("radio", name="Not my specialty").check()
    page.locator("#skip-dialog").get_by_role("button", name="Skip", exact=True).click()
    page.get_by_role("radio", name="About the same").check()
    page.locator("#submit-vote").click()
    voted(page, "2 of 3 votes")
    press(page, "Undo last")
    voted(page, "1 of 3 votes")
    page.get_by_role("radio", name="Both unacceptable").check()
    page.locator("#submit-vote").click()
    expect(page.get_by_text("You gave 2 votes and skipped 1.")).to_be_visible()

    page.get_by_text(str(here.rater), exact=True).click()
    page.get_by_role("link", name="Profile").click()
    expect(page.get_by_text(here.rater.rater_profile.pseudonym)).to_be_visible()
    page.get_by_text(str(here.rater), exact=True).first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in to vote")).to_be_visible()
    kept = Vote.objects.filter(retraction=None)
    assert (kept.count(), SafetyFlag.objects.get().extent) == (2, "severe")
    assert Skip.objects.get().reason == "not_my_specialty"


@pytest.fixture
def colleague(chromium: Browser, guard: Guard, live_server: LiveServer) -> Page:
    """A second person's browser under the same guard; closed with the browser."""
    context = chromium.new_context(base_url=live_server.url, locale="en-GB")
    guard.watch(context)
    return context.new_page()


def test_a_coordinator_gets_from_nothing_to_a_public_board(
    page: Page, colleague: Page, live_server: LiveServer
) -> None:
    """What the worker does, the test does: the bell rings, but nobody else listens."""
    coordinator = User.objects.create_superuser("first@day.example", "secret")
    sign_in(page, coordinator, live_server.url)
    page.goto("/")
    set_up(page)
    study = Study.objects.get()
    let_systems_answer(page)
    follow(page, "Manage")
    confirm(page, "Open for votes")
    said(page, "open for votes")

    link = invitation(page)
    colleague.goto(link)
    join_and_vote(colleague)
    leaderboard_refresh(study_id=study.pk)
    follow(page, "Leaderboard")
    expect(page.get_by_text("2 votes · 1 rater · 2 cases")).to_be_visible()

    follow(page, "Manage")
    export(page)
    follow(page, "Overview")
    publish(page)
    colleague.context.clear_cookies()
    colleague.goto("/")
    colleague.get_by_role("link", name="Chest notes").last.click()
    expect(colleague.get_by_text("2 votes · 1 rater · 2 cases")).to_be_visible()


def set_up(page: Page) -> None:
    follow(page, "New study")
    page.get_by_label("Title").fill("Chest notes")
    page.get_by_label("A case is").select_option(label="Clinical note")
    page.get_by_label("A system answers with").select_option(label="Summary")
    press(page, "Create the draft")
    follow(page, "Import cases")
    upload(page, "notes.csv", "key,text\nn0,Fever.\nn1,\n")
    expect(page.get_by_text("notes.csv, row 3, column 'text': is empty")).to_be_visible()
    upload(page, "notes.csv", NOTES)
    said(page, "2 cases imported.")


def upload(page: Page, name: str, text: str) -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("File", exact=True).set_input_files([file])
    press(page, "Import")


def let_systems_answer(page: Page) -> None:
    follow(page, "Systems")
    for name, method, sentences in (("Openers", "lead", "1"), ("Telling ones", "tfidf", "2")):
        follow(page, "Register a new system")
        follow(page, "Choose Extractive summary")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Method").select_option(method)
        page.get_by_label("Sentences").fill(sentences)
        press(page, "Register")
        said(page, f"{name} is registered as version 1 and takes part.")
    press(page, "Start generation")
    said(page, "4 answers are asked for.")
    runner.run(resource="cpu")
    expect(page.locator("generation-progress")).to_contain_text("4 of 4 answered")


def invitation(page: Page) -> str:
    follow(page, "Raters")
    press(page, "Make a link")
    field = page.locator("copy-field input")
    expect(field).to_have_value(re.compile("/join/"))
    return field.input_value()


def join_and_vote(page: Page) -> None:
    follow(page, "Create an account")
    page.get_by_label("Email").fill("rater@day.example")
    page.get_by_label("Password", exact=True).fill("a-Long-enough-phrase-9")
    page.get_by_label("Password (again)").fill("a-Long-enough-phrase-9")
    press(page, "Create account")
    press(page, "Join the study")
    said(page, "Welcome to “Chest notes”.")
    follow(page, "Start voting")
    page.wait_for_url("**/vote/")
    expect(page.locator("#tour")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#tour")).to_be_hidden()
    for n in (1, 2):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        voted(page, f"{n} of 2 votes")


def export(page: Page) -> None:
    follow(page, "Results")
    press(page, "Build Votes, CSV")
    expect(page.get_by_text("Being built")).to_be_visible()
    export_build(export_id=Export.objects.get().pk)
    with page.expect_download() as download:
        page.get_by_role("link", name="Votes, CSV").click()
    assert download.value.suggested_filename.endswith(".zip")
    assert not axe_faults(page)


def publish(page: Page) -> None:
    page.get_by_label("Summary").fill("Two notes, shortened by two systems.")
    page.get_by_label("Source of the cases").fill("Written for a test.")
    page.get_by_label("Ethics approval").fill("none needed")
    page.get_by_role("radio", name="Listed for everybody").check()
    press(page, "Save")
    confirm(page, "Close the study")
    confirm(page, "Publish")
    said(page, "The leaderboard is public.")
