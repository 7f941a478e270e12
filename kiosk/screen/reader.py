"""The thread that listens to the daemon, and comes back by itself when the daemon does."""

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
from textual.message import Message

from kiosk.control.client import ControlClient
from kiosk.control.protocol import ControlError, Event
from kiosk.screen.messages import Enrolled, Lost, Scanned, Told
from kiosk.views import ScanResult, Status

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0
"""Between two attempts to connect; doubles from the first to the longest. A unix socket bears it."""


class Reader:
    """Watches the daemon at `path`, and hands what it says to `post`, which has to be safe from another thread."""

    def __init__(self, path: Path, post: Callable[[Message], object]) -> None:
        self._post = post
        self._client = ControlClient(path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control-reader", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Hang up and wait for the thread, at most two seconds."""
        self._stop.set()
        for _ in range(20):
            # More than once: a thread that is just connecting would otherwise listen on.
            self._client.close()
            self._thread.join(0.1)
            if not self._thread.is_alive():
                return

    def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                for event in self._client.watch():
                    pause = FIRST_PAUSE_S
                    self._post(envelope(event))
                    if self._stop.is_set():
                        return
            except (ControlError, msgspec.ValidationError) as error:
                self._client.close()
                self._post(Lost(str(error)))
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


def envelope(event: Event) -> Message:
    """Make the message that carries `event`."""
    if isinstance(event, ScanResult):
        return Scanned(event)
    if isinstance(event, Status):
        return Told(event)
    return Enrolled(event)
