"""What has changed for a rater since their page was made.

A look says one word: never how many outputs came, of which case or system, or when. It costs a few
short queries, because many raters wait at once. Waiting alone may cost more, but not at every look:
whether there is a ballot is worked out anew when more outputs have ended, which all who wait in a
process ask once in ``SECONDS_BETWEEN_LOOKS``, and every ``SECONDS_AT_MOST`` for all else that may
bring one (a ballot that somebody gave back, a protocol that asks for more votes).
"""

from enum import StrEnum
from uuid import UUID

from django.core.cache import caches
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.template.loader import render_to_string

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.generations.selectors import generations_ended
from arena.studies.access import Action, Actor, Role, roles_for, study_for
from arena.studies.models import Membership, Study
from arena.voting.models import Ballot
from arena.voting.selectors import ballot_is_void
from arena.voting.services import ballot_waits

SECONDS_BETWEEN_LOOKS = 20
SECONDS_AT_MOST = 300


class News(StrEnum):
    NOTHING = "nothing"
    """The ballot stands; or there is still none."""
    BALLOT = "ballot"
    """There is one for this rater now."""
    WITHDRAWN = "withdrawn"
    ELSEWHERE = "elsewhere"
    """Answered or given back in another tab."""
    ENDED = "ended"
    """The study takes no votes now; it may again."""
    OUT = "out"
    """This person rates no more in this study."""


def news_for(*, user: Actor, slug: str, ballot: UUID | None) -> News:
    """News of an open ballot, or where ``None`` for a rater who waits for one.

    Raises ``Http404`` where the study does not exist for this person.
    """
    if not isinstance(user, User):
        study_for(user=user, slug=slug, action=Action.SEE)
        return News.OUT
    news = _of_ballot(user, slug, ballot) if ballot else _waiting(user, slug)
    if news in {News.ENDED, News.OUT}:
        study_for(user=user, slug=slug, action=Action.SEE)
    return news


def news_fragment(news: News, *, slug: str, ballot: UUID | None) -> str:
    context = {"study": {"slug": slug}, "ballot": ballot and {"uuid": ballot}, "news": news}
    return render_to_string("voting/_news.html", context)


def ballot_named(uuid: str) -> UUID | None:
    """As an address names it; nothing stands for a rater who waits. Raises ``Http404``."""
    try:
        return UUID(uuid) if uuid else None
    except ValueError as error:
        raise Http404("No such ballot.") from error


def _of_ballot(rater: User, slug: str, uuid: UUID) -> News:
    ballots = Ballot.objects.select_related("study", "comparison")
    takes_part = Exists(_raters(rater).filter(study=OuterRef("study")))
    own = ballots.filter(uuid=uuid, rater=rater, study__slug=slug)
    ballot = own.annotate(takes_part=takes_part).first()
    if ballot is None or ballot.status != Ballot.Status.OPEN:
        return News.ELSEWHERE
    if not ballot.takes_part:
        return News.OUT
    if not _takes_votes(ballot.study):
        return News.ENDED
    return News.WITHDRAWN if ballot_is_void(ballot=ballot) else News.NOTHING


def _waiting(rater: User, slug: str) -> News:
    takes_part = Exists(_raters(rater).filter(study=OuterRef("pk")))
    study = Study.objects.filter(slug=slug).annotate(takes_part=takes_part).first()
    if study is None or not study.takes_part:
        return News.OUT
    if not _takes_votes(study):
        return News.ENDED
    return News.BALLOT if _there_is_one(rater, study) else News.NOTHING


def _raters(rater: User) -> QuerySet[Membership]:
    return Membership.objects.filter(user=rater, user__is_active=True, role=Role.RATER)


def _takes_votes(study: Study) -> bool:
    return Role.RATER in roles_for(action=Action.VOTE, study=study)


def _there_is_one(rater: User, study: Study) -> bool:
    """Not worked out again while no more outputs have ended than the last time."""
    cache = caches["process"]
    key = f"waits:{study.pk}:{rater.pk}"
    ended = cache.get_or_set(
        f"ended:{study.pk}", lambda: generations_ended(study=study), SECONDS_BETWEEN_LOOKS
    )
    if cache.get(key) == ended:
        return False
    try:
        found = ballot_waits(rater=rater, study=study)
    except UserError:  # the page says what is asked of this rater
        found = False
    if not found:
        cache.set(key, ended, SECONDS_AT_MOST)
    return found
