"""News for a rater over a WebSocket, while a ballot is open or awaited."""

from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import translation

from arena.core.consumers import Watch
from arena.studies.access import Actor
from arena.voting.news import SECONDS_BETWEEN_LOOKS, News, ballot_named, news_for, news_fragment


class NewsConsumer(Watch):
    """Of the ballot that the address names, or of the next one."""

    seconds_between_looks = SECONDS_BETWEEN_LOOKS
    told = News.NOTHING

    async def look(self) -> str:
        if self.told == News.OUT:
            raise PermissionDenied
        slug = self.scope["url_route"]["kwargs"]["slug"]
        asked = dict(parse_qs(self.scope["query_string"].decode("latin-1")))
        ballot, language = (asked.get(name, [""])[0] for name in ("ballot", "language"))
        fragment: str
        self.told, fragment = await _told(self.scope["user"], slug, ballot, language)
        return fragment


@database_sync_to_async  # type: ignore[untyped-decorator]
def _told(user: Actor, slug: str, named: str, language: str) -> tuple[News, str]:
    """In the language of the page, which a WebSocket does not tell by itself."""
    known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    ballot = ballot_named(named)
    news = news_for(user=user, slug=slug, ballot=ballot)
    with translation.override(known):
        return news, news_fragment(news, slug=slug, ballot=ballot)
