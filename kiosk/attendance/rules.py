"""What a recognised finger means: a new punch and its direction, or the same punch once more."""

from datetime import time

import msgspec

from kiosk.attendance.workday import work_day
from kiosk.models import Direction, Moment, Punch


class Policy(msgspec.Struct, frozen=True):
    """A station's rules.

    The day runs from `day_starts` (local wall time); a finger that comes back within `repeat_us` microseconds is the
    same punch; `fixed` is the direction of a door that goes one way.
    """

    day_starts: time = time(4)
    repeat_us: int = 60_000_000
    fixed: Direction | None = None


class Record(msgspec.Struct, frozen=True):
    """A new punch. `reason` is one of `first-of-day`, `after-in`, `after-out`, `fixed`: stored, so never reworded."""

    direction: Direction
    reason: str
    work_day: str


class Repeat(msgspec.Struct, frozen=True):
    """The finger of punch `of` again, too soon to mean anything new."""

    of: Punch


def decide(last: Punch | None, now: Moment, policy: Policy) -> Record | Repeat:
    """Decide by the member's `last` recorded punch. The first of a work day goes in, and then they alternate."""
    # A negative distance is a clock that jumped back, which says nothing about the finger. A door that goes one way only is no
    # second look at another one: who came in at the gate a moment ago may leave through it.
    if last is not None and 0 <= now.since_us(last.at) < policy.repeat_us and policy.fixed in {None, last.direction}:
        return Repeat(last)
    today = work_day(now, policy.day_starts)
    if policy.fixed is not None:
        return Record(policy.fixed, "fixed", today)
    if last is None or last.work_day != today:
        return Record(Direction.IN, "first-of-day", today)
    if last.direction is Direction.IN:
        return Record(Direction.OUT, "after-in", today)
    return Record(Direction.IN, "after-out", today)
