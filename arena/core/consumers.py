"""Pages that stay up to date over a WebSocket.

Each connection reads the table itself, so updates arrive whichever process the work is done in,
with no channel layer between them.
"""

import asyncio
import contextlib
import logging
from abc import abstractmethod
from typing import Any, ClassVar

from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import PermissionDenied
from django.http import Http404

log = logging.getLogger(__name__)
NOT_FOUND, FORBIDDEN, FAILED = 4404, 4403, 1011


class Watch(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Sends a fragment whenever it has changed, for as long as the page is open."""

    seconds_between_looks: ClassVar[float]
    watching: asyncio.Task[None] | None = None

    @abstractmethod
    async def look(self) -> str:
        """The fragment as this person may see it now.

        Raises ``Http404`` or ``PermissionDenied`` once they may not; that ends the updates.
        """

    async def connect(self) -> None:
        await self.accept()
        self.watching = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if self.watching:
            self.watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.watching

    async def _watch(self) -> None:
        sent = None
        while True:
            try:
                fragment = await self.look()
            except (Http404, PermissionDenied) as error:
                await self.close(NOT_FOUND if isinstance(error, Http404) else FORBIDDEN)
                return
            except Exception:  # else the page would trust a connection on which nobody looks
                log.exception("a look of %s failed", type(self).__name__)
                await self.close(FAILED)
                return
            if fragment != sent:
                await self.send(fragment)
                sent = fragment
            await asyncio.sleep(self.seconds_between_looks)

    async def receive(self, text_data: Any = None, bytes_data: Any = None) -> None:
        """Nothing a browser sends changes anything."""
