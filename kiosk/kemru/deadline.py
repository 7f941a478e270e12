"""One deadline over everything that a request does on the wire: name, connection, TLS, and every single read and write.

HTTP libraries bound each read by itself, so that a peer that sends a byte a second holds the line for ever. This network layer, for
httpcore, which is what httpx runs on, gives each operation only what is left of the whole.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore

_Option = Any
"""A socket option as httpcore passes it on; none is used here."""


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects within the deadline that the calling thread has set by `within`.

    The time is shared out over a name's addresses, so that one that swallows packets does not cost the others their chance. Looking up
    the name itself is the operating system's and cannot be cut short.
    """

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()
        self._now = _Until()

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Everything this thread does on the wire inside the block ends within `seconds`."""
        self._now.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._now.until = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  the whole request's deadline takes its place, here and below
        local_address: str | None = None,
        socket_options: Iterable[_Option] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address of `host` in turn. Raises httpcore.ConnectError or ConnectTimeout."""
        addresses = _addresses(host, port)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for position, address in enumerate(addresses):
            share = self._now.left(httpcore.ConnectTimeout) / (len(addresses) - position)
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._now)
        raise failure


class _Until(threading.local):
    """When the present request of this thread must be over, on time.monotonic's clock; None outside of one."""

    until: float | None = None

    def left(self, kind: type[Exception]) -> float:
        """Seconds left. Raises `kind` when there are none."""
        left = 0.0 if self.until is None else self.until - time.monotonic()
        if left <= 0:
            raise kind("the deadline has passed")
        return left


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every operation ends by the deadline of the thread that asks for it."""

    def __init__(self, inner: httpcore.NetworkStream, now: _Until) -> None:
        self._inner = inner
        self._now = now

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  see connect_tcp
        return self._inner.read(max_bytes, self._now.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  see connect_tcp
        self._inner.write(buffer, self._now.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  see connect_tcp
    ) -> httpcore.NetworkStream:
        left = self._now.left(httpcore.ConnectTimeout)
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, left), self._now)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  httpcore's own signature
        return self._inner.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name was not found: {error}") from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))
