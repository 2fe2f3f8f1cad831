"""A browser's end of a WebSocket."""

from asgiref.testing import ApplicationCommunicator


class Socket(ApplicationCommunicator):
    """channels.testing has one as well, but needs daphne installed."""

    async def connect(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output())["type"] == "websocket.accept"

    async def receive_text(self) -> str:
        return str((await self.receive_output(timeout=10))["text"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()
