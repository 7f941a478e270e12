"""The screen's memory: what was heard, when, and what has to be shown therefore. Pure; the app carries it to widgets.

Instants are seconds on a clock that never jumps, and come in as arguments.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timezone

from kiosk.models import ClockState
from kiosk.screen import face as faces
from kiosk.screen.chips import Chip, Level, chips
from kiosk.screen.face import Face
from kiosk.screen.plain import plain
from kiosk.screen.words import age, left, read_time
from kiosk.texts import text
from kiosk.views import EnrolProgress, ScanKind, ScanResult, Status

STALE_S = 5.0
"""A status older than this is no longer believed. The daemon sends one at least every second."""

_ENROL_S = 30.0
"""How long one step of an enrolment stays when no other follows."""


@dataclass(frozen=True, slots=True)
class _Answer:
    face: Face
    until: float
    firm_until: float
    """Until when no key takes it off."""
    counts_to: float | None = None
    """When a wait is over: its face counts down to it."""

    def at(self, now: float, language: str) -> Face:
        return self.face if self.counts_to is None else replace(self.face, when=left(self.counts_to - now, language))


class View:
    """What was heard from the daemon so far, in `language`."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._answer: _Answer | None = None
        self._heard_at = 0.0
        self._connected = False
        self._trouble = ""
        self.status: Status | None = None

    def scanned(self, result: ScanResult, now: float) -> float:
        """Take the answer to a finger. Returns for how many seconds to show it."""
        calls = self.status is not None and faces.takes_calls(self.status)
        shown = faces.answer(result, self._language, calls=calls)
        counts_to = now + faces.lasts(result) if result.kind is ScanKind.WAIT else None
        return self._show(_Answer(shown, now + faces.seconds(result), now + faces.firm(result), counts_to), now)

    def enrolled(self, progress: EnrolProgress, now: float) -> float:
        """Take a step of an enrolment. Returns for how many seconds to show it."""
        shown = faces.enrolment(progress, self._language)
        until = now + (6.0 if progress.final else _ENROL_S)
        return self._show(_Answer(shown, until, until), now)

    def told(self, status: Status, now: float) -> None:
        """Take a status."""
        self.status = status
        self._heard_at = now
        self._connected = True

    def lost(self, trouble: str) -> None:
        """Forget the daemon: it is gone, and `trouble` says how that shows."""
        self._connected = False
        self._trouble = trouble
        self._answer = None

    def face(self, now: float) -> Face:
        """Say what the large part shows: the answer to the last finger while it is fresh, else the state of things."""
        if self._answer is not None and now < self._answer.until:
            return self._answer.at(now, self._language)
        if not self._connected or self.status is None:
            return faces.gone(self._language)
        if self._age(now) > STALE_S:
            return faces.stale(age(self._age(now), self._language), self._language)
        return faces.resting(self.status, self._language)

    def listens(self, now: float) -> bool:
        """Tell whether a number can be typed: the daemon is there, and nothing is shown that has to be seen first.

        A fault of the scanner does not stand in the way: there is the PIN.
        """
        return not self.is_firm(now) and self._connected and self._age(now) <= STALE_S

    def is_firm(self, now: float) -> bool:
        """Tell whether an answer is shown that no key may take off, or cover: somebody has to see it first."""
        return self._answer is not None and now < self._answer.firm_until

    def dismiss(self) -> None:
        """Show the last answer no longer: the next person types."""
        self._answer = None

    def chips(self, now: float) -> list[Chip]:
        """Say what the status line shows."""
        if not self._connected or self.status is None:
            return [Chip(Level.BAD, text("line_gone", self._language))]
        if self._age(now) > STALE_S:
            return [Chip(Level.BAD, text("line_stale", self._language, age=age(self._age(now), self._language)))]
        return chips(self.status, self._language)

    def alarms(self, now: float) -> list[Chip]:
        """Say what an administrator has to know before believing the last status: empty while it is fresh."""
        if self._connected and self.status is not None and self._age(now) <= STALE_S:
            return []
        return [
            *self.chips(now),
            *([Chip(Level.BAD, plain(self._trouble, 200))] if self._trouble and not self._connected else []),
        ]

    @property
    def clock_unset(self) -> bool:
        """Tell whether the daemon distrusts the clock."""
        return self.status is not None and self.status.clock is ClockState.UNSYNCED

    def local(self, utc: datetime) -> datetime:
        """Turn `utc` into the time of day at the site: the daemon's own offset once it was heard, else this machine's zone."""
        said = read_time(self.status.now) if self.status else None
        offset = said.utcoffset() if said else None
        return utc.astimezone(None if offset is None else timezone(offset))

    def _show(self, answer: _Answer, now: float) -> float:
        self._answer = answer
        return answer.until - now

    def _age(self, now: float) -> float:
        return now - self._heard_at
