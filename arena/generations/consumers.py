"""Live progress of generation over a WebSocket.

Each connection reads the table itself, so updates arrive whichever process the work is done in,
with no channel layer between them.
"""

import asyncio
import contextlib
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.loader import render_to_string

from arena.generations.progress import progress_context
from arena.studies.access import Action, Actor, study_for

SECONDS_BETWEEN_LOOKS = 1.0
NOT_FOUND, FORBIDDEN = 4404, 4403


class ProgressConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Sends the progress fragment whenever it has changed, for as long as the page is open."""

    watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        self.watch = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if self.watch:
            self.watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.watch

    async def _watch(self) -> None:
        user, slug = self.scope["user"], self.scope["url_route"]["kwargs"]["slug"]
        sent = None
        while True:
            try:
                fragment = await _fragment(user, slug)
            except (Http404, PermissionDenied) as error:
                await self.close(NOT_FOUND if isinstance(error, Http404) else FORBIDDEN)
                return
            if fragment != sent:
                await self.send(fragment)
                sent = fragment
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def receive(self, text_data: Any = None, bytes_data: Any = None) -> None:
        """Nothing a browser sends changes anything."""


@database_sync_to_async  # type: ignore[untyped-decorator]
def _fragment(user: Actor, slug: str) -> str:
    """The fragment as this person may see it now; a role taken away ends the updates."""
    study = study_for(user=user, slug=slug, action=Action.MANAGE)
    return render_to_string("generations/_progress.html", progress_context(study))
