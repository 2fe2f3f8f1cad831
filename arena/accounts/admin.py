"""People in the admin. Signing in to it goes through the site's own page and its limits."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest

from arena.accounts.models import ApiToken, RaterProfile, User
from arena.core.admin import AuditedAdmin, NeverDeletedMixin, ReadOnlyAdmin

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class SecondFactorAdmin(AuditedAdmin):
    """Taken away where somebody lost theirs; what is sealed in it is shown to nobody."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__email",)
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        super().delete_model(request, obj)
        delete_dangling_recovery_codes(obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        owners = [factor.user for factor in queryset.select_related("user")]
        super().delete_queryset(request, queryset)
        for owner in owners:
            delete_dangling_recovery_codes(owner)


class NewUserForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(NeverDeletedMixin, AuditedAdmin, DjangoUserAdmin):
    """Accounts are switched off, not deleted: votes and audit lines keep their author."""

    add_form = NewUserForm
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    search_fields = ("email", "name", "rater_profile__pseudonym")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("When", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)


@admin.register(RaterProfile)
class RaterProfileAdmin(NeverDeletedMixin, AuditedAdmin):
    """Where a site's staff set how far a rater is verified."""

    list_display = (
        "pseudonym",
        "user",
        "profession",
        "specialty",
        "country",
        "verification",
        "simulated",
    )
    list_filter = ("verification", "simulated", "profession", "specialty")
    list_select_related = ("user",)
    search_fields = ("pseudonym", "user__email", "user__name", "site")
    readonly_fields = ("pseudonym", "simulated", "keys", "tour_seen")
    autocomplete_fields = ("user",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, "user") if obj else self.readonly_fields


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """To see which programs act for whom and to revoke; tokens are made on the profile page."""

    list_display = ("label", "user", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("created_at", "last_used_at")
    search_fields = ("label", "user__email")
    fields = ("user", "label", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
