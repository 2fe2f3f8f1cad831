"""Live progress of generation over a WebSocket."""

from channels.db import database_sync_to_async
from django.template.loader import render_to_string

from arena.core.consumers import Watch
from arena.generations.progress import progress_context
from arena.studies.access import Action, Actor, study_for


class ProgressConsumer(Watch):
    """The progress of a study, for those who manage it."""

    seconds_between_looks = 1.0

    async def look(self) -> str:
        fragment: str = await _fragment(
            self.scope["user"], self.scope["url_route"]["kwargs"]["slug"]
        )
        return fragment


@database_sync_to_async  # type: ignore[untyped-decorator]
def _fragment(user: Actor, slug: str) -> str:
    study = study_for(user=user, slug=slug, action=Action.MANAGE)
    return render_to_string("generations/_progress.html", progress_context(study))
