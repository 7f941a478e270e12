"""The sandbox's hand on the raw connection: to drop it, to cut an answer at a byte, or to let it trickle.

uvicorn hides the transport from the application; this protocol puts itself into the request's state, and a fault exchanges the
transport of the one answer that it spoils.
"""

import asyncio
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class RawProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, reachable by the application as `scope["state"]["wire"]`."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  uvicorn's own signature, passed on
        super().__init__(*args, **options)
        self.app_state = {**self.app_state, "wire": self}
        self.is_ending = False
        """Whether the server is about to stop: an answer without an end has to find one."""

    def shutdown(self) -> None:
        """Take uvicorn's word that the server stops."""
        self.is_ending = True
        super().shutdown()

    def cut_after(self, count: int) -> None:
        """Close the connection after `count` more bytes of this answer, its head included."""
        self._spoil(_Cut(self.transport, count))

    def trickle(self, pause: float) -> None:
        """Send this answer, its head included, one byte every `pause` seconds."""
        self._spoil(_Trickle(self.transport, pause))

    def _spoil(self, transport: asyncio.Transport) -> None:
        self.cycle.transport = transport


async def hang_up(scope: Scope, receive: Receive, _send: Send) -> None:
    """Answer with nothing: drop the connection (an ASGI application)."""
    wire: RawProtocol = scope["state"]["wire"]
    wire.transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


class _Cut(asyncio.Transport):
    """Passes on so many bytes and closes."""

    def __init__(self, inner: asyncio.Transport, count: int) -> None:
        super().__init__()
        self._inner = inner
        self._left = count
        if count <= 0:
            inner.close()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._left > 0:
            self._inner.write(bytes(data)[: self._left])
            self._left -= len(data)
            if self._left <= 0:
                self._inner.close()

    def is_closing(self) -> bool:
        return self._inner.is_closing()

    def close(self) -> None:
        self._inner.close()


class _Trickle(asyncio.Transport):
    """Passes on a byte at a time."""

    def __init__(self, inner: asyncio.Transport, pause: float) -> None:
        super().__init__()
        self._inner = inner
        self._pause = pause
        self._waiting = bytearray()
        self._running = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._waiting += data
        if not self._running:
            self._running = True
            self._step()

    def is_closing(self) -> bool:
        return self._inner.is_closing()

    def close(self) -> None:
        """Nothing: what waits is still to be sent."""

    def _step(self) -> None:
        if self._waiting and not self._inner.is_closing():
            self._inner.write(bytes(self._waiting[:1]))
            del self._waiting[:1]
            asyncio.get_running_loop().call_later(self._pause, self._step)
        else:
            self._running = False
