"""A lock that is handed on in the order of asking.

`threading.Lock` lets whoever just released it take it again, so that a thread which writes batch after batch would
keep a punch waiting; and threads that queue inside SQLite's busy handler poll, and sleep through their turn.
"""

import threading
from collections import deque


class Turns:
    """First come, first served. Not reentrant."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def take(self, timeout: float) -> bool:
        """Queue for at most `timeout` seconds; whoever gets True must `pass_on`."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        if ticket.acquire(timeout=timeout):
            return True
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return False
        return True  # it was handed to us between the timeout and the look

    def pass_on(self) -> None:
        """Hand the turn to whoever has waited longest."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
