"""Registering systems, and letting them take part."""

from typing import Any

import pytest

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.core.models import AuditEvent
from arena.generations.adapters import CATALOGUE, adapters_for
from arena.generations.models import SystemVersion
from arena.generations.services import (
    generation_request,
    study_system_add,
    study_system_withdraw,
    system_register,
)
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
LEAD = {"adapter": "extractive-summary", "config": {"method": "lead"}}


def test_equal_settings_are_one_version_and_others_the_next() -> None:
    by = world.coordinator()
    first = system_register(slug="lead", by=by, **LEAD)
    assert system_register(slug="lead", by=by, **LEAD) == first
    other = system_register(slug="lead", by=by, **{**LEAD, "config": {"method": "tfidf"}})
    assert (first.number, other.number) == (1, 2)
    assert SystemVersion.objects.count() == 2


def test_defaults_are_part_of_what_is_frozen() -> None:
    version = system_register(slug="lead", by=world.coordinator(), **LEAD)
    assert version.config == {"method": "lead", "sentences": 5, "time_limit": 600}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"adapter": "nonsense"}, "extractive-summary"),
        ({"adapter": "extractive-summary"}, "'method'"),
        ({"adapter": "extractive-summary", "config": {"method": "magic"}}, "lead, textrank"),
        ({"adapter": "mock", "config": {"colour": 1}}, "'colour'"),
        ({"adapter": "mock", "config": {"seconds": "two"}}, "must be a number"),
        ({"adapter": "mock", "slug": "no blanks"}, "letters, digits"),
        ({"adapter": "mock", "colour": "red"}, "licence"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(settings: dict[str, object], named: str) -> None:
    with pytest.raises(UserError, match=named):
        system_register(**{"slug": "s", "by": world.coordinator(), **settings})


def test_nobody_else_changes_a_persons_system() -> None:
    system_register(slug="lead", by=world.coordinator(), **LEAD)
    stranger = world.coordinator("stranger@example.org")
    with pytest.raises(UserError, match="somebody else"):
        system_register(slug="lead", by=stranger, **LEAD)
    admin = User.objects.create_superuser("admin@example.org")
    assert system_register(slug="lead", by=admin, **LEAD).number == 1


def test_a_system_takes_part_only_where_its_kinds_fit() -> None:
    study = world.study(output_kind="mask", input_kind="image-2d")
    version = system_register(slug="lead", by=world.coordinator(), **LEAD)
    with pytest.raises(UserError, match="does not answer image-2d with mask"):
        study_system_add(study=study, version=version, by=world.coordinator())


CHAT: dict[str, Any] = {
    "adapter": "openai-compatible",
    "config": {"base_url": "https://api.example.org/v1", "model": "m"},
}


def test_cases_leave_the_installation_only_where_the_study_allows_it(
    settings: Any,
) -> None:
    study = world.study()
    with pytest.raises(UserError, match=r"does not allow .* to api\.example\.org"):
        world.system(study, "chat", **CHAT)
    settings.INSIDE_ENDPOINTS = ["api.example.org:443"]
    world.system(study, "chat", **CHAT)
    settings.INSIDE_ENDPOINTS = []
    with pytest.raises(UserError, match="does not allow"):
        generation_request(study=study)
    study.outside_endpoints_allowed = True
    study.save()
    assert generation_request(study=study) == 0


def test_a_withdrawn_system_comes_back_under_its_old_label() -> None:
    study = world.study()
    held = world.system(study)
    study_system_withdraw(study_system=held, by=world.coordinator())
    again = study_system_add(study=study, version=held.version, by=world.coordinator(), label="x")
    assert (again.pk, again.label, again.withdrawn_at) == (held.pk, held.label, None)


def test_a_second_version_takes_part_under_a_label_of_its_own() -> None:
    study = world.study()
    world.system(study, config={"seconds": 0})
    second = world.system(study, config={"seconds": 1})
    assert second.label == "mock (version 2)"


def test_registering_and_taking_part_are_on_the_audit_trail() -> None:
    world.system(world.study())
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"system:register", "study:add-system"} <= actions


def test_adapters_are_offered_by_what_the_study_asks_for() -> None:
    fitting = {a.name for a in adapters_for(input_kind="clinical-note", output_kind="spans")}
    assert "entity-tagging" in fitting
    assert "segmentation" not in fitting
    assert CATALOGUE["precomputed"].name in fitting


def test_only_an_admin_lets_a_system_use_a_key_of_the_operator() -> None:
    study = world.study()
    study.outside_endpoints_allowed = True
    chat = {**CHAT, "config": {**CHAT["config"], "key_variable": "CONSILIUM_KEY_HOUSE"}}
    with pytest.raises(UserError, match="ask an admin"):
        system_register(slug="chat", by=world.coordinator(), **chat)
    admin = User.objects.create_superuser("admin@example.org")
    version = system_register(slug="chat", by=admin, **chat)
    with pytest.raises(UserError, match="ask an admin"):
        study_system_add(study=study, version=version, by=world.coordinator())
    assert study_system_add(study=study, version=version, by=admin).version == version
