"""When a connected scanner's library is looked at again: after anything odd, every night, and a little all the time."""

import enum

from kiosk.clock import Clock

SETTLE_HOUR = 3
"""Of the site's day: then the library is compared with the store, even if nothing was unplugged."""

NIGHT_S = 12 * 3600.0
"""Seconds of the boot clock between two nights at least, whatever the wall clock says."""

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
        self._settled_on = ""
        self._settled_at = 0.0
        self._checked = clock.monotonic()
        self._glitches = 0
        self._doubted = False

    def doubt(self) -> None:
        """Nobody was recognised time and again: the scanner may have forgotten its fingers without a sound."""
        self._doubted = True

    def disturb(self) -> None:
        """Something happened to the scanner or its line: nothing that was known of the library is certain."""
        self._settled_on = ""

    def listen(self, glitches: int) -> bool:
        """Take in how many glitches the driver has counted; returns whether there are more of them, which disturbs."""
        more, self._glitches = glitches != self._glitches, glitches
        if more:
            self.disturb()
        return more

    def settled(self, glitches: int) -> None:
        """The library was settled just now, after so many glitches."""
        self._settled_on, self._settled_at = self._night(), self._clock.monotonic()
        self._glitches = glitches
        self._doubted = False

    def due(self) -> Due:
        """What it is time for. DOUBT and HEALTH are told once."""
        now = self._clock.monotonic()
        if not self._settled_on:
            return Due.SETTLE
        if self._night() != self._settled_on and now - self._settled_at > NIGHT_S:
            return Due.NIGHT
        if self._doubted:
            self._doubted = False
            return Due.DOUBT
        if now - self._checked > HEALTH_S:
            self._checked = now
            return Due.HEALTH
        return Due.NOTHING

    def _night(self) -> str:
        """The night that belongs to this moment: it changes at SETTLE_HOUR."""
        local = self._clock.now().local()
        return f"{local:%Y-%m-%d}" if local.hour >= SETTLE_HOUR else f"before {local:%Y-%m-%d}"
