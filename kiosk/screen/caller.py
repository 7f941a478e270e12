"""The thread that asks the daemon for what was typed, so that the screen never waits for the socket.

It starts with the first wish and then sleeps; it keeps no connection, since the daemon may have been restarted in between.
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from textual.message import Message

from kiosk.control.client import ControlClient
from kiosk.control.protocol import Code, ControlError, DaemonGoneError
from kiosk.screen.messages import Answered
from kiosk.screen.wishes import CallNumber, CancelCall, PunchByPin, Punched, Refused, Reply, Waiting, Wish
from kiosk.views import ScanResult

_FOR_PEOPLE = frozenset({Code.REFUSED, Code.FORBIDDEN, Code.NOT_FOUND, Code.BUSY})
"""Errors whose text was written for the person at the glass; the others are about the protocol."""


class Caller:
    """Asks the daemon at `path`, and hands its replies to `post`, which has to be safe from another thread.

    Only the latest wish counts: one that was not asked yet when the next comes is dropped, so that no storm of keys piles up here.
    """

    def __init__(self, path: Path, post: Callable[[Message], object]) -> None:
        self._post = post
        self._client = ControlClient(path)
        self._changed = threading.Condition()
        self._cancel = False
        self._ask: CallNumber | PunchByPin | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def send(self, wish: Wish) -> None:
        """Have `wish` asked. Returns at once."""
        with self._changed:
            if isinstance(wish, CancelCall):
                self._cancel, self._ask = True, None
            else:
                # A cancellation before it stays: the daemon may be waiting for somebody else's finger.
                self._ask = wish
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="control-caller", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Hang up and wait for the thread, at most two seconds. Safe to call twice."""
        with self._changed:
            self._closed, self._cancel, self._ask = True, False, None
            self._changed.notify()
        for _ in range(20):
            if self._thread is None or not self._thread.is_alive():
                return
            # More than once: a thread that is just connecting would otherwise wait on.
            self._client.close()
            self._thread.join(0.1)

    def _run(self) -> None:
        while self._serve():
            self._client.close()

    def _serve(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._cancel or self._ask is not None)
            cancel, ask = self._cancel, self._ask
            self._cancel, self._ask = False, None
        if cancel:
            with contextlib.suppress(ControlError):  # the station gives up by itself
                self._client.call("cancel_call", station=None)
        if ask is not None:
            self._post(Answered(self._reply(ask)))
        return not self._closed

    def _reply(self, ask: CallNumber | PunchByPin) -> Reply:
        try:
            if isinstance(ask, CallNumber):
                seconds = self._client.ask(float, "call_number", number=ask.number, station=None)
                return Waiting(ask.ticket, seconds)
            pin = ask.pin.reveal()
            return Punched(
                ask.ticket, self._client.ask(ScanResult, "punch_by_pin", number=ask.number, pin=pin, station=None)
            )
        except DaemonGoneError:
            return Refused(ask.ticket)
        except ControlError as error:
            return Refused(ask.ticket, str(error) if error.code in _FOR_PEOPLE else "")
