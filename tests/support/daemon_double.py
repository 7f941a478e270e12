"""A small real server on a unix socket that speaks the control protocol and says what a test tells it to say."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from kiosk.control import protocol
from kiosk.control.protocol import ControlError, Event, Incoming
from kiosk.models import ClockState, Direction, Lane
from kiosk.views import LaneStatus, ScanKind, ScannerHealth, ScanResult, StationStatus, Status

AT = "2026-11-23T08:01:21+03:00"
"""When everything in these tests happens, at the site."""


def station(health: ScannerHealth = ScannerHealth.READY, **changes: Any) -> StationStatus:
    facts: dict[str, Any] = {"name": "gate", "health": health, "model": "R503", "used": 180, "capacity": 200}
    return StationStatus(**(facts | changes))


def lane(which: Lane = Lane.ATTENDANCE, **changes: Any) -> LaneStatus:
    facts: dict[str, Any] = {"lane": which, "waiting": 0, "failed": 0, "oldest_age_s": None, "last_delivered": AT}
    return LaneStatus(**(facts | changes))


def status(**changes: Any) -> Status:
    facts: dict[str, Any] = {
        "site": "Mwangaza Primary School",
        "version": "0.1.0",
        "pid": 412,
        "now": AT,
        "clock": ClockState.SYNCED,
        "storage": "ok",
        "members": 312,
        "fingers": 618,
        "punches_today": 147,
        "stations": [station()],
        "lanes": [lane(), lane(Lane.SMS)],
        "last_roster": "2026-11-22T06:00:00+03:00",
        "up_s": 93_784.0,
    }
    return Status(**(facts | changes))


def scan(
    kind: ScanKind,
    name: str | None = None,
    direction: Direction | None = None,
    advice: str | None = None,
    seconds: float | None = None,
) -> ScanResult:
    return ScanResult(kind=kind, station="gate", at=AT, name=name, direction=direction, advice=advice, seconds=seconds)


class DaemonDouble:
    """Listens on `path` once started; greets everybody who watches with `greeting`, and repeats to them what `say` is given.

    `replies` are its answers by method; a ControlError in there is a refusal. What it was asked is in `asked`. While `open` is
    clear, it keeps everybody waiting who asks.
    """

    def __init__(self, path: Path, greeting: Status | None = None) -> None:
        self.path = path
        self.greeting = greeting or status()
        self.watchers = 0
        self.replies: dict[str, object] = {
            "call_number": 20.0,
            "cancel_call": True,
            "punch_by_pin": scan(ScanKind.DENIED, advice="pin_wrong"),
        }
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.open = threading.Event()
        self.open.set()
        self._changed = threading.Condition()
        self._connections: list[socket.socket] = []
        self._askers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.die()

    def start(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._spawn(self._accept, self._listener)

    def die(self) -> None:
        """Vanish as a killed process does: every connection is cut, the socket's file is gone."""
        if self._listener is not None:
            _cut(self._listener)
            self._listener = None
            self.path.unlink()
        self.open.set()
        with self._changed:
            cut = [*self._connections, *self._askers]
            self._connections, self._askers = [], []
            self.watchers = 0
        for connection in cut:
            _cut(connection)
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()

    def say(self, *events: Event) -> None:
        self.send(b"".join(protocol.notification(event) for event in events))

    def send(self, raw: bytes) -> None:
        """Any bytes at all, to everybody who watches."""
        with self._changed:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.sendall(raw)

    def wait_for_watcher(self, seconds: float = 10.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.watchers > 0, seconds), "nobody came to watch"

    def wait_for_question(self, count: int = 1, seconds: float = 10.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, seconds), "nobody came to ask"

    def _spawn(self, target: Callable[[socket.socket], None], connection: socket.socket) -> None:
        thread = threading.Thread(target=target, args=(connection,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with self._changed:
                    self._askers.append(connection)
                self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as lines:
            for line in lines:
                message = protocol.decode(line)
                if message.method == "watch":
                    self._greet(connection, message)
                else:
                    connection.sendall(self._answer(message))

    def _greet(self, connection: socket.socket, message: Incoming) -> None:
        with self._changed:
            connection.sendall(protocol.answer(message.id, {}) + protocol.notification(self.greeting))
            self._askers.remove(connection)
            self._connections.append(connection)
            self.watchers += 1
            self._changed.notify_all()

    def _answer(self, message: Incoming) -> bytes:
        method = message.method or ""
        with self._changed:
            self.asked.append((method, message.params))
            self._changed.notify_all()
        self.open.wait(20)
        reply = self.replies[method]
        if isinstance(reply, ControlError):
            return protocol.refusal(message.id, reply)
        if isinstance(reply, ScanResult):
            self.say(reply)
        return protocol.answer(message.id, reply)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
