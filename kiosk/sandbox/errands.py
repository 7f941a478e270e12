"""What the platform does by itself: transactions move on, and the merchant is told."""

import logging
import threading
from collections.abc import Callable

from kiosk.sandbox.post import Post
from kiosk.sandbox.state import State

log = logging.getLogger(__name__)

_IDLE_S = 0.2
"""Seconds between looks: the time of a test or a scenario may jump, so nothing is counted in advance."""


class Errands:
    """The platform's own work on `state`, by `clock` (seconds since 1970); `start` gives it a thread."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def run(self, post: Post) -> None:
        """Do all that is due by now."""
        self._state.transactions.advance(self._clock())
        while not self._stop.is_set() and (notice := self._state.notices.due(self._clock())) is not None:
            self._state.notices.settle(notice, post.carry(notice), self._clock())

    def start(self) -> None:
        """Work from a thread until `stop`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._work, name="sandbox-errands", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Come to an end; a notice on its way is waited for."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _round(self, post: Post) -> None:
        try:
            self.run(post)
        except Exception:  # whatever one notice or transaction breaks, the others go on; the next round meets it again
            log.exception("the sandbox's own work went wrong")

    def _work(self) -> None:
        post = Post()
        try:
            while not self._stop.wait(_IDLE_S):
                self._round(post)
        finally:
            post.close()
