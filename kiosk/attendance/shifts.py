"""When a shift runs, and whom it is for: who is expected at the glass. Pure: the moment and the members come as arguments."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from kiosk.models import ClockState, Member, Moment


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

    def whose(self, members: Iterable[Member]) -> set[str]:
        """The uids of those of `members` whom the shift is for."""
        everybody = not self.titles and not self.members
        titles = {_folded(title) for title in self.titles}
        return {
            member.uid
            for member in members
            if everybody or member.uid in self.members or (member.title and _folded(member.title) in titles)
        }

    def idle(self, members: Iterable[Member]) -> list[str]:
        """The titles and uids of the shift that none of `members` has, which are misspelt, or of somebody who has left."""
        present = list(members)
        uids = {member.uid for member in present}
        titles = {_folded(member.title) for member in present if member.title}
        return sorted(title for title in self.titles if _folded(title) not in titles) + sorted(self.members - uids)

    def runs(self, moment: Moment) -> bool:
        """Whether somebody may come or go because of it at `moment`: within its hours, or `margin` of them."""
        today, zone = moment.local().date(), ZoneInfo(moment.zone)
        # A whole day's shift with a margin of hours, seen from its end, started the day before yesterday.
        return any(self._covers(moment.utc(), today + timedelta(days=away), zone) for away in range(-2, 2))

    def _covers(self, now: datetime, day: date, zone: ZoneInfo) -> bool:
        if day.weekday() not in self.days:
            return False
        last = day if self.ends > self.starts else day + timedelta(days=1)
        begins = datetime.combine(day, self.starts, zone).astimezone(UTC)
        return begins - self.margin <= now < datetime.combine(last, self.ends, zone).astimezone(UTC) + self.margin


def running(shifts: Sequence[Shift], moment: Moment) -> tuple[Shift, ...]:
    """Those of `shifts` that run at `moment`; none while the clock has not been set, which knows neither hour nor day."""
    if moment.state is ClockState.UNSYNCED:
        return ()
    return tuple(shift for shift in shifts if shift.runs(moment))


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())
