"""Studies in the admin. What has rules of its own (status, protocol, cases) is only read here."""

from django.contrib import admin

from arena.core.admin import AuditedAdmin, NeverDeletedMixin, ReadOnlyAdmin, ReadOnlyInline
from arena.studies.models import (
    Asset,
    Case,
    CaseVersion,
    Criterion,
    Invitation,
    KeptUpload,
    Membership,
    Protocol,
    Study,
)


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    readonly_fields = ("joined_at",)


@admin.register(Study)
class StudyAdmin(NeverDeletedMixin, AuditedAdmin):
    list_display = (
        "slug",
        "title",
        "status",
        "visibility",
        "leaderboard_published",
        "synthetic",
        "created_by",
        "created_at",
    )
    list_filter = ("status", "visibility", "leaderboard_published", "synthetic")
    list_select_related = ("created_by",)
    search_fields = ("slug", "title", "summary")
    date_hierarchy = "created_at"
    readonly_fields = (
        "slug",
        "status",
        "leaderboard_published",
        "seed",
        "created_by",
        "created_at",
        "opened_at",
        "closed_at",
    )
    inlines = (MembershipInline,)

    def has_add_permission(self, request: object) -> bool:
        return False


class CriterionInline(ReadOnlyInline):
    model = Criterion


@admin.register(Protocol)
class ProtocolAdmin(ReadOnlyAdmin):
    list_display = ("study", "version", "output_kind", "input_kind", "scale", "created_at")
    list_filter = ("output_kind", "input_kind", "scale")
    list_select_related = ("study",)
    search_fields = ("study__slug", "study__title", "question")
    inlines = (CriterionInline,)


@admin.register(Criterion)
class CriterionAdmin(ReadOnlyAdmin):
    list_display = ("key", "label", "protocol", "position", "required")
    list_select_related = ("protocol__study",)
    search_fields = ("key", "label", "protocol__study__slug")


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    list_display = ("study", "user", "role", "joined_at")
    list_filter = ("role", "joined_at")
    list_select_related = ("study", "user")
    search_fields = ("study__slug", "study__title", "user__email", "user__name")
    autocomplete_fields = ("study", "user")
    readonly_fields = ("joined_at",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("study", "role", "email", "uses_left", "expires_at", "revoked_at", "created_by")
    list_filter = ("role", "expires_at")
    list_select_related = ("study", "created_by")
    search_fields = ("study__slug", "email")
    exclude = ("token_digest",)


class CaseVersionInline(ReadOnlyInline):
    model = CaseVersion
    fields = ("number", "title", "input_kind", "specialty", "synthetic", "digest")
    show_change_link = True


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("key", "study", "position", "withdrawn_at", "withdrawn_reason")
    list_filter = ("study__status", "withdrawn_at")
    list_select_related = ("study",)
    search_fields = ("key", "study__slug")
    inlines = (CaseVersionInline,)


@admin.register(CaseVersion)
class CaseVersionAdmin(ReadOnlyAdmin):
    list_display = ("case", "number", "input_kind", "specialty", "synthetic", "source", "licence")
    list_filter = ("input_kind", "synthetic", "specialty", "language")
    list_select_related = ("case__study",)
    search_fields = ("case__key", "case__study__slug", "title", "=digest")


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ("case_version", "name", "media_type", "size", "created_at")
    list_filter = ("media_type",)
    list_select_related = ("case_version__case__study",)
    search_fields = ("name", "=digest", "case_version__case__key")


@admin.register(KeptUpload)
class KeptUploadAdmin(ReadOnlyAdmin):
    """That there is one, whose and since when; what is in it is its owner's alone."""

    list_display = ("id", "study", "user", "size", "created_at", "taken_at")
    list_filter = ("study",)
    list_select_related = ("study", "user")
    search_fields = ("study__slug", "user__email")
    exclude = ("key", "name", "file")
