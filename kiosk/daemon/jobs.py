"""The periodic work, by `schedule`. Each job is short, and a job that failed is tried again a minute later."""

import schedule

from kiosk.clock import Clock
from kiosk.delivery.roster import Roster

LONGEST_PAUSE_S = 30.0
JUMP_S = 60.0
"""A wall clock that runs this much ahead of or behind the boot clock has been set: then all appointments are made anew."""


class Jobs:
    """Pulls the roster every `roster_minutes`. `schedule` plans by the wall clock, which is why jumps of it are watched here."""

    def __init__(self, roster: Roster, clock: Clock, *, roster_minutes: int) -> None:
        self._roster = roster
        self._clock = clock
        self._minutes = roster_minutes
        self._scheduler = schedule.Scheduler()
        self._failed = False
        self._now = True  # the first pull does not wait for its hour
        self._at = clock.now()
        self._plan()

    def step(self) -> float:
        """Do what is due; returns the seconds until something may be."""
        self._mind_jumps()
        if self._now:
            self._now = False
            self._pull()
        self._scheduler.run_pending()
        idle = self._scheduler.idle_seconds
        return LONGEST_PAUSE_S if idle is None else min(max(idle, 0.1), LONGEST_PAUSE_S)

    def pull_soon(self) -> None:
        """Pull the roster at the next step. For other threads too: the appointments belong to the worker's."""
        self._now = True

    def _plan(self) -> None:
        self._scheduler.clear()
        self._scheduler.every(self._minutes).minutes.do(self._pull)
        self._scheduler.every(60).seconds.do(self._pull_again)
        self._now = True

    def _mind_jumps(self) -> None:
        now = self._clock.now()
        jumped = abs((now.utc_us - self._at.utc_us) - (now.boottime_us - self._at.boottime_us)) / 1e6
        self._at = now
        if jumped > JUMP_S:
            self._plan()

    def _pull(self) -> None:
        self._failed = True  # should it raise, the disk being full, it is tried again like any other failure
        self._failed = not self._roster.pull()

    def _pull_again(self) -> None:
        if self._failed:
            self._pull()
