"""The other end of the control socket: for the screen, the command line, and anybody's script.

    with ControlClient(path) as kiosk:
        print(kiosk.status().stations)

One client is one connection and belongs to one thread. To watch and to ask at the same time, open two.
"""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from kiosk.control import protocol
from kiosk.control.protocol import Code, ControlError, DaemonGoneError, Event, Model
from kiosk.models import Member
from kiosk.views import PunchView, Status

Row = TypeVar("Row")


class ControlClient:
    """A connection to the daemon at `path`, opened on first use; `timeout` bounds each call, in seconds."""

    def __init__(self, path: Path, *, timeout: float = 5.0) -> None:
        self._path = path
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up. Safe from another thread: a `watch` in progress ends with DaemonGoneError."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):  # the other side was faster
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._buffer.clear()

    def call(self, method: str, **params: object) -> msgspec.Raw:
        """Ask for `method` and wait for its answer, still encoded.

        Raises ControlError with the daemon's own words, or DaemonGoneError when there is none.
        """
        self._number += 1
        self._send(protocol.request(self._number, method, params))
        while True:
            message = self._read(self._timeout)
            if message.method is not None:
                continue  # an event that a watch on this connection left behind
            if message.error is not msgspec.UNSET:
                raise ControlError(message.error.message, code=_code(message.error.code))
            if message.id == self._number and message.result is not msgspec.UNSET:
                return message.result

    def ask(self, model: type[Model], method: str, **params: object) -> Model:
        """`call`, decoded as `model`."""
        return protocol.read_answer(model, self.call(method, **params))

    def status(self) -> Status:
        """The whole truth about the kiosk."""
        return self.ask(Status, "status")

    def members(self) -> list[Member]:
        """Everybody the kiosk knows."""
        return self.rows(list[Member], "members")

    def rows(self, model: type[list[Row]], method: str) -> list[Row]:
        """All that `method` lists, asked for page by page: a whole town does not fit into one line."""
        found: list[Row] = []
        while page := self.ask(model, method, start=len(found)):
            found += page
        return found

    def punches(self, *, member: str | None = None, limit: int = 20) -> list[PunchView]:
        """The latest punches, newest first."""
        return self.ask(list[PunchView], "punches", member=member, limit=limit)

    def watch(self) -> Iterator[Event]:
        """Yield events as they happen, starting with the present Status, until the daemon goes away (DaemonGoneError)."""
        self.call("watch")
        while True:
            event = protocol.read_event(self._read(None))
            if event is not None:
                yield event

    def _connected(self) -> socket.socket:
        if self._socket is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout)
            try:
                connection.connect(str(self._path))
            except OSError as error:
                connection.close()
                raise DaemonGoneError(f"no kiosk daemon at {self._path}: {error.strerror or error}") from error
            self._socket = connection
        return self._socket

    def _send(self, line: bytes) -> None:
        try:
            self._connected().sendall(line)
        except OSError as error:
            self.close()
            raise DaemonGoneError(f"the daemon at {self._path} hung up") from error

    def _read(self, timeout: float | None) -> protocol.Incoming:
        connection = self._connected()
        try:
            connection.settimeout(timeout)
            while (end := self._buffer.find(b"\n")) < 0:
                if len(self._buffer) > protocol.MAX_LINE:
                    raise ControlError("the daemon sent a line without end", code=Code.PARSE)
                piece = connection.recv(65536)
                if not piece:
                    self.close()
                    raise DaemonGoneError(f"the daemon at {self._path} hung up")
                self._buffer += piece
        except TimeoutError as error:
            self.close()
            raise DaemonGoneError(f"the daemon at {self._path} did not answer within {timeout} s") from error
        except OSError as error:
            self.close()
            raise DaemonGoneError(f"the daemon at {self._path} hung up") from error
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return protocol.decode(line)


def _code(number: int) -> Code:
    try:
        return Code(number)
    except ValueError:
        return Code.INTERNAL
