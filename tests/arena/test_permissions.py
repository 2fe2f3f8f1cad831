"""Who gets which answer: role × study × address, written out by hand.

``ACCESS`` says what each person may do with each study; ``STUDY_PAGES`` says which action an
address needs; ``SITE_PAGES`` are addresses without a study. An address that is in neither table
fails a test, so a new page cannot be forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from arena.accounts.models import ApiToken, User
from arena.accounts.services import api_token_create
from arena.exports.models import Export
from arena.studies.access import Action, Role, may, roles_for
from arena.studies.models import Invitation, Membership, Study
from arena.voting.services import ballot_next
from tests.arena.voting.world import world

PEOPLE = ("nobody", "stranger", "rater", "coordinator", "admin")
NOW = timezone.now()
OPEN = {"status": "open", "opened_at": NOW}
CLOSED = {"status": "closed", "opened_at": NOW, "closed_at": NOW}
STUDIES: dict[str, dict[str, Any]] = {
    "public-open": {**OPEN, "visibility": "public"},
    "private-open": {**OPEN, "visibility": "private"},
    "public-draft": {"status": "draft", "opened_at": None, "visibility": "public"},
    "closed-published": {**CLOSED, "visibility": "public", "leaderboard_published": True},
    "closed-unpublished": {**CLOSED, "visibility": "public"},
    "private-closed": {**CLOSED, "visibility": "private"},
}

# What nobody (signed out), a stranger, a rater, a coordinator and an admin get, in this order.
RESULTS = {
    "public-open": "403 403 403 ok ok",
    "private-open": "404 404 403 ok ok",
    "public-draft": "404 404 404 ok ok",
    "closed-published": "ok ok ok ok ok",
    "closed-unpublished": "403 403 ok ok ok",
    "private-closed": "404 404 ok ok ok",
}
ACCESS: dict[Action, dict[str, str]] = {
    Action.SEE: {
        "public-open": "ok ok ok ok ok",
        "private-open": "404 404 ok ok ok",
        "public-draft": "404 404 404 ok ok",
        "closed-published": "ok ok ok ok ok",
        "closed-unpublished": "ok ok ok ok ok",
        "private-closed": "404 404 ok ok ok",
    },
    Action.VOTE: {
        "public-open": "403 403 ok 403 403",
        "private-open": "404 404 ok 403 403",
        "public-draft": "404 404 404 403 403",
        "closed-published": "403 403 403 403 403",
        "closed-unpublished": "403 403 403 403 403",
        "private-closed": "404 404 403 403 403",
    },
    Action.SEE_OWN_VOTES: {
        "public-open": "403 403 ok 403 403",
        "private-open": "404 404 ok 403 403",
        "public-draft": "404 404 404 403 403",
        "closed-published": "403 403 ok 403 403",
        "closed-unpublished": "403 403 ok 403 403",
        "private-closed": "404 404 ok 403 403",
    },
    Action.SEE_LEADERBOARD: RESULTS,
    Action.SEE_AGREEMENT: RESULTS,
    Action.DOWNLOAD: {
        "public-open": "403 403 403 ok ok",
        "private-open": "404 404 403 ok ok",
        "public-draft": "404 404 404 ok ok",
        "closed-published": "ok ok ok ok ok",
        "closed-unpublished": "403 403 403 ok ok",
        "private-closed": "404 404 403 ok ok",
    },
    Action.MANAGE: {
        "public-open": "403 403 403 ok ok",
        "private-open": "404 404 403 ok ok",
        "public-draft": "404 404 404 ok ok",
        "closed-published": "403 403 403 ok ok",
        "closed-unpublished": "403 403 403 ok ok",
        "private-closed": "404 404 403 ok ok",
    },
}


@dataclass(frozen=True)
class Page:
    """What an address of a study needs; ``{…}`` in arguments and data are keys of ``Things``."""

    action: Action
    method: str = "get"
    args: tuple[str, ...] = ("slug",)
    data: dict[str, str] = field(default_factory=dict)
    sign_in: str = ""
    """What people who are signed out get, whatever the study, where it asks for that first."""
    nothing_yet: str = ""
    """The sentence of a 404 that tells an authorised person that there is nothing to show yet."""


def page(action: Action, *args: str, **more: Any) -> Page:
    return Page(action, args=("slug", *args), **more)


NO_SCORES = "No output of this study has been scored against a reference yet."
MANAGE, SEE, VOTE = Action.MANAGE, Action.SEE, Action.VOTE
BALLOT = {"ballot": "ballot", "attempt": "one"}
STUDY_PAGES: dict[str, Page] = {
    "study": page(SEE),
    "study-join": page(MANAGE, method="post", sign_in="login"),
    "study-manage": page(MANAGE, sign_in="login"),
    "manage-overview": page(MANAGE, sign_in="login"),
    "manage-step": page(MANAGE, method="post", data={"step": "publish"}, sign_in="login"),
    "manage-protocol": page(MANAGE, sign_in="login"),
    "manage-cases": page(MANAGE, sign_in="login"),
    "manage-cases-forget": page(MANAGE, method="post", sign_in="login"),
    "manage-case": page(MANAGE, "case", sign_in="login"),
    "manage-case-withdraw": page(MANAGE, "case", method="post", sign_in="login"),
    "manage-case-asset": page(MANAGE, "case", "image", sign_in="login"),
    "manage-raters": page(MANAGE, sign_in="login"),
    "manage-member-remove": page(MANAGE, "member", method="post", sign_in="login"),
    "manage-invitation-revoke": page(MANAGE, "invitation", method="post", sign_in="login"),
    "manage-systems": page(MANAGE, sign_in="login"),
    "manage-progress": page(MANAGE, sign_in="login"),
    "manage-spending": page(MANAGE, sign_in="login"),
    "manage-generation-step": page(MANAGE, method="post", data={"step": "cancel"}, sign_in="login"),
    "manage-system-withdraw": page(MANAGE, "held", method="post", sign_in="login"),
    "manage-outputs": page(MANAGE, "held", method="post", sign_in="login"),
    "manage-outputs-forget": page(MANAGE, "held", method="post", sign_in="login"),
    "manage-answers": page(MANAGE, "held", sign_in="login"),
    "manage-answer": page(MANAGE, "generation", sign_in="login"),
    "manage-answer-rerun": page(MANAGE, "generation", method="post", sign_in="login"),
    "manage-votes": page(MANAGE, sign_in="login"),
    "manage-marks": page(MANAGE, sign_in="login"),
    "manage-qualification": page(MANAGE, sign_in="login"),
    "vote-qualification": page(VOTE, sign_in="login"),
    "manage-results": page(MANAGE, sign_in="login"),
    "manage-scores": page(MANAGE, sign_in="login"),
    "manage-exports": page(MANAGE),
    "vote": page(VOTE, sign_in="login"),
    "vote-progress": page(SEE, sign_in="login"),
    "vote-news": page(SEE, sign_in="login"),
    "vote-skip": page(VOTE, method="post", data=BALLOT, sign_in="login"),
    "vote-draft": page(VOTE, method="post", data=BALLOT, sign_in="login"),
    "vote-break": page(VOTE, method="post", sign_in="login"),
    "my-votes": page(Action.SEE_OWN_VOTES, sign_in="login"),
    "vote-undo": page(VOTE, method="post", data=BALLOT, sign_in="login"),
    "leaderboard": page(Action.SEE_LEADERBOARD),
    "agreement": page(Action.SEE_AGREEMENT),
    "exports": page(Action.DOWNLOAD),
    "export-download": page(Action.DOWNLOAD, "export"),
    "api-study": page(SEE),
    "api-ballots": page(VOTE, method="post", sign_in="401"),
    "api-cases": page(Action.DOWNLOAD),
    "api-systems": page(Action.SEE_LEADERBOARD),
    "api-generations": page(MANAGE),
    "api-generation-progress": page(MANAGE),
    "api-leaderboard": page(Action.SEE_LEADERBOARD, nothing_yet="This board has no votes yet."),
    "api-agreement": page(Action.SEE_AGREEMENT),
    "api-scores": page(Action.SEE_LEADERBOARD, nothing_yet=NO_SCORES),
    "api-exports": page(Action.DOWNLOAD),
    "api-export-file": page(Action.DOWNLOAD, "export"),
}

# A ballot is its rater's while voting is on; to everybody else there is none. Last: signed out.
BALLOT_PAGES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "ballot-asset": ("get", ("ballot", "left", "layer-1"), "login"),
    "my-vote": ("get", ("ballot",), "login"),
    "case-asset": ("get", ("ballot", "image"), "login"),
    "api-ballot": ("get", ("ballot",), "401"),
    "api-ballot-vote": ("post", ("ballot",), "401"),
    "api-ballot-skip": ("post", ("ballot",), "401"),
    "api-ballot-undo": ("post", ("ballot",), "401"),
}

# Addresses without a study: arguments, then what each of PEOPLE gets.
SITE_PAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "home": ((), "200 200 200 200 200"),
    "language": ((), "302 302 302 302 302"),
    "studies": ((), "200 200 200 200 200"),
    "keys": ((), "login 405 405 405 405"),
    "tour-seen": ((), "login 405 405 405 405"),
    "study-new": ((), "login 403 403 200 200"),
    "systems": ((), "200 200 200 200 200"),
    "system-register": ((), "login 403 403 200 200"),
    # Of systems in open studies only; one of them has published.
    "system-card": (("system",), "200 200 200 200 200"),
    # Trials are seen by those who made them.
    "system-trial": (("12345678-1234-5678-1234-567812345678",), "login 404 404 404 404"),
    "system-key": (("system",), "login 405 405 405 405"),
    "system-price": (("system",), "login 405 405 405 405"),
    "methods": ((), "200 200 200 200 200"),
    "method": (("bradley-terry",), "200 200 200 200 200"),
    "style": ((), "200 200 200 200 200"),
    "theme": ((), "405 405 405 405 405"),
    "healthz": ((), "200 200 200 200 200"),
    "readyz": ((), "200 200 200 200 200"),
    "metrics": ((), "404 404 404 404 404"),  # asked from outside this machine
    "profile": ((), "login 200 200 200 200"),
    "token-new": ((), "login 405 405 405 405"),
    "token-revoke": (("token",), "login 405 405 405 405"),
    "invitation": (("nonsense",), "login 404 404 404 404"),
    "api-schema": ((), "200 200 200 200 200"),
    "api-studies": ((), "200 200 200 200 200"),
    "account_login": ((), "200 302 302 302 302"),
    "account_signup": ((), "200 302 302 302 302"),
    "account_logout": ((), "302 200 200 200 200"),
    "account_inactive": ((), "200 200 200 200 200"),
    "account_reauthenticate": ((), "login 200 200 200 200"),
    "account_email": ((), "login 200 200 200 200"),
    "account_email_verification_sent": ((), "200 200 200 200 200"),
    "account_confirm_email": (("nonsense",), "200 200 200 200 200"),
    "account_change_password": ((), "login 200 200 200 200"),
    "account_set_password": ((), "login 302 302 302 302"),
    "account_reset_password": ((), "200 200 200 200 200"),
    "account_reset_password_done": ((), "200 200 200 200 200"),
    "account_reset_password_from_key": (("x", "nonsense"), "200 200 200 200 200"),
    "account_reset_password_from_key_done": ((), "200 200 200 200 200"),
    "mfa_index": ((), "login 200 200 200 200"),
    "mfa_authenticate": ((), "login 302 302 302 302"),
    "mfa_reauthenticate": ((), "login 302 302 302 302"),
    "mfa_activate_totp": ((), "login 302 302 302 302"),
    "mfa_deactivate_totp": ((), "login 404 404 404 404"),
    "mfa_view_recovery_codes": ((), "login 404 404 404 404"),
    "mfa_generate_recovery_codes": ((), "login 302 302 302 302"),
    "mfa_download_recovery_codes": ((), "login 404 404 404 404"),
    "mfa_list_webauthn": ((), "login 200 200 200 200"),
    "mfa_add_webauthn": ((), "login 302 302 302 302"),
    "mfa_reauthenticate_webauthn": ((), "login 302 302 302 302"),
    "mfa_remove_webauthn": ((1,), "login 302 302 302 302"),
    "mfa_edit_webauthn": ((1,), "login 302 302 302 302"),
    "account_confirm_login_code": ((), "login 302 302 302 302"),
}

Things = dict[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str

    @property
    def asks_to_sign_in(self) -> bool:
        return self.location.startswith("/accounts/login/")


class Site:
    """Every study of the table with one of everything in it, and the five people."""

    def __init__(self) -> None:
        names = [name for name in PEOPLE if name != "nobody"]
        create = User.objects.create_user
        self.users = {name: create(f"{name}@example.org", "a pass phrase") for name in names}
        User.objects.filter(pk=self.users["admin"].pk).update(is_superuser=True, is_staff=True)
        self.things = {slug: self._study(slug) for slug in STUDIES}
        self.token = ApiToken.objects.create(user=self.users["coordinator"], digest="0" * 64)

    def _study(self, slug: str) -> Things:
        made = world("mask", slug=slug, n_raters=0)
        members = [
            Membership.objects.create(study=made.study, user=self.users[role], role=role)
            for role in ("rater", "coordinator")
        ]
        ballot = ballot_next(rater=self.users["rater"], study=made.study)
        assert ballot
        Study.objects.filter(pk=made.study.pk).update(**STUDIES[slug])
        return {
            "slug": slug,
            "case": str(made.cases[0].case_id),
            "member": str(members[0].pk),
            "invitation": str(self._invitation(made.study).pk),
            "held": str(made.systems[0].pk),
            "generation": str(made.systems[0].generations.all()[0].pk),
            "system": made.systems[0].version.system.slug,
            "export": str(self._export(made.study).pk),
            "ballot": str(ballot.uuid),
            "one": "1",
        }

    def _invitation(self, study: Study) -> Invitation:
        return Invitation.objects.create(
            study=study,
            token_digest=f"{study.pk:064}",
            expires_at=timezone.now() + timedelta(days=1),
            created_by=self.users["coordinator"],
        )

    def _export(self, study: Study) -> Export:
        return Export.objects.create(
            study=study,
            format="votes-csv",
            origin="human",
            last_vote=0,
            status="ready",
            file=ContentFile(b"x", "x.zip"),
        )

    def ask(
        self, person: str, method: str, path: str, data: Things | None = None, **more: Any
    ) -> Answer:
        """The answer, with everything it changed taken back."""
        client = Client(REMOTE_ADDR="192.0.2.1")
        if method == "post" and path.startswith("/api/"):
            more["content_type"] = "application/json"
        with transaction.atomic():
            if person != "nobody":
                user = User.objects.get(pk=self.users[person].pk)
                client.force_login(user, "django.contrib.auth.backends.ModelBackend")
            answer: Any = getattr(client, method)(path, data or {}, **more)
            said = answer.getvalue()
            transaction.set_rollback(True)
        return Answer(
            answer.status_code, answer.headers.get("Location", ""), said.decode("latin-1")
        )


@pytest.fixture
def site(db: None) -> Site:
    return Site()


def verdict(answer: Answer, nothing_yet: str = "") -> str:
    """``login``, 401, 403 or 404; everything else an authorised person may get is ``ok``."""
    if answer.asks_to_sign_in:
        return "login"
    assert answer.status in {401, 403, 404, 200, 201, 204, 302, 400, 422}, answer.status
    empty = bool(nothing_yet) and nothing_yet in answer.text
    return str(answer.status) if answer.status in {401, 403, 404} and not empty else "ok"


def differences(got: dict[Any, Any], wanted: dict[Any, Any]) -> dict[Any, str]:
    return {key: f"{got[key]}, not {wanted[key]}" for key in wanted if got[key] != wanted[key]}


def expected(page: Page, slug: str) -> dict[str, str]:
    answers = dict(zip(PEOPLE, ACCESS[page.action][slug].split(), strict=True))
    return {**answers, "nobody": page.sign_in} if page.sign_in else answers


def addresses() -> Iterator[tuple[str | None, str]]:
    """Name and pattern of every address but the admin's, which has a test of its own."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str | None, str]]:
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield pattern.name, path
            elif path != "admin/":
                yield from walk(pattern.url_patterns, path)

    return walk(get_resolver().url_patterns, "")


def test_every_address_is_in_a_table() -> None:
    unnamed = [path for name, path in addresses() if not name]
    names = {name for name, _ in addresses() if name}
    assert unnamed == []
    assert names - set(STUDY_PAGES) - set(SITE_PAGES) - set(BALLOT_PAGES) == set()
    assert set(STUDY_PAGES) | set(SITE_PAGES) | set(BALLOT_PAGES) <= names


@pytest.mark.parametrize("slug", STUDIES)
@pytest.mark.parametrize("action", list(Action))
def test_the_access_table_itself(action: Action, slug: str) -> None:
    roles = [Role.PUBLIC, Role.PUBLIC, Role.RATER, Role.COORDINATOR, Role.ADMIN]
    given = roles_for(action=action, study=Study(slug=slug, **STUDIES[slug]))
    allowed = [answer == "ok" for answer in ACCESS[action][slug].split()]
    assert [role in given for role in roles] == allowed


@pytest.mark.parametrize("slug", STUDIES)
def test_pages_of_a_study(site: Site, slug: str) -> None:
    got, things = {}, site.things[slug]
    for name, row in STUDY_PAGES.items():
        path = reverse(name, args=[things.get(arg, arg) for arg in row.args])
        data = {key: things.get(value, value) for key, value in row.data.items()}
        answers = {who: site.ask(who, row.method, path, data) for who in PEOPLE}
        got[name] = {who: verdict(answers[who], row.nothing_yet) for who in PEOPLE}
    wanted = {name: expected(row, slug) for name, row in STUDY_PAGES.items()}
    assert differences(got, wanted) == {}


def test_an_unknown_study_is_not_found(site: Site) -> None:
    things, got = site.things["public-open"], {}
    for name, row in STUDY_PAGES.items():
        known = [things.get(arg, arg) for arg in row.args]
        path = reverse(name, args=["no-such-study", *known[1:]])
        for who in ("stranger", "admin"):
            got[name, who] = site.ask(who, row.method, path).status
    assert differences(got, dict.fromkeys(got, 404)) == {}


def test_addresses_of_a_ballot(site: Site) -> None:
    got, wanted = {}, {}
    others = {"stranger": "404", "coordinator": "404", "admin": "404"}
    for name, (method, args, nobody) in BALLOT_PAGES.items():
        for slug, things in site.things.items():
            path = reverse(name, args=[things.get(arg, arg) for arg in args])
            got[name, slug] = {who: verdict(site.ask(who, method, path)) for who in PEOPLE}
            rater = ACCESS[VOTE][slug].split()[PEOPLE.index("rater")]
            wanted[name, slug] = {**others, "nobody": nobody, "rater": rater}
    assert differences(got, wanted) == {}


def test_pages_without_a_study(site: Site) -> None:
    got, wanted = {}, {}
    things = {**site.things["closed-published"], "token": str(site.token.pk)}
    for name, (args, answers) in SITE_PAGES.items():
        path = reverse(name, args=[things.get(arg, arg) for arg in args])
        for who, answer in zip(PEOPLE, answers.split(), strict=True):
            asked = site.ask(who, "get", path)
            got[name, who] = "login" if asked.asks_to_sign_in else str(asked.status)
            wanted[name, who] = answer
    assert differences(got, wanted) == {}


def test_the_admin_is_for_admins(site: Site) -> None:
    for path in ("/admin/voting/vote/", "/admin/accounts/user/", "/admin/core/auditevent/"):
        ends = {who: site.ask(who, "get", path, follow=True) for who in PEOPLE}
        statuses = {who: answer.status for who, answer in ends.items()}
        others = dict.fromkeys(("stranger", "rater", "coordinator"), 403)
        assert statuses == {"nobody": 200, **others, "admin": 200}
        assert "<h1>Sign in</h1>" in ends["nobody"].text


INNER = [name for name, row in STUDY_PAGES.items() if len(row.args) > 1]


def test_a_thing_of_one_study_is_not_found_through_another(site: Site) -> None:
    foreign, got = {**site.things["closed-published"], "slug": "public-open"}, {}
    for name in INNER:
        row = STUDY_PAGES[name]
        path = reverse(name, args=[foreign.get(arg, arg) for arg in row.args])
        for who in ("coordinator", "admin"):
            got[name, who] = site.ask(who, row.method, path).status
    assert differences(got, dict.fromkeys(got, 404)) == {}


def test_a_role_in_one_study_is_none_in_another(site: Site) -> None:
    study = world("mask", slug="elsewhere", n_raters=0, study={"visibility": "private"}).study
    for role in ("rater", "coordinator"):
        assert not may(user=site.users[role], action=Action.SEE, study=study)


def test_an_account_that_is_switched_off_is_a_stranger(site: Site) -> None:
    User.objects.update(is_active=False)
    path = reverse("study", args=["private-open"])
    assert site.ask("coordinator", "get", path).status == 404


def test_a_token_gives_the_api_its_owners_rights_until_it_is_revoked(site: Site) -> None:
    token = api_token_create(user=site.users["coordinator"], by="system")
    headers = {"Authorization": f"Token {token}"}
    path = reverse("api-generations", args=["private-open"])
    assert site.ask("nobody", "get", path, headers=headers).status == 200
    User.objects.update(is_active=False)
    assert site.ask("nobody", "get", path, headers=headers).status == 401


def test_a_rater_who_also_coordinates_may_do_both(site: Site) -> None:
    study = Study.objects.get(slug="private-open")
    Membership.objects.create(study=study, user=site.users["rater"], role="coordinator")
    for action in (Action.VOTE, Action.MANAGE, Action.SEE_LEADERBOARD):
        assert may(user=site.users["rater"], action=action, study=study)


def test_the_list_of_studies_names_only_those_one_may_see(site: Site) -> None:
    for path in (reverse("studies"), reverse("api-studies")):
        for number, who in enumerate(PEOPLE):
            shown = site.ask(who, "get", path).text
            named = {slug for slug in STUDIES if f"/{slug}/" in shown or f'"{slug}"' in shown}
            seen = {slug for slug in STUDIES if ACCESS[SEE][slug].split()[number] == "ok"}
            assert named == seen, f"{path} for {who}"
