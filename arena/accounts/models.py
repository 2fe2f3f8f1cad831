"""Who may sign in, and what a rater is known by."""

import secrets
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person; signs in by e-mail. Admins are those with ``is_superuser``."""

    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="an_email_belongs_to_one_user"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


def new_pseudonym() -> str:
    return f"R-{secrets.token_hex(5)}"


class RaterProfile(models.Model):
    """What exports and reports may know of a rater; the pseudonym never changes."""

    class Verification(models.IntegerChoices):
        EMAIL = 0, gettext_lazy("E-mail address")
        INSTITUTION = 1, gettext_lazy("Institutional e-mail or single sign-on")
        REGISTER = 2, gettext_lazy("Registration number checked")
        VOUCHED = 3, gettext_lazy("Vouched for by the site lead")

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="rater_profile")
    pseudonym = models.CharField(max_length=40, unique=True, default=new_pseudonym)
    profession = models.CharField(max_length=80, blank=True)
    specialty = models.CharField(max_length=80, blank=True)
    years_in_practice = models.PositiveSmallIntegerField(null=True, blank=True)
    country = models.CharField(max_length=60, blank=True)
    site = models.CharField(max_length=120, blank=True)
    conflicts = models.TextField(blank=True, help_text="Makers of systems you work for or own.")
    verification = models.PositiveSmallIntegerField(
        choices=Verification.choices, default=Verification.EMAIL
    )
    single_key_shortcuts = models.BooleanField(default=True)
    keys = models.JSONField(default=dict, blank=True, help_text="Keys of the rater's own choice.")
    tour_seen = models.PositiveSmallIntegerField(
        default=0, help_text="The version of the four first steps this rater has seen; 0: none."
    )
    break_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Suggest a break after so long; 0: never; empty: as usual."
    )
    shows_pace = models.BooleanField(
        default=True, help_text="Show the rater how long their ballots take them."
    )
    simulated = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(pseudonym=""), name="a_rater_has_a_pseudonym"
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class ApiToken(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.label or self.pk} of {self.user}"
