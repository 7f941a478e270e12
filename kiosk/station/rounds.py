"""When a connected scanner's library is looked at again: after anything odd, every night, and a little all the time."""

import enum
from datetime import date, timedelta

from kiosk.clock import Clock
from kiosk.models import ClockState

SETTLE_HOUR = 3
"""Of the site's day: then the library is compared with the store, even if nothing was unplugged."""

GAP_S = 3600.0
"""Seconds of the boot clock between two nights at least, whatever the wall clock says: what was just proven is not proven again."""

DAY_S = 25 * 3600.0
"""Seconds of the boot clock between two nights at most: the longest day there is, for a clock that is not set or was put back."""

HEALTH_S = 5.0
"""Seconds between looks whether the scanner is still the one that was opened, and fingers or members were added elsewhere."""


class Due(enum.Enum):
    """What it is time for."""

    NOTHING = enum.auto()
    HEALTH = enum.auto()
    DOUBT = enum.auto()
    """Perhaps the scanner's library is no longer what it was: comparing which slots are in use will tell."""
    SETTLE = enum.auto()
    NIGHT = enum.auto()
    """SETTLE, and whatever failed too often is tried again."""


class Rounds:
    """One station's. `clock` tells the hour and the seconds; nothing here touches a scanner."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._settled = False
        self._settled_at = 0.0
        self._settled_in: date | None = None
        self._checked = clock.monotonic()
        self._glitches = 0
        self._doubted = False

    def doubt(self) -> None:
        """Nobody was recognised time and again: the scanner may have forgotten its fingers without a sound."""
        self._doubted = True

    def disturb(self) -> None:
        """Something happened to the scanner or its line: nothing that was known of the library is certain."""
        self._settled = False

    def listen(self, glitches: int) -> bool:
        """Take in how many glitches the driver has counted; returns whether there are more of them, which disturbs."""
        more, self._glitches = glitches != self._glitches, glitches
        if more:
            self.disturb()
        return more

    def settled(self, glitches: int) -> None:
        """The library was settled just now, after so many glitches."""
        self._settled, self._settled_at, self._settled_in = True, self._clock.monotonic(), self._night()
        self._glitches = glitches
        self._doubted = False

    def due(self) -> Due:
        """What it is time for. DOUBT and HEALTH are told once."""
        now = self._clock.monotonic()
        if not self._settled:
            return Due.SETTLE
        if self._night_came(now - self._settled_at):
            return Due.NIGHT
        if self._doubted:
            self._doubted = False
            return Due.DOUBT
        if now - self._checked > HEALTH_S:
            self._checked = now
            return Due.HEALTH
        return Due.NOTHING

    def _night_came(self, since: float) -> bool:
        """Whether another night has begun since the library was settled, `since` seconds ago."""
        night = self._night()
        # That somebody set the clock makes no night: people may be at the glass.
        self._settled_in = self._settled_in or night
        later = night is not None and self._settled_in is not None and night > self._settled_in
        return since > DAY_S or (later and since > GAP_S)

    def _night(self) -> date | None:
        """The night that was the last to begin, at SETTLE_HOUR; None by a clock that nobody has set."""
        now = self._clock.now()
        return None if now.state is ClockState.UNSYNCED else (now.local() - timedelta(hours=SETTLE_HOUR)).date()
