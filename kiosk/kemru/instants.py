"""When something was, told so that the time between two instants can be proven and not only read off a calendar.

A kiosk without a battery clock starts in 1970 and is set right in the middle of an order: a difference of wall-clock times is no proof.
"""

import functools
import time
import uuid
from datetime import UTC, datetime, timedelta

import msgspec

from kiosk import clock


class Instant(msgspec.Struct, frozen=True):
    """`at` by the calendar, and `seconds` on a count that never jumps; two counts can be compared only within one `life`."""

    at: datetime
    life: str
    seconds: float


def now() -> Instant:
    """This instant. Its life is that of the machine since its start; of this process alone, where the machine does not tell which it is."""
    return Instant(datetime.now(UTC), _life(), time.clock_gettime(time.CLOCK_BOOTTIME))


def passed(earlier: Instant, later: Instant) -> timedelta:
    """What certainly passed between both, in the word of calendar and count; nothing, where there is no common count."""
    if earlier.life != later.life:
        return timedelta(0)
    return max(timedelta(0), min(later.at - earlier.at, timedelta(seconds=later.seconds - earlier.seconds)))


@functools.cache
def _life() -> str:
    try:
        return clock.boot_id()
    except (OSError, ValueError):
        return str(uuid.uuid4())
