"""The admin: useful for every model, harmless to every record."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from arena.accounts.models import ApiToken, RaterProfile, User
from arena.accounts.services import api_token_create, rater_profile_for
from arena.core.audit import audit_record
from arena.core.models import AuditEvent, WriteOnce
from arena.studies.models import Membership, Study

pytestmark = pytest.mark.django_db
OURS = [model for model in apps.get_models() if model.__module__.startswith("arena.")]
RECORDS = [model for model in OURS if issubclass(model, WriteOnce)]


@pytest.fixture
def root(client: Client) -> User:
    user = User.objects.create_superuser("root@example.org", "a long pass phrase")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def address(model: type[Model], view: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_model_has_a_list_that_opens_and_searches(
    client: Client, root: User, model: type[Model]
) -> None:
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "changelist"), {"q": "x"}).status_code == 200
    assert len(admin.site.get_model_admin(model).list_display) > 1


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_a_record_is_neither_added_changed_nor_deleted(
    client: Client, root: User, model: type[Model]
) -> None:
    keeper = admin.site.get_model_admin(model)
    request = client.get(address(model, "changelist")).wsgi_request
    assert keeper.get_actions(request) == {}
    assert client.get(address(model, "add")).status_code == 403
    assert not keeper.has_change_permission(request)
    assert not keeper.has_delete_permission(request)


def test_an_audit_line_can_be_read_but_not_posted_to(client: Client, root: User) -> None:
    event = audit_record(actor="system", action="export", target="study a")
    page = address(AuditEvent, "change", event.pk)
    assert client.get(page).status_code == 200
    assert client.post(page, {"actor": "x"}).status_code == 403
    assert client.post(address(AuditEvent, "delete", event.pk), {"post": "yes"}).status_code == 403
    picked = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
    client.post(address(AuditEvent, "changelist"), picked)
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def test_no_page_shows_the_hash_of_a_token(client: Client, root: User) -> None:
    api_token_create(user=root, label="nightly", by=root)
    token = ApiToken.objects.get()
    page = client.get(address(ApiToken, "change", token.pk)).content.decode()
    assert "nightly" in page
    assert token.digest not in page


def test_a_change_leaves_an_audit_line_with_names_but_not_values(
    client: Client, root: User
) -> None:
    rater = rater_profile_for(root)
    form = {"verification": "2", "profession": "Physician", "conflicts": "Example Corp"}
    answer = client.post(address(RaterProfile, "change", rater.pk), form)
    assert answer.status_code == 302
    event = AuditEvent.objects.get(action="admin.change")
    assert event.target == f"accounts.RaterProfile {rater.pk}"
    assert "Verification" in str(event.detail)
    assert "Example Corp" not in str(event.detail)
    assert LogEntry.objects.count() == 1


def test_a_role_given_or_taken_in_the_admin_is_audited(client: Client, root: User) -> None:
    study = Study.objects.create(slug="a", title="A", created_by=root)
    form = {"study": study.pk, "user": root.pk, "role": "rater"}
    client.post(address(Membership, "add"), form)
    (held,) = Membership.objects.all()
    client.post(address(Membership, "delete", held.pk), {"post": "yes"})
    lines = AuditEvent.objects.filter(action__startswith="admin.")
    assert list(lines.values_list("action", flat=True)) == ["admin.add", "admin.delete"]


def test_the_status_of_a_study_cannot_be_changed_past_its_rules(client: Client, root: User) -> None:
    study = Study.objects.create(slug="a", title="A", created_by=root)
    form = {
        "title": "B",
        "visibility": "public",
        "status": "open",
        "leaderboard_published": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert client.post(address(Study, "change", study.pk), form).status_code == 302
    study.refresh_from_db()
    assert (study.title, study.status, study.leaderboard_published) == ("B", "draft", False)


def test_an_account_is_switched_off_rather_than_deleted(client: Client, root: User) -> None:
    assert client.post(address(User, "delete", root.pk), {"post": "yes"}).status_code == 403


def test_a_new_account_gets_a_password_that_works(client: Client, root: User) -> None:
    phrase = "another pass phrase"
    form = {"email": "new@example.org", "name": "", "password1": phrase, "password2": phrase}
    assert client.post(address(User, "add"), form).status_code == 302
    assert User.objects.get(email="new@example.org").check_password(phrase)


def test_strangers_sign_in_on_the_sites_own_page_and_others_are_refused(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert re.match(r"/accounts/login/\?next=", answer.redirect_chain[-1][0])
    client.force_login(
        User.objects.create_user("ada@example.org"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert client.get("/admin/", follow=True).status_code == 403
