"""Every page, as each role sees it: no violation, nothing from outside, legible, all in view."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.accounts.models import User
from arena.leaderboards.services import leaderboards_refresh
from arena.studies.models import Membership, Study
from tests.arena.leaderboards.world import World as BoardWorld
from tests.arena.leaderboards.world import world as board_world
from tests.arena.voting.world import world
from tests.journeys.browser import WIDTHS, look, overflow, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STUDY = "study-of-summary"
ANYBODY = ["/studies/", f"/studies/{STUDY}/", "/methods/", "/methods/intervals/", "/systems/"]
COORDINATOR = [
    f"/studies/{STUDY}/{page}/"
    for page in (
        "leaderboard",
        "agreement",
        "exports",
        "manage",
        "manage/protocol",
        "manage/cases",
        "manage/systems",
        "manage/raters",
        "manage/results",
    )
]
RATER = [f"/studies/{STUDY}/vote/", f"/studies/{STUDY}/my-votes/"]
ADMIN = ["/studies/new/", "/systems/", "/systems/new/", "/systems/quetzal-slug/", "/profile/"]
DJANGO_ADMIN = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/studies/study/",
    "/admin/studies/study/1/change/",
    "/admin/generations/generation/",
    "/admin/voting/vote/",
    "/admin/voting/draft/",
]


def name_of(path: str) -> str:
    return path.strip("/").replace("/", "-")


@pytest.fixture
def study(transactional_db: None) -> Study:
    return world("summary", n_systems=3, study={"visibility": "public", "synthetic": True}).study


@pytest.fixture
def coordinator(study: Study) -> User:
    user = study.created_by
    Membership.objects.create(study=study, user=user, role=Membership.Role.COORDINATOR)
    return user


@pytest.mark.parametrize("path", ANYBODY, ids=name_of)
def test_a_page_for_everybody(path: str, page: Page, study: Study) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    look(page, f"public-{name_of(path)}")


@pytest.mark.parametrize("path", COORDINATOR, ids=name_of)
def test_a_page_for_the_coordinator(
    path: str, page: Page, coordinator: User, live_server: LiveServer
) -> None:
    sign_in(page, coordinator, live_server.url)
    response = page.goto(path)
    assert response is not None
    assert response.status == 200
    look(page, f"coordinator-{name_of(path)}")


LONG = "Extraordinarily detailed generator of reports, tuned on the letters of nineteen hospitals, "
LABELS = (f"{LONG[:60]}{'x' * 20}", *(f"System {n}" for n in range(1, 50)))


@pytest.fixture
def many(live_server: LiveServer, transactional_db: None) -> BoardWorld:
    """A public study of fifty systems, one with a very long name, and its board."""
    shown = {"visibility": "public", "leaderboard_published": True}
    board = board_world("many", labels=LABELS, title=(LONG * 2)[:160], **shown)
    for rater in board.raters:
        for case in board.cases:
            board.vote(rater, case, LABELS[0], LABELS[1], "left_slightly")
            board.vote(rater, case, LABELS[1], LABELS[2], "right_slightly")
    leaderboards_refresh(study_id=board.study.pk)
    return board


@pytest.mark.parametrize("path", ["", "leaderboard/", "manage/systems/", "manage/results/"])
def test_long_names_and_fifty_systems_stay_in_their_page(
    path: str, page: Page, live_server: LiveServer, many: BoardWorld
) -> None:
    sign_in(page, many.coordinator, live_server.url)
    page.goto(f"/studies/many/{path}")
    look(page, f"many-{name_of(path)}")


READER = ["/", *ANYBODY[:1], "/methods/", "/methods/scores-of-texts/", "/systems/", "/style/"]
OF_MANY = ["", "leaderboard/", "agreement/"]
MANAGED = ["", "protocol/", "cases/", "systems/", "raters/", "qualification/", "results/"]


def pages_of(role: str, many: BoardWorld) -> list[str]:
    here, system = f"/studies/{many.study.slug}/", many.systems[LABELS[0]]
    case, output = many.cases[0].case, many.outputs[LABELS[0], many.cases[0].case.key]
    shared = [f"{here}{page}" for page in OF_MANY]
    return {
        "reader": [*READER, *shared, "/accounts/login/", "/accounts/signup/"],
        "rater": [*shared, f"{here}vote/", f"{here}my-votes/", "/profile/"],
        "coordinator": [
            *shared,
            *(f"{here}manage/{page}" for page in MANAGED),
            f"{here}manage/cases/{case.pk}/",
            f"{here}manage/systems/{system.pk}/answers/",
            f"{here}manage/systems/answers/{output.pk}/",
            f"{here}exports/",
            f"/systems/{system.version.system.slug}/",
            "/studies/new/",
        ],
    }[role]


@pytest.mark.parametrize("role", ["reader", "rater", "coordinator"])
def test_no_page_scrolls_sideways_where_a_window_is_320_pixels_wide(
    role: str, page: Page, live_server: LiveServer, many: BoardWorld
) -> None:
    """WCAG 1.4.10; what is wider by its nature scrolls in a frame of its own."""
    people = {"rater": many.raters[0], "coordinator": many.coordinator}
    if role in people:
        sign_in(page, people[role], live_server.url)
    page.set_viewport_size({"width": WIDTHS["reflow"], "height": 640})
    wide = {}
    for path in pages_of(role, many):
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        wide[path] = overflow(page)
    assert {path: extra for path, extra in wide.items() if extra > 0} == {}


def test_the_edge_beyond_which_a_table_goes_on_is_shaded(page: Page, many: BoardWorld) -> None:
    page.set_viewport_size({"width": WIDTHS["phone"], "height": 900})
    page.goto(f"/studies/{many.study.slug}/leaderboard/")
    frames = page.locator(".table-wrap").evaluate_all(
        "all => all.map(e => [e.scrollWidth > e.clientWidth, getComputedStyle(e).boxShadow])"
    )
    assert any(goes_on for goes_on, _ in frames)
    assert all((shade != "none") == goes_on for goes_on, shade in frames)


@pytest.mark.parametrize("path", COORDINATOR, ids=name_of)
def test_a_page_of_a_study_with_nothing_in_it(
    path: str, page: Page, coordinator: User, live_server: LiveServer
) -> None:
    empty = Study.objects.create(slug="empty", title="Nothing yet", created_by=coordinator)
    Membership.objects.create(study=empty, user=coordinator, role=Membership.Role.COORDINATOR)
    sign_in(page, coordinator, live_server.url)
    page.goto(path.replace(STUDY, empty.slug))
    look(page, f"empty-{name_of(path)}")


@pytest.mark.parametrize("path", RATER, ids=name_of)
def test_a_page_for_the_rater(path: str, page: Page, study: Study, live_server: LiveServer) -> None:
    sign_in(page, User.objects.get(email__startswith="rater-0@"), live_server.url)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    look(page, f"rater-{name_of(path)}")


@pytest.mark.parametrize("path", ADMIN, ids=name_of)
def test_a_page_for_the_admin(
    path: str, page: Page, coordinator: User, live_server: LiveServer
) -> None:
    coordinator.is_superuser = coordinator.is_staff = True
    coordinator.save()
    sign_in(page, coordinator, live_server.url)
    response = page.goto(path)
    assert response is not None
    assert response.status == 200
    look(page, f"admin-{name_of(path)}")


@pytest.mark.parametrize("path", DJANGO_ADMIN, ids=name_of)
def test_a_page_of_djangos_admin(
    path: str, page: Page, coordinator: User, live_server: LiveServer
) -> None:
    coordinator.is_superuser = coordinator.is_staff = True
    coordinator.save()
    sign_in(page, coordinator, live_server.url)
    response = page.goto(path)
    assert response is not None
    assert response.status == 200
    look(page, name_of(path))
