"""Which systems a person may know of, and whose settings.

A system is known to whoever runs it or runs a study with it, and to everybody once a public study
with it has published its leaderboard. Its settings (prompt, method, revision), their digest and
its description stay with those who run it for as long as it takes part in an open study: a rater
who knew that one system always answers with first sentences would no longer vote blind, and signing
out must not be a way round.
"""

from django.db.models import Q, QuerySet

from arena.accounts.models import User
from arena.generations.models import StudySystem, System, SystemVersion
from arena.studies.access import Actor
from arena.studies.models import Membership, Study

PUBLISHED = Q(study__leaderboard_published=True, study__visibility=Study.Visibility.PUBLIC) & ~Q(
    study__status=Study.Status.DRAFT
)
HIDING = Q(withdrawn_at=None, study__status=Study.Status.OPEN)


def systems_visible(user: Actor) -> QuerySet[System]:
    """The systems this person may know of, by name."""
    if isinstance(user, User) and user.is_superuser:
        return System.objects.all()
    published = System.objects.filter(pk__in=_systems(StudySystem.objects.filter(PUBLISHED)))
    return (published | systems_run(user)).distinct()


def systems_run(user: Actor) -> QuerySet[System]:
    """The systems this person owns, or has in a study they coordinate."""
    if not isinstance(user, User):
        return System.objects.none()
    if user.is_superuser:
        return System.objects.all()
    led = Membership.objects.filter(user=user, role=Membership.Role.COORDINATOR).values("study")
    held = StudySystem.objects.filter(study__in=led)
    return System.objects.filter(Q(owner=user) | Q(pk__in=_systems(held)))


def settings_shown(*, user: Actor, system: System) -> bool:
    """Whether this person may see how the system answers, not only that it exists."""
    if systems_run(user).filter(pk=system.pk).exists():
        return True
    return system.pk not in _hidden()


def systems_askable(user: Actor) -> QuerySet[System]:
    """The systems this person may let answer in studies and variants of their own.

    Whoever has a system in a study or a variant runs it and sees its settings, so those that stay
    hidden are left out: everybody may set up a study, raters too.
    """
    seen = ~Q(pk__in=_hidden()) | Q(pk__in=systems_run(user).values("pk"))
    return systems_visible(user).filter(seen)


def may_register(user: User) -> bool:
    """Systems cost computing time, so they are registered by those who run a study, and admins."""
    led = Membership.objects.filter(user=user, role=Membership.Role.COORDINATOR)
    return user.is_superuser or led.exists()


def published_in(system: System) -> QuerySet[StudySystem]:
    """Where everybody may see how this system did."""
    held = StudySystem.objects.filter(PUBLISHED, version__system=system)
    return held.select_related("study", "version").order_by("study__title")


def _hidden() -> set[int]:
    """Ids of the systems of open studies and of their variants, which hold the same settings."""
    found = set(_systems(StudySystem.objects.filter(HIDING)))
    newest = found
    while newest:
        variants = SystemVersion.objects.filter(parent__system__in=newest)
        newest = set(variants.values_list("system", flat=True)) - found
        found |= newest
    return found


def _systems(held: QuerySet[StudySystem]) -> QuerySet[StudySystem, int]:
    return held.values_list("version__system", flat=True)
