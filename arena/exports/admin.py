"""Exports in the admin: asked for on a study's page, only read here."""

from django.contrib import admin

from arena.core.admin import ReadOnlyAdmin
from arena.exports.models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "study",
        "format",
        "origin",
        "status",
        "size",
        "requested_by",
        "requested_at",
    )
    list_filter = ("status", "format", "origin", "study")
    list_select_related = ("study", "requested_by")
    search_fields = ("study__slug", "format", "=digest")
    date_hierarchy = "requested_at"
