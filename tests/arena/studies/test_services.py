"""Studies, protocols, members, invitations and cases change only as they should."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_break
from arena.core.errors import UserError
from arena.core.models import AuditEvent
from arena.studies.models import Case, CaseVersion, Invitation, Membership, Study
from arena.studies.readiness import Requirement, Step, _checks
from arena.studies.selectors import case_versions_current, protocol_current, studies_visible
from arena.studies.services import (
    NewAsset,
    case_add,
    case_withdraw,
    invitation_accept,
    invitation_create,
    invitation_revoke,
    member_add,
    member_remove,
    protocol_create,
    study_archive,
    study_close,
    study_create,
    study_open,
    study_publish,
    study_unpublish,
    study_update,
)
from tests.arena.studies.conftest import CRITERIA

pytestmark = pytest.mark.django_db


@pytest.fixture
def only_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What later apps ask for before opening is tested with them."""
    for step in Step:
        own = [c for c in _checks[step] if c.__module__ == "arena.studies.readiness"]
        monkeypatch.setitem(_checks, step, own)


def add_note(study: Study, key: str = "a", text: str = "Cough for three days.") -> CaseVersion:
    return case_add(
        study=study,
        by=study.created_by,
        key=key,
        input_kind="clinical-note",
        content={"text": text},
    )


class TestStudy:
    def test_whoever_creates_a_study_becomes_its_coordinator(self, coordinator: User) -> None:
        study = study_create(by=coordinator, slug="s", title="S")
        assert study.seed != study_create(by=coordinator, slug="t", title="T").seed
        assert study.status == Study.Status.DRAFT
        assert study.memberships.get().role == Membership.Role.COORDINATOR

    @pytest.mark.parametrize("slug", ["new", "notes"])
    def test_an_address_that_is_taken_is_refused(
        self, coordinator: User, note_study: Study, slug: str
    ) -> None:
        with pytest.raises(UserError, match="is taken"):
            study_create(by=coordinator, slug=slug, title="S")

    def test_a_faulty_field_is_named(self, coordinator: User) -> None:
        with pytest.raises(UserError, match="Slug: "):
            study_create(by=coordinator, slug="not a slug", title="S")
        assert not Study.objects.exists()

    def test_opening_names_everything_that_is_missing(
        self, coordinator: User, only_own_checks: None
    ) -> None:
        study = study_create(by=coordinator, slug="s", title="S")
        with pytest.raises(UserError, match=r"write the protocol; import cases"):
            study_open(study=study, by=coordinator)

    def test_a_requirement_of_a_later_app_keeps_a_study_shut(
        self, note_study: Study, only_own_checks: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add_note(note_study)
        unmet = Requirement("Two systems.", False, "register two systems", "manage-cases")
        monkeypatch.setitem(_checks, Step.OPEN, [*_checks[Step.OPEN], lambda study: [unmet]])
        with pytest.raises(UserError, match="register two systems"):
            study_open(study=note_study, by=note_study.created_by)

    def test_a_study_opens_closes_reopens_and_is_archived(
        self, note_study: Study, only_own_checks: None
    ) -> None:
        by = note_study.created_by
        add_note(note_study)
        opened = study_open(study=note_study, by=by).opened_at
        assert study_close(study=note_study, by=by).closed_at
        assert study_open(study=note_study, by=by).opened_at == opened
        study_close(study=note_study, by=by)
        assert study_archive(study=note_study, by=by).status == Study.Status.ARCHIVED
        with pytest.raises(UserError, match="is archived; only"):
            study_open(study=note_study, by=by)
        with pytest.raises(UserError, match="cannot be changed any more"):
            study_update(study=note_study, by=by, summary="Late.")
        with pytest.raises(UserError, match="its protocol cannot change"):
            protocol_create(
                study=note_study,
                by=by,
                input_kind="clinical-note",
                output_kind="summary",
                question="Late?",
                criteria=CRITERIA,
            )
        with pytest.raises(UserError, match="no cases can be added"):
            add_note(note_study, key="late")

    def test_publishing_is_refused_until_all_is_stated(
        self, note_study: Study, only_own_checks: None
    ) -> None:
        by = note_study.created_by
        add_note(note_study)
        study_open(study=note_study, by=by)
        with pytest.raises(UserError, match="write the summary; fill in the case source; fill in"):
            study_publish(study=note_study, by=by)
        note_study.refresh_from_db()
        study_update(
            study=note_study,
            by=by,
            visibility=Study.Visibility.PUBLIC,
            summary="Two sentences.",
            case_source="Written by us.",
            ethics="None needed.",
        )
        assert study_publish(study=note_study, by=by).leaderboard_published
        assert not study_unpublish(study=note_study, by=by).leaderboard_published

    def test_a_field_that_services_own_cannot_be_updated(self, note_study: Study) -> None:
        with pytest.raises(TypeError, match="status"):
            study_update(study=note_study, by=note_study.created_by, status="open")

    def test_every_change_leaves_an_audit_line(
        self, note_study: Study, only_own_checks: None
    ) -> None:
        add_note(note_study)
        study_open(study=note_study, by=note_study.created_by)
        actions = list(AuditEvent.objects.values_list("action", flat=True))
        assert actions == [
            "study.create",
            "member.add",
            "protocol.create",
            "cases.store",
            "study.open",
        ]
        assert audit_break() is None


class TestProtocol:
    def test_a_change_is_a_new_version(self, note_study: Study) -> None:
        new = protocol_create(
            study=note_study,
            by=note_study.created_by,
            input_kind="clinical-note",
            output_kind="summary",
            question="Which is safer?",
            criteria=[{"label": "Over all"}, {"key": "safe", "label": "Safety", "required": False}],
            target_votes=300,
        )
        assert new.version == 2
        assert protocol_current(study=note_study) == new
        assert list(new.criteria.values_list("key", "position", "required")) == [
            ("over-all", 0, True),
            ("safe", 1, False),
        ]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"input_kind": "tea-leaves"}, "no case format 'tea-leaves'; choose one of: audio"),
            ({"output_kind": "tea"}, "no output kind 'tea'"),
            ({"output_kind": "embedding"}, "let a head or a search turn it"),
            ({"question": " "}, "question: This field cannot be blank"),
            ({"criteria": []}, "at least one criterion"),
            ({"criteria": [{"label": ""}]}, "Criterion 1, key"),
            ({"criteria": [{"label": "A"}, {"label": "A"}]}, "the key 'a' is used twice"),
            ({"votes_per_comparison": 0}, "votes per comparison"),
        ],
    )
    def test_a_faulty_protocol_is_refused_whole(
        self, note_study: Study, changes: dict[str, object], message: str
    ) -> None:
        fields = {
            "input_kind": "clinical-note",
            "output_kind": "summary",
            "question": "Which?",
            "criteria": CRITERIA,
        }
        with pytest.raises(UserError, match=message):
            protocol_create(study=note_study, by=note_study.created_by, **{**fields, **changes})
        assert note_study.protocols.count() == 1

    def test_kinds_stay_once_there_are_cases(self, note_study: Study) -> None:
        add_note(note_study)
        with pytest.raises(UserError, match="start a new study for other kinds"):
            protocol_create(
                study=note_study,
                by=note_study.created_by,
                input_kind="text",
                output_kind="summary",
                question="Which?",
                criteria=CRITERIA,
            )


class TestPeople:
    def test_a_role_given_twice_is_held_once(self, note_study: Study, rater: User) -> None:
        for _ in range(2):
            member_add(study=note_study, user=rater, role="rater", by=note_study.created_by)
        assert note_study.memberships.filter(user=rater).count() == 1

    def test_the_last_coordinator_cannot_be_removed(self, note_study: Study, rater: User) -> None:
        last = note_study.memberships.get()
        with pytest.raises(UserError, match="needs a coordinator"):
            member_remove(membership=last, by=note_study.created_by)
        member_add(study=note_study, user=rater, role="coordinator", by=note_study.created_by)
        member_remove(membership=last, by=rater)
        assert note_study.memberships.get().user == rater

    def test_an_invitation_keeps_only_the_tokens_hash(self, note_study: Study) -> None:
        invitation, token = invitation_create(study=note_study, by=note_study.created_by)
        assert token not in str(vars(invitation))

    def test_accepting_makes_a_member_and_uses_one_up(self, note_study: Study, rater: User) -> None:
        _, token = invitation_create(study=note_study, by=note_study.created_by)
        assert invitation_accept(token=token, user=rater) == note_study
        assert note_study.memberships.filter(user=rater, role="rater").exists()
        assert Invitation.objects.get().uses_left == 0
        assert invitation_accept(token=token, user=rater) == note_study

    def test_the_last_use_cannot_be_had_twice(self, note_study: Study, rater: User) -> None:
        _, token = invitation_create(study=note_study, by=note_study.created_by)
        invitation_accept(token=token, user=rater)
        other = User.objects.create_user("other@example.org")
        with pytest.raises(UserError, match="used up"):
            invitation_accept(token=token, user=other)
        assert not note_study.memberships.filter(user=other).exists()

    def test_an_expired_revoked_unknown_or_foreign_link_is_refused(
        self, note_study: Study, rater: User
    ) -> None:
        by = note_study.created_by
        expired, token = invitation_create(study=note_study, by=by)
        Invitation.objects.filter(pk=expired.pk).update(
            expires_at=F("created_at") - timedelta(days=1)
        )
        with pytest.raises(UserError, match="expired"):
            invitation_accept(token=token, user=rater)
        revoked, token = invitation_create(study=note_study, by=by)
        invitation_revoke(invitation=revoked, by=by)
        with pytest.raises(UserError, match="withdrawn"):
            invitation_accept(token=token, user=rater)
        with pytest.raises(UserError, match="not known"):
            invitation_accept(token="guess", user=rater)
        _, token = invitation_create(study=note_study, by=by, email="Other@example.org")
        with pytest.raises(UserError, match="another e-mail address"):
            invitation_accept(token=token, user=rater)
        assert not note_study.memberships.filter(user=rater).exists()

    def test_an_address_is_compared_without_case(self, note_study: Study, rater: User) -> None:
        _, token = invitation_create(
            study=note_study, by=note_study.created_by, email="RATER@Example.org"
        )
        invitation_accept(token=token, user=rater)
        assert note_study.memberships.filter(user=rater).exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"uses": 0},
            {"uses": 1001},
            {"days": 0},
            {"role": "king"},
            {"email": "a@example.org", "uses": 2},
            {"email": "not an address"},
        ],
    )
    def test_a_faulty_invitation_is_refused(
        self, note_study: Study, fields: dict[str, object]
    ) -> None:
        with pytest.raises(UserError):
            invitation_create(study=note_study, by=note_study.created_by, **fields)


class TestCases:
    def test_the_same_case_again_changes_nothing(self, note_study: Study) -> None:
        assert add_note(note_study) == add_note(note_study)
        assert CaseVersion.objects.count() == 1

    def test_changed_content_is_a_new_version(self, note_study: Study) -> None:
        first = add_note(note_study)
        second = add_note(note_study, text="Cough for four days.")
        assert (first.case, first.number, second.number) == (second.case, 1, 2)
        assert first.digest != second.digest
        assert list(case_versions_current(study=note_study)) == [second]

    def test_text_is_kept_in_nfc_with_plain_line_ends(self, note_study: Study) -> None:
        version = add_note(note_study, text="\r\nCafe\u0301\r\nb\r\n\r\n")
        assert version.content == {"text": "Café\nb"}

    def test_a_withdrawn_case_is_gone_and_does_not_come_back(self, note_study: Study) -> None:
        version = add_note(note_study)
        by = note_study.created_by
        with pytest.raises(UserError, match="say why"):
            case_withdraw(case=version.case, by=by, reason=" ")
        case_withdraw(case=version.case, by=by, reason="names the patient")
        assert not case_versions_current(study=note_study).exists()
        with pytest.raises(UserError, match=r"was withdrawn \(names the patient\)"):
            add_note(note_study)

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"key": ""}, "key: is empty"),
            ({"key": "k" * 81}, "key: has 81 characters"),
            ({"content": {"text": "\n"}}, "text: is empty"),
            ({"content": {"text": "a\x00b"}}, "text: has the control character"),
            ({"content": {"text": "a\ud800b"}}, "text: has the control character"),
            ({"content": {"txet": "a"}}, "txet: is not a field"),
            ({"content": {"text": 3}}, "text: is int, not text"),
            ({"input_kind": "text"}, "input_kind: is 'text', but the study reads 'clinical-note'"),
            ({"language": "English please"}, "language: "),
            ({"title": "two\nlines"}, "title: must be one line"),
            ({"strata": {"site": 3}}, "strata.site: is int"),
            ({"reference": {"txt": "x"}}, "reference: "),
            ({"assets": [NewAsset("image", "image/png", b"")]}, "file: is not used"),
        ],
    )
    def test_a_faulty_case_is_refused_by_field(
        self, note_study: Study, fields: dict[str, object], message: str
    ) -> None:
        good = {"key": "a", "input_kind": "clinical-note", "content": {"text": "Cough."}}
        with pytest.raises(UserError, match=message):
            case_add(study=note_study, by=note_study.created_by, **{**good, **fields})
        assert not Case.objects.exists()


class TestSelectors:
    def test_people_see_public_studies_and_their_own(
        self, note_study: Study, rater: User, coordinator: User, only_own_checks: None
    ) -> None:
        add_note(note_study)
        hidden = study_create(by=User.objects.create_user("x@example.org"), slug="x", title="X")
        admin = User.objects.create_superuser("admin@example.org")
        member_add(study=note_study, user=rater, role="rater", by=coordinator)
        assert not studies_visible(rater).exists()
        assert set(studies_visible(coordinator)) == {note_study}
        assert set(studies_visible(admin)) == {note_study, hidden}
        study_open(study=note_study, by=coordinator)
        assert studies_visible(rater).get().case_count == 1

    def test_current_cases_take_one_query_however_many_there_are(
        self, note_study: Study, django_assert_num_queries: pytest.FixtureRequest
    ) -> None:
        for key in "abcdef":
            add_note(note_study, key=key)
        with django_assert_num_queries(1):
            assert [v.case.key for v in case_versions_current(study=note_study)] == list("abcdef")


def test_time_zone_of_invitations_is_aware(note_study: Study) -> None:
    invitation, _ = invitation_create(study=note_study, by=note_study.created_by, days=1)
    assert timedelta(hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=1)
