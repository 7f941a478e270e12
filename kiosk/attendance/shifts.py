"""When a shift runs, and whom it is for: who is expected at the glass. Pure: the moment and the members come as arguments."""

import enum
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from kiosk.models import ClockState, Member, Moment


class Phase(enum.IntEnum):
    """Where somebody's shift stands: who is expected sooner comes first."""

    COMING = 0
    """It starts within its margin."""
    ON = 1
    """It runs, or has ended within its margin."""


class Shift(msgspec.Struct, frozen=True):
    """Hours that repeat: from `starts` to `ends`, local wall time, on each of `days` (0 is Monday).

    One that does not end after it starts ends on the next day, and belongs to the day on which it started: 08:00 to 08:00 is a whole
    day. People come and go up to `margin` before and after. It is for those whose title, in any case, is among `titles`, or whose uid
    is among `members`; for everybody if both are empty.
    """

    name: str
    days: frozenset[int]
    starts: time
    ends: time
    margin: timedelta = timedelta(0)
    titles: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()

    @property
    def everybody(self) -> bool:
        """Whether it names nobody, and so is for everybody."""
        return not self.titles and not self.members

    def whose(self, members: Iterable[Member]) -> set[str]:
        """The uids of those of `members` whom the shift is for."""
        titles = {_folded(title) for title in self.titles}
        return {
            member.uid
            for member in members
            if self.everybody or member.uid in self.members or (member.title and _folded(member.title) in titles)
        }

    def unmatched(self, members: Iterable[Member]) -> list[str]:
        """The titles and uids of the shift that none of `members` has, which are misspelt, or of somebody who has left."""
        present = list(members)
        uids = {member.uid for member in present}
        titles = {_folded(member.title) for member in present if member.title}
        return sorted(title for title in self.titles if _folded(title) not in titles) + sorted(self.members - uids)

    def phase(self, moment: Moment) -> Phase | None:
        """Where the shift stands at `moment`; None while nobody comes or goes because of it."""
        today, zone, now = moment.local().date(), ZoneInfo(moment.zone), moment.utc()
        found: list[Phase] = []
        # A whole day's shift with a margin of hours, seen from its end, started the day before yesterday.
        for day in (today + timedelta(days=away) for away in range(-2, 2)):
            begins, ends = self._hours(day, zone)
            if day.weekday() in self.days and begins - self.margin <= now < ends + self.margin:
                found.append(Phase.COMING if now < begins else Phase.ON)
        # Whoever has not left yet from the last one does not come to the next.
        return max(found, default=None)

    def _hours(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        last = day if self.ends > self.starts else day + timedelta(days=1)
        return (
            datetime.combine(day, self.starts, zone).astimezone(UTC),
            datetime.combine(last, self.ends, zone).astimezone(UTC),
        )


def running(shifts: Sequence[Shift], moment: Moment) -> tuple[tuple[Shift, Phase], ...]:
    """Those of `shifts` because of which people come and go at `moment`, and where each stands.

    Empty while nobody has set the clock, which then knows neither hour nor day.
    """
    if moment.state is ClockState.UNSYNCED:
        return ()
    phases = ((shift, shift.phase(moment)) for shift in shifts)
    return tuple((shift, phase) for shift, phase in phases if phase is not None)


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())
