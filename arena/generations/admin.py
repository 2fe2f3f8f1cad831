"""Systems and generations in the admin; versions and outputs are only read."""

from django.contrib import admin

from arena.core.admin import AuditedAdmin, NeverDeletedMixin, ReadOnlyAdmin, ReadOnlyInline
from arena.generations.models import (
    Endpoint,
    Generation,
    OutputFile,
    Price,
    StudySystem,
    System,
    SystemSecret,
    SystemVersion,
    Trial,
)


class SystemVersionInline(ReadOnlyInline):
    model = SystemVersion
    fields = ("number", "adapter", "revision", "digest", "created_at")
    show_change_link = True


@admin.register(System)
class SystemAdmin(NeverDeletedMixin, AuditedAdmin):
    list_display = ("slug", "name", "maker", "licence", "owner", "created_at")
    list_filter = ("maker", "created_at")
    list_select_related = ("owner",)
    search_fields = ("slug", "name", "maker", "description")
    readonly_fields = ("slug", "owner", "created_at")
    inlines = (SystemVersionInline,)

    def has_add_permission(self, request: object) -> bool:
        return False


@admin.register(SystemVersion)
class SystemVersionAdmin(ReadOnlyAdmin):
    list_display = ("system", "number", "adapter", "revision", "digest", "created_at")
    list_filter = ("adapter",)
    list_select_related = ("system",)
    search_fields = ("system__slug", "system__name", "revision", "=digest")


@admin.register(Endpoint)
class EndpointAdmin(NeverDeletedMixin, AuditedAdmin):
    list_display = ("address", "most_at_once", "per_minute", "paused_until", "last_trouble")
    search_fields = ("address",)
    readonly_fields = ("address", "last_trouble")

    def has_add_permission(self, request: object) -> bool:
        return False


@admin.register(SystemSecret)
class SystemSecretAdmin(AuditedAdmin):
    """Who set a key and for which server; the key itself is on no page. Deleting forgets it."""

    list_display = ("system", "endpoint", "set_by", "set_at")
    list_select_related = ("system", "endpoint", "set_by")
    search_fields = ("system__slug", "endpoint__address")
    readonly_fields = ("system", "endpoint", "set_by", "set_at")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Price)
class PriceAdmin(ReadOnlyAdmin):
    """The history of prices; ``manage.py set_price`` and a system's page add to it."""

    list_display = ("system", "endpoint", "currency", "from_day", "set_by", "created_at")
    list_filter = ("currency", "from_day")
    list_select_related = ("system", "endpoint", "set_by")
    search_fields = ("system__slug", "endpoint__address")


@admin.register(StudySystem)
class StudySystemAdmin(ReadOnlyAdmin):
    list_display = ("study", "label", "version", "withdrawn_at")
    list_filter = ("study__status", "withdrawn_at")
    list_select_related = ("study", "version__system")
    search_fields = ("study__slug", "label", "version__system__slug")


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "study_system",
        "case_version",
        "status",
        "failure",
        "attempts",
        "cost",
        "resource",
        "requested_at",
        "finished_at",
    )
    list_filter = ("status", "failure", "resource", "names_its_maker", "study_system__study")
    list_select_related = ("study_system__study", "case_version__case__study")
    search_fields = (
        "=id",
        "study_system__label",
        "study_system__study__slug",
        "case_version__case__key",
        "error",
    )
    date_hierarchy = "requested_at"


@admin.register(OutputFile)
class OutputFileAdmin(ReadOnlyAdmin):
    list_display = ("generation", "media_type", "size", "digest", "created_at")
    list_filter = ("media_type",)
    list_select_related = ("generation",)
    search_fields = ("=generation__pk", "=digest")


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    list_display = ("uuid", "adapter", "by", "study", "status")
    list_filter = ("status", "adapter")
    list_select_related = ("by", "study")
    search_fields = ("=uuid", "by__email", "study__slug")
    exclude = ("sealed",)
