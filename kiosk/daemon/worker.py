"""A thread that repeats one step until it is told to stop, reports its own death, and starts again with back-off."""

import logging
import threading
from collections.abc import Callable

from kiosk.clock import Clock

log = logging.getLogger(__name__)

RESTART_AFTER_S = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before a step that failed is tried again; the last one repeats. A step that succeeds starts over."""


class Worker:
    """Runs `step` in a thread called `name`. `step` returns how many seconds may pass before the next one.

    `deadline` is how long one step may take, in seconds, before `stalled` says so (and the watchdog stops being fed).
    `on_death` hears of every exception that leaves `step`; if it returns False the worker ends for good.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], float],
        *,
        clock: Clock,
        deadline: float,
        on_death: Callable[[str, Exception], bool],
    ) -> None:
        self.name = name
        self._step = step
        self._clock = clock
        self._deadline = deadline
        self._on_death = on_death
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._due = clock.monotonic() + deadline
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._due = self._clock.monotonic() + self._deadline
        self._thread.start()

    def wake(self) -> None:
        """Do the next step now."""
        self._wake.set()

    def excuse(self) -> None:
        """Start the deadline anew, and do the next step now: while the machine slept nobody could show life."""
        self._due = self._clock.monotonic() + self._deadline
        self._wake.set()

    def stop(self) -> None:
        """Ask it to end after the step in hand."""
        self._stopping.set()
        self._wake.set()

    def join(self, timeout: float) -> bool:
        """Wait for the end; returns whether it came."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def stalled(self) -> bool:
        """Whether its present step, or the wait that it chose, has outlived its deadline; a thread that ended has."""
        return not self._stopping.is_set() and (self._clock.monotonic() > self._due or not self._thread.is_alive())

    def _run(self) -> None:
        while True:
            self._wake.clear()  # before looking at `stopping`, so that no call of `stop` is lost
            if self._stopping.is_set():
                return
            self._due = self._clock.monotonic() + self._deadline
            pause = self._once()
            if pause is None:
                return
            self._due = self._clock.monotonic() + pause + self._deadline
            self._clock.wait(self._wake, pause)

    def _once(self) -> float | None:
        try:
            pause = self._step()
        except Exception as error:  # noqa: BLE001  supervision: whatever a step dies of is reported, and its thread goes on
            if not self._on_death(self.name, error):
                return None
            pause = RESTART_AFTER_S[min(self._failures, len(RESTART_AFTER_S) - 1)]
            self._failures += 1
        else:
            self._failures = 0
        return pause
