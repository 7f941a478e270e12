"""How much the platform takes: requests per minute and per day for each key, and how the wait for more is told."""

from datetime import UTC, datetime

import msgspec

from kiosk.kemru.ipn import NAIROBI

MINUTE_S = 60.0
DAY_S = 86_400.0


class Limits(msgspec.Struct, frozen=True):
    """Requests per running minute and per day in Nairobi; 0 is unlimited. The defaults are the documented sandbox plan."""

    per_minute: int = 60
    per_day: int = 5000


def minute_start(now: float) -> float:
    """Begin of the running minute; `now` and the answer in seconds since 1970."""
    return now - now % MINUTE_S


def day_start(now: float) -> float:
    """Midnight in Nairobi before `now`, both in seconds since 1970."""
    local = datetime.fromtimestamp(now, UTC).astimezone(NAIROBI)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def busiest(times: list[float], window: float) -> int:
    """The most of `times` (ascending) that fall into any `window` seconds."""
    most = first = 0
    for last, moment in enumerate(times):
        while moment - times[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most
