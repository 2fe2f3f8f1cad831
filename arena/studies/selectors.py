"""What is asked of studies, cases and members."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.studies.models import (
    KEPT_FOR,
    Case,
    CaseVersion,
    Invitation,
    KeptUpload,
    Membership,
    Protocol,
    Study,
)

MOST_FOUND = 1000
"""Cases that a search turns over; whoever looks for fewer gives a longer text."""
MOST_LIKELY = 5000
"""Cases looked at one by one that an index says may hold a text."""
IN_USE = {
    name: Count(name, filter=Q(**{f"{name}__withdrawn_at": None}))
    for name in ("cases", "study_systems")
}


def studies_visible(user: User | AnonymousUser) -> QuerySet[Study]:
    """The studies this person may know of, newest first."""
    if isinstance(user, AnonymousUser):
        return _listed(Study.objects.filter(_public()))
    if user.is_superuser:
        return _listed(Study.objects.all())
    held = Membership.objects.filter(user=user)
    run = Q(pk__in=held.filter(role=Membership.Role.COORDINATOR).values("study"))
    rated = Q(pk__in=held.values("study")) & ~Q(status=Study.Status.DRAFT)
    return _listed(Study.objects.filter(_public() | run | rated))


def studies_of(
    *, user: User | AnonymousUser, role: Membership.Role, status: Study.Status | None = None
) -> QuerySet[Study]:
    """The studies in which this person holds a role, newest first; archived ones only if asked."""
    if isinstance(user, AnonymousUser):
        return Study.objects.none()
    held = Study.objects.filter(memberships__user=user, memberships__role=role)
    if status is None:
        return held.exclude(status=Study.Status.ARCHIVED)
    return held.filter(status=status)


def protocol_current(*, study: Study) -> Protocol:
    """The newest protocol; raises ``UserError`` if there is none yet."""
    protocol = study.protocols.order_by("-version").first()
    if protocol is None:
        raise UserError(f"“{study.title}” has no protocol yet: write it first.")
    return protocol


def case_versions_current(*, study: Study) -> QuerySet[CaseVersion]:
    """The newest version of every case that is not withdrawn, in the study's order."""
    return case_versions_newest(study=study).filter(case__withdrawn_at=None)


def case_versions_newest(*, study: Study) -> QuerySet[CaseVersion]:
    """The newest version of every case, also withdrawn ones, in the study's order."""
    newer = CaseVersion.objects.filter(case=OuterRef("case"), number__gt=OuterRef("number"))
    found = CaseVersion.objects.filter(~Exists(newer), case__study=study)
    return found.select_related("case").order_by("case__position", "case_id")


@dataclass(frozen=True)
class CasePage:
    """Newest versions; ``more``: a text was found in more cases than are turned over."""

    page: Page[Any]
    more: bool = False


def case_page(
    *,
    study: Study,
    number: str | None,
    size: int,
    containing: str = "",
    withdrawn: bool | None = None,
) -> CasePage:
    """A page of the study's cases in order: of all, or of those that are ``withdrawn`` or not; and
    of these, those with a text in key or title. Versions are read for this page alone."""
    cases = study.cases.all()
    if withdrawn is not None:
        cases = cases.filter(withdrawn_at__isnull=not withdrawn)
    found: Any = cases.order_by("position", "pk").values_list("pk", flat=True)
    if containing:
        found = _containing(found, containing)
    more = bool(containing) and len(found) > MOST_FOUND
    paginator = Paginator(found[:MOST_FOUND] if more else found, size)
    page: Page[Any] = paginator.get_page(number)
    versions = case_versions_newest(study=study)
    page.object_list = list(versions.filter(case__in=list(page.object_list)))
    return CasePage(page, more)


def cases_withdrawn(*, study: Study) -> QuerySet[Case]:
    return study.cases.filter(withdrawn_at__isnull=False)


def cases_in_use(*, study: Study) -> int:
    """How many cases are not withdrawn; two indexes alone tell."""
    return study.cases.count() - cases_withdrawn(study=study).count()


def versions_past(*, study: Study) -> int:
    """How many versions nobody is asked about: former ones and those of withdrawn cases."""
    changed = CaseVersion.objects.filter(case__study=study, number__gt=1).order_by().count()
    return cases_withdrawn(study=study).count() + changed


@dataclass(frozen=True)
class Withdrawn:
    """How many cases are withdrawn, and which of them last."""

    count: int
    latest: list[Case]

    @property
    def others(self) -> int:
        return self.count - len(self.latest)


def withdrawn_told(*, study: Study, most: int = 5) -> Withdrawn:
    found = cases_withdrawn(study=study)
    return Withdrawn(found.count(), list(found.order_by("-withdrawn_at", "-pk")[:most]))


def _containing(cases: QuerySet[Case, int], text: str) -> list[int]:
    """Ids of ``cases`` in their order, at most one more than ``MOST_FOUND``.

    Of many cases, those with a rare text are found by the indexes of keys and titles; few cases,
    or those with a frequent text, by going through them in order, which soon ends.
    """
    newest = CaseVersion.objects.filter(case=OuterRef("pk")).order_by("-number")
    titled = cases.alias(title=Subquery(newest.values("title")[:1]))
    found = titled.filter(Q(key__icontains=text) | Q(title__icontains=text))
    likely = _likely(cases.order_by(), text)
    return list((found if likely is None else found.filter(pk__in=likely))[: MOST_FOUND + 1])


def _likely(cases: QuerySet[Case, int], text: str) -> set[int] | None:
    """Those with the text in the key or in the title of any version; ``None``: look at all."""
    some = slice(MOST_LIKELY + 1)
    if cases[some].count() <= MOST_LIKELY:
        return None
    places = (cases.filter(**{f"{at}__icontains": text}) for at in ("key", "versions__title"))
    found = [list(place[some]) for place in places]
    # Whoever stops at so many has not seen all, though several may be versions of one case.
    return {pk for each in found for pk in each} if max(map(len, found)) <= MOST_LIKELY else None


@dataclass(frozen=True)
class StudyCounts:
    cases: int
    withdrawn: int
    systems: int
    raters: int


def study_counts(*, study: Study) -> StudyCounts:
    withdrawn = cases_withdrawn(study=study).count()
    return StudyCounts(
        cases=study.cases.count() - withdrawn,
        withdrawn=withdrawn,
        systems=Study.objects.filter(pk=study.pk).aggregate(count=IN_USE["study_systems"])["count"],
        raters=study.memberships.filter(role=Membership.Role.RATER).count(),
    )


def members(*, study: Study, containing: str = "") -> QuerySet[Membership]:
    """Coordinators first, then raters, by e-mail; those whose name or address holds a text."""
    found = study.memberships.select_related("user__rater_profile").order_by("role", "user__email")
    if not containing:
        return found
    return found.filter(Q(user__name__icontains=containing) | Q(user__email__icontains=containing))


def upload_kept(*, study: Study, user: User, study_system: int | None = None) -> KeptUpload | None:
    """The file that this person left in the study a short while ago, if it still waits: of cases,
    or of outputs of that system."""
    return _waiting(study, user).filter(study_system=study_system).first()


def outputs_kept(*, study: Study, user: User) -> KeptUpload | None:
    """The file of outputs that this person left there, of whichever system."""
    return _waiting(study, user).filter(study_system__isnull=False).first()


def _waiting(study: Study, user: User) -> QuerySet[KeptUpload]:
    since = timezone.now() - KEPT_FOR
    return KeptUpload.objects.filter(study=study, user=user, taken_at=None, created_at__gt=since)


def invitations_live(*, study: Study) -> QuerySet[Invitation]:
    """Invitations that still work, newest first."""
    return study.invitations.filter(
        revoked_at=None, uses_left__gt=0, expires_at__gt=timezone.now()
    ).order_by("-created_at")


def invitation_for(*, token: str) -> Invitation | None:
    """The invitation a link stands for, while it works."""
    return (
        Invitation.objects.filter(
            token_digest=token_digest(token),
            revoked_at=None,
            uses_left__gt=0,
            expires_at__gt=timezone.now(),
        )
        .select_related("study")
        .first()
    )


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _public() -> Q:
    return Q(visibility=Study.Visibility.PUBLIC) & ~Q(status=Study.Status.DRAFT)


def _listed(studies: QuerySet[Study]) -> QuerySet[Study]:
    """With ``case_count`` and ``system_count``, each counted on its own: a join would multiply."""
    counted = {
        name: Subquery(
            Study.objects.filter(pk=OuterRef("pk")).annotate(count=IN_USE[of]).values("count")
        )
        for name, of in (("case_count", "cases"), ("system_count", "study_systems"))
    }
    return studies.annotate(**counted).order_by("-created_at")
