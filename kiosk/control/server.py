"""The daemon's end of the control socket: one thread, many clients, nobody waits for a slow one.

Who is calling is told by the kernel (SO_PEERCRED): root and the daemon's own user are operators and may do everything; whoever else
can open the socket may only look.
"""

import collections
import contextlib
import logging
import os
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from kiosk.control import protocol
from kiosk.control.listener import listen, uid_of
from kiosk.control.protocol import Code, ControlError, Event

log = logging.getLogger(__name__)

MAX_BACKLOG = 4 * protocol.MAX_LINE
"""Bytes that may wait for one client before it is hung up on: the daemon's memory is worth more than a stuck screen."""

MAX_CLIENTS = 32


class Method(msgspec.Struct, frozen=True):
    """A method of the socket: `params` is the model of what it takes, `handle` gets it decoded, `operator` guards it.

    A `slow` one takes longer than the screen can wait: it gets a thread of its own. The text is its lane, and in each lane one at a
    time is worked on; empty means that it is quick.
    """

    params: type[msgspec.Struct]
    handle: Callable[[Any], object]
    operator: bool = False
    slow: str = ""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The params of a method that takes none."""


class ControlServer:
    """Serves `methods` at `path`. `step` belongs to one thread; `publish` may be called from any.

    `group` names the system group whose members may connect as observers; empty means only operators.
    `greet` gives the event that each new watcher gets first.
    """

    def __init__(
        self, path: Path, methods: Mapping[str, Method], *, greet: Callable[[], Event], group: str = ""
    ) -> None:
        self._listener = listen(path, group)
        self._path = path
        self._methods = methods
        self._greet = greet
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, _Client] = {}
        self._events: collections.deque[Event] = collections.deque(maxlen=1000)
        self._answers: collections.deque[tuple[_Client, bytes]] = collections.deque()
        self._lanes = {method.slow: threading.Lock() for method in methods.values() if method.slow}
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._deaf = False
        self._selector.register(self._listener, selectors.EVENT_READ)

    def publish(self, event: Event) -> None:
        """Send `event` to everybody who watches. Never blocks."""
        self._events.append(event)
        self.wake()

    def wake(self) -> None:
        """End the `step` that is waiting, from any thread."""
        with contextlib.suppress(OSError):  # full means that it is awake already; closed, that it is gone
            self._waker.send(b"\0")

    def step(self, timeout: float = 1.0) -> None:
        """Wait at most `timeout` seconds for something to do, and do it."""
        ready = self._selector.select(timeout)
        if self._deaf:
            self._deaf = False
            self._selector.register(self._listener, selectors.EVENT_READ)
        for key, mask in ready:
            if key.fileobj is self._woken:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
            elif key.fileobj is self._listener:
                self._accept()
            else:
                self._serve(self._clients[key.fd], mask)
        self._broadcast()
        while self._answers:
            self._tell(*self._answers.popleft())

    def close(self) -> None:
        """Hang up on everybody and take the socket away."""
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.close()
        for each in (self._listener, self._waker, self._woken):
            each.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            log.warning("control: could not accept a client: %s", error)
            # Whoever it was still waits at the door: without a pause this would spin until a descriptor is free.
            self._deaf = True
            self._selector.unregister(self._listener)
            return
        if len(self._clients) >= MAX_CLIENTS:
            connection.close()
            return
        connection.setblocking(False)
        client = _Client(connection, operator=uid_of(connection) in {0, os.getuid()})
        self._clients[connection.fileno()] = client
        self._selector.register(connection, selectors.EVENT_READ)

    def _serve(self, client: "_Client", mask: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                client.flush()
            if mask & selectors.EVENT_READ:
                for line in client.lines():
                    client.send(self._respond(client, line))
                    self._welcome(client)
        except (OSError, ControlError):
            self._drop(client)
        else:
            self._watch_writing(client)

    def _welcome(self, client: "_Client") -> None:
        """The first event comes after the answer to `watch`, so that nobody takes it for a leftover."""
        if client.watching and not client.greeted:
            client.greeted = True
            client.send(protocol.notification(self._greet()))

    def _respond(self, client: "_Client", line: bytes) -> bytes:
        number: int | str | None = None
        try:
            message = protocol.decode(line)
            number = message.id
            if message.method == "watch":
                client.watching = True
                return protocol.answer(number, result=True)
            method, params = self._called(client, message)
            if method.slow:
                return self._send_off(client, number, method, params)
        except ControlError as error:
            return protocol.refusal(number, error)
        return _outcome(number, method, params)

    def _called(self, client: "_Client", message: protocol.Incoming) -> tuple[Method, msgspec.Struct]:
        if message.method is None:
            raise ControlError("a request names a method", code=Code.INVALID_REQUEST)
        method = self._methods.get(message.method)
        if method is None:
            known = ", ".join(sorted([*self._methods, "watch"]))
            raise ControlError(f'no method "{message.method[:40]}"; known are {known}', code=Code.UNKNOWN_METHOD)
        if method.operator and not client.operator:
            raise ControlError("only root and the kiosk's own user may do that", code=Code.FORBIDDEN)
        try:
            return method, msgspec.convert(message.params, method.params)
        except msgspec.ValidationError as error:
            raise ControlError(str(error), code=Code.INVALID_PARAMS) from error

    def _send_off(self, client: "_Client", number: int | str | None, method: Method, params: msgspec.Struct) -> bytes:
        """Answer later, from a thread; nothing is answered now."""
        lane = self._lanes[method.slow]
        if not lane.acquire(blocking=False):
            raise ControlError("the one before it is still being worked on", code=Code.BUSY)

        def work() -> None:
            line = _outcome(number, method, params)
            lane.release()
            self._answers.append((client, line))
            self.wake()

        threading.Thread(target=work, name="control-slow", daemon=True).start()
        return b""

    def _tell(self, client: "_Client", line: bytes) -> None:
        if client not in self._clients.values():
            return  # it hung up meanwhile
        try:
            client.send(line)
        except (OSError, ControlError):
            self._drop(client)
        else:
            self._watch_writing(client)

    def _broadcast(self) -> None:
        while self._events:
            event = self._events.popleft()
            lines = {True: protocol.notification(event), False: protocol.notification(protocol.public(event))}
            for client in [each for each in self._clients.values() if each.watching]:
                self._tell(client, lines[client.operator])

    def _watch_writing(self, client: "_Client") -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.backlog else 0)
        self._selector.modify(client.connection, events)

    def _drop(self, client: "_Client") -> None:
        self._clients.pop(client.connection.fileno(), None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.connection)
        client.connection.close()


class _Client:
    """One connection: what came in and is not yet a line, what has to go out and does not fit yet."""

    def __init__(self, connection: socket.socket, *, operator: bool) -> None:
        self.connection = connection
        self.operator = operator
        self.watching = False
        self.greeted = False
        self.backlog = bytearray()
        self._received = bytearray()

    def lines(self) -> list[bytes]:
        """Read what has come, and return the complete lines. Raises OSError when the client hung up."""
        piece = self.connection.recv(65536)
        if not piece:
            raise ConnectionResetError
        self._received += piece
        if b"\n" not in piece and len(self._received) <= protocol.MAX_LINE:
            return []  # a long line that comes byte by byte is not searched from its beginning for each
        *lines, rest = bytes(self._received).split(b"\n")
        if len(rest) > protocol.MAX_LINE:
            raise ControlError("line too long", code=Code.PARSE)
        self._received = bytearray(rest)
        return [line for line in lines if line.strip()]

    def send(self, line: bytes) -> None:
        """Send now what fits, keep the rest. Raises ControlError if the client does not keep up."""
        self.backlog += line
        self.flush()
        if len(self.backlog) > MAX_BACKLOG:
            raise ControlError("client too slow", code=Code.BUSY)

    def flush(self) -> None:
        """Send as much of the backlog as fits."""
        while self.backlog:
            try:
                sent = self.connection.send(self.backlog)
            except BlockingIOError:
                return
            del self.backlog[:sent]


def _outcome(number: int | str | None, method: Method, params: msgspec.Struct) -> bytes:
    try:
        return protocol.answer(number, method.handle(params))
    except ControlError as error:
        return protocol.refusal(number, error)
    except Exception:  # a bug in one handler must not take the socket away from everybody else
        log.exception("control: a method failed")
        return protocol.refusal(number, ControlError("internal error; see the journal", code=Code.INTERNAL))
