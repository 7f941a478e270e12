"""Witnesses of a running kiosk: what it does with a scanner's glass, and what it tells whoever watches, both with a deadline."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from drivers.emulation.device import Answer
from drivers.emulation.host import Emulator
from kiosk.control.client import ControlClient
from kiosk.control.protocol import DaemonGoneError, Event

PATIENCE_S = 25.0
"""Seconds until a test gives up waiting for what must come."""

POLLS = 50
"""Looks a second at an empty glass, in the tests' configurations."""

LIFTED_LOOKS = POLLS * 4 // 10 + 3
"""Looks at an empty glass after which the kiosk knows that the finger was lifted, and some to spare."""


class Glass:
    """An emulated scanner and the hand at it; waiting is for what the kiosk does with the scanner, not for time."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._heard = threading.Condition()
        self._receive = emulator.device.receive
        emulator.device.receive = self._listening  # type: ignore[method-assign]

    def _listening(self, data: bytes) -> Iterator[Answer]:
        yield from self._receive(data)
        with self._heard:
            self._heard.notify_all()

    def await_looks(self, count: int = LIFTED_LOOKS, timeout: float = PATIENCE_S) -> bool:
        """Wait until the kiosk has looked `count` times at the glass as it is; whether it has."""
        with self._heard:
            return self._heard.wait_for(lambda: self.emulator.device.glass.looks >= count, timeout)


class Ear:
    """Hears everything that the kiosk tells a watcher, in a thread, with the time (monotonic seconds) at which it came.

    Raises DaemonGoneError if no kiosk is there yet.
    """

    def __init__(self, socket: Path) -> None:
        self.events: list[tuple[float, Event]] = []
        self._changed = threading.Condition()
        self._client = ControlClient(socket, timeout=PATIENCE_S)
        self._heard = self._client.watch()
        self.events.append((time.monotonic(), next(self._heard)))
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        self._client.close()
        self._thread.join(PATIENCE_S)

    def wait(self, wanted: Callable[[Event], bool], since: int = 0, timeout: float = PATIENCE_S) -> tuple[float, Event]:
        """The first event from number `since` on that is wanted."""
        found = self.look(wanted, since, timeout)
        assert found is not None, f"not within {timeout} s; last: {self.events[-1:]}"
        return found

    def look(self, wanted: Callable[[Event], bool], since: int, timeout: float) -> tuple[float, Event] | None:
        """`wait`, but None if it does not come."""
        until, seen = time.monotonic() + timeout, since
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._more_than, seen), max(until - time.monotonic(), 0))
            fresh = self.events[seen:]
            found = next((each for each in fresh if wanted(each[1])), None)
            seen += len(fresh)
            if found is not None or time.monotonic() >= until:
                return found

    def _more_than(self, count: int) -> bool:
        return len(self.events) > count

    def _listen(self) -> None:
        try:
            for event in self._heard:
                with self._changed:
                    self.events.append((time.monotonic(), event))
                    self._changed.notify_all()
        except DaemonGoneError:
            return
