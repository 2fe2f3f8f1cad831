"""Keys of model servers: they go in, are used by workers, and come out nowhere."""

import io
import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.core.logs import RedactingFormatter, redacted
from arena.core.models import AuditEvent
from arena.core.vault import sealed, unsealed
from arena.generations.models import SystemSecret, SystemVersion
from arena.generations.services import (
    secret_of,
    secret_remove,
    secret_set,
    study_system_add,
    system_register,
)
from arena.studies.models import Membership, Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
KEY = "sk-verysecret0123456789"
CHAT = {"base_url": "https://api.example.org/v1", "model": "m"}


@pytest.fixture(autouse=True)
def vault(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.VAULT_KEYS, settings.VAULT_KEYS_FILE = [], tmp_path / "vault-keys"
    return settings.VAULT_KEYS_FILE


@pytest.fixture
def version() -> SystemVersion:
    return registered()


def registered(slug: str = "chat", key: str = KEY, **config: Any) -> SystemVersion:
    return system_register(
        slug=slug, by=world.coordinator(), adapter="openai-compatible",
        config={**CHAT, **config}, key=key,
    )  # fmt: skip


def call(*args: str) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


# Kept ------------------------------------------------------------------------------------------
def test_the_database_holds_no_key_in_the_clear(version: SystemVersion, vault: Path) -> None:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        for name in names:
            cursor.execute(f'SELECT * FROM "{name}"')
            assert KEY not in str(cursor.fetchall()), name
    assert secret_of(version=version) == KEY
    assert stat.S_IMODE(vault.stat().st_mode) == 0o600


def test_a_key_changes_no_version(version: SystemVersion) -> None:
    again = registered(key="another-key")
    assert (again.pk, again.digest) == (version.pk, version.digest)
    assert secret_of(version=again) == "another-key"
    assert "key" not in again.config


def test_a_key_goes_to_no_other_server(version: SystemVersion) -> None:
    elsewhere = registered(key="", base_url="https://evil.example.org/v1")
    same_server = registered(key="", model="other")
    assert secret_of(version=elsewhere) == ""
    assert secret_of(version=same_server) == KEY


def test_only_the_owner_sets_or_forgets_a_key(version: SystemVersion) -> None:
    other = world.coordinator("other@example.org")
    with pytest.raises(UserError, match="set by its owner"):
        secret_set(version=version, by=other, secret="x")
    with pytest.raises(UserError, match="set by its owner"):
        secret_remove(version=version, by=other)
    assert secret_remove(version=version, by=world.coordinator())
    assert secret_of(version=version) == ""
    assert not secret_remove(version=version, by=world.coordinator())


def test_a_system_with_a_key_is_added_to_studies_by_its_owner_alone(version: SystemVersion) -> None:
    study = world.study()
    Study.objects.update(outside_endpoints_allowed=True)
    study.refresh_from_db()
    other = world.coordinator("other@example.org")
    with pytest.raises(UserError, match="a key of its owner"):
        study_system_add(study=study, version=version, by=other)
    assert study_system_add(study=study, version=version, by=world.coordinator())


@pytest.mark.parametrize("key", ["two\nlines", "a\r\nX-Evil: 1", "snowman ☃", " ", "x" * 5000])
def test_a_key_that_cannot_stand_in_a_header_is_refused(version: SystemVersion, key: str) -> None:
    with pytest.raises(UserError, match="A key is one line"):
        secret_set(version=version, by=world.coordinator(), secret=key)


def test_a_system_without_a_server_takes_no_key() -> None:
    with pytest.raises(UserError, match="asked at no server"):
        system_register(slug="m", by=world.coordinator(), adapter="mock", key=KEY)


@pytest.mark.parametrize("name", ["api_key", "token", "Authorization", "x-api-key", "password"])
def test_a_key_written_into_the_settings_is_refused(name: str) -> None:
    request = {"inputs": "{text}", "auth": {name: KEY}}
    config = {"base_url": CHAT["base_url"], "request": request, "record": {"text": "$.a"}}
    with pytest.raises(UserError, match=rf"request\.auth\.{name}: looks like a key"):
        system_register(slug="s", by=world.coordinator(), adapter="http-json", config=config)
    config["request"] = {"inputs": "{text}", name: "{key}", "max_tokens": 9, "tokenizer": "x"}
    system_register(slug="s", by=world.coordinator(), adapter="http-json", config=config)


# Rotated ---------------------------------------------------------------------------------------
def test_keys_are_sealed_anew_under_a_new_vault_key(version: SystemVersion, vault: Path) -> None:
    old, before = vault.read_text(), SystemSecret.objects.get().sealed
    told = call("rotate_secrets", "--new-key")
    assert told.splitlines()[0] == "1 keys are sealed anew."
    assert old.strip() not in vault.read_text()
    assert SystemSecret.objects.get().sealed != before
    assert secret_of(version=version) == KEY
    vault.write_text(old)
    with pytest.raises(UserError, match="cannot be read"):
        secret_of(version=version)


def test_keys_of_the_environment_are_rotated_step_by_step(
    version: SystemVersion, vault: Path, settings: Any
) -> None:
    first, second = vault.read_text().strip(), Fernet.generate_key().decode()
    settings.VAULT_KEYS = [second, first]
    with pytest.raises(CommandError, match="CONSILIUM_VAULT_KEYS"):
        call("rotate_secrets", "--new-key")
    assert secret_of(version=version) == KEY
    call("rotate_secrets")
    settings.VAULT_KEYS = [second]
    assert secret_of(version=version) == KEY


def test_no_vault_key_is_dropped_while_something_needs_it(
    version: SystemVersion, vault: Path
) -> None:
    SystemSecret.objects.update(sealed=Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    registered("second")
    with pytest.raises(CommandError, match=r"key of chat for api\.example\.org:443"):
        call("rotate_secrets", "--new-key")
    assert len(vault.read_text().split()) == 2


def test_a_vault_key_that_is_none_is_told_in_plain_words(settings: Any) -> None:
    settings.VAULT_KEYS = ["short"]
    with pytest.raises(UserError, match=r"CONSILIUM_VAULT_KEYS takes keys of 32 bytes"):
        sealed("x")


def test_the_first_key_is_made_once(vault: Path) -> None:
    token = sealed("x")
    assert unsealed(token) == "x"
    assert [path.name for path in vault.parent.iterdir()] == ["vault-keys"]


# Shown nowhere ---------------------------------------------------------------------------------
@pytest.fixture
def owner() -> Client:
    study = world.study("mine")
    user = world.coordinator()
    Membership.objects.create(study=study, user=user, role="coordinator")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


FORM = {"name": "Chat", "config-base_url": CHAT["base_url"], "config-model": "m"}
PAGE = "/systems/new/?adapter=openai-compatible"


def test_a_key_typed_into_the_form_is_kept_and_not_shown(owner: Client) -> None:
    assert owner.post(PAGE, FORM | {"key": KEY}).status_code == 302
    assert secret_of(version=SystemVersion.objects.get()) == KEY
    card = owner.get("/systems/chat/").content.decode()
    assert "A key for <code>api.example.org:443</code> is stored" in card
    for page in (card, owner.get(PAGE + "&system=chat").content.decode()):
        assert KEY not in page
    owner.post(PAGE, FORM | {"config-model": "other"})
    assert secret_of(version=SystemVersion.objects.get(number=2)) == KEY


def test_a_faulty_form_does_not_repeat_the_key(owner: Client) -> None:
    answer = owner.post(PAGE, FORM | {"key": KEY, "name": ""})
    assert answer.status_code == 400
    assert KEY not in answer.content.decode()


def test_a_key_is_replaced_and_forgotten_on_the_card(owner: Client, version: SystemVersion) -> None:
    owner.post("/systems/chat/key/", {"key": "another"})
    assert secret_of(version=version) == "another"
    page = owner.post("/systems/chat/key/", {"key": ""}, follow=True).content.decode()
    assert "No key was given" in page
    owner.post("/systems/chat/key/", {"forget": "1"})
    assert secret_of(version=version) == ""
    actions = AuditEvent.objects.values_list("action", "detail")
    assert ("system:set-key", {"for": "api.example.org:443"}) in actions
    assert ("system:remove-key", {"for": "api.example.org:443"}) in actions


def test_others_neither_see_nor_set_a_key(owner: Client, version: SystemVersion) -> None:
    other = User.objects.create_superuser("root@example.org")
    version.system.owner = other
    version.system.save()
    assert owner.post("/systems/chat/key/", {"key": "mine"}).status_code == 404
    assert secret_of(version=version) == KEY


def test_the_admin_shows_that_there_is_a_key_and_not_which(version: SystemVersion) -> None:
    client = Client()
    root = User.objects.create_superuser("root@example.org")
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    held = SystemSecret.objects.get()
    for place in ("", f"{held.pk}/change/"):
        page = client.get(f"/admin/generations/systemsecret/{place}").content.decode()
        assert "api.example.org" in page
        assert KEY not in page
        assert held.sealed not in page


def test_a_key_comes_from_a_file_not_from_the_shells_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_superuser("admin@example.org")
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    settings = ["--set", f"base_url={CHAT['base_url']}", "--set", "model=m"]
    place = ["register_system", "chat", "--adapter=openai-compatible", *settings]
    told = call(*place, f"--key-file={path}")
    assert KEY not in told
    assert secret_of(version=SystemVersion.objects.get()) == KEY
    monkeypatch.setattr("sys.stdin", io.StringIO("from-stdin\n"))
    call(*place, "--key-file=-")
    assert secret_of(version=SystemVersion.objects.get()) == "from-stdin"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Authorization: Bearer abc.DEF-123456", "Authorization: Bearer ***"),
        ("{'api_key': 'abcdef123456'}", "{'api_key': '***'}"),
        ("Incorrect API key provided: sk-abcdefghijklmnop", "Incorrect API key provided: ***"),
        ("postgresql://arena:hunter22@db/arena", "postgresql://arena:***@db/arena"),
        ("hf_abcdefghijklmnopqrst leaked", "*** leaked"),
        ("max_tokens=1024 tokens: 12", "max_tokens=1024 tokens: 12"),
        ("the password was forgotten", "the password was forgotten"),
    ],
)
def test_logs_are_written_without_secrets(said: str, kept: str) -> None:
    assert redacted(said) == kept
    record = logging.LogRecord("arena", 40, "x.py", 1, "%s", (said,), None)
    assert RedactingFormatter("{message}", style="{").format(record) == kept
