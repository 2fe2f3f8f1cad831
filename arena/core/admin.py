"""How the admin treats every model: changes leave an audit line, records are only read."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from arena.core.audit import audit_record
from arena.core.models import AuditEvent

admin.site.site_header = "Consilium administration"
admin.site.site_title = "Consilium"
admin.site.index_title = "Records"


class AuditedAdmin(admin.ModelAdmin):
    """Whatever is changed here is in the audit trail, like a change on a page."""

    show_full_result_count = False  # counting millions of rows on every look is slow

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _audit(request, "admin.add", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _audit(request, "admin.change", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            _audit(request, "admin.delete", obj, [])
        return super().log_deletions(request, queryset)


class NeverDeletedMixin:
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyMixin(NeverDeletedMixin):
    """Written by the services alone: nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnlyMixin, AuditedAdmin):
    actions = None  # nor in bulk


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):
    extra = 0
    show_change_link = False


def _audit(request: HttpRequest, action: str, obj: Model, message: Any) -> None:
    """Names of what changed, not the values: values may be what must not spread."""
    changes = [_change(*item) for part in message or [] for item in part.items()]
    audit_record(
        actor=request.user,
        action=action,
        target=f"{obj._meta.label} {obj.pk}",
        detail={"changes": changes},
    )


def _change(kind: str, part: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "of": part.get("name", ""), "fields": part.get("fields", [])}


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "created_at", "actor", "action", "target")
    list_filter = ("action", "created_at")
    search_fields = ("=actor", "action", "target")
    ordering = ("-pk",)
