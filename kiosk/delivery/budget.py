"""How many requests Kemru still allows: spent on disk before they are sent, so that no restart forgets one.

The minute is a sliding one, which is safe however the platform cuts its minutes; the day is Nairobi's,
where the platform is. When less than a fifth of
the day is left it is spread over the hours that remain, so that tomorrow's first punch does not wait for midnight.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kiosk.models import Moment
from kiosk.store import Store

WINDOW_US = 60_200_000
"""A minute, and 0.2 s for the way to a platform that measures when requests arrive: 99.7 % of what is allowed."""

SPREAD_BELOW = 0.2

PLATFORM_ZONE = "Africa/Nairobi"
"""Where the platform's day begins and ends, wherever the kiosk stands."""


class Budget:
    """Grants requests within `per_minute` and `per_day`; 0 means unlimited."""

    def __init__(self, store: Store, *, per_minute: int, per_day: int) -> None:
        self._store = store
        self._per_minute = per_minute
        self._per_day = per_day
        self._last: Moment | None = None

    def wait(self, now: Moment) -> float:
        """Seconds until the next request is allowed; 0.0 if it is allowed now."""
        return max(self._minute_wait(now), self._day_wait(now))

    def spend(self, now: Moment) -> None:
        """Write one request down. Inside `Store.atomic()` it becomes durable with whatever else is committed."""
        if self._per_minute or self._per_day:
            self._store.budget.spend(now, _day(now))
        self._last = now

    def take(self, now: Moment) -> float:
        """`wait`, and `spend` if there is none to wait."""
        with self._store.atomic():
            seconds = self.wait(now)
            if not seconds:
                self.spend(now)
        return seconds

    def _minute_wait(self, now: Moment) -> float:
        if not self._per_minute:
            return 0.0
        ages = self._store.budget.ages_us(now, WINDOW_US)
        if len(ages) < self._per_minute:
            return 0.0
        # Room comes when the oldest of the last `per_minute` requests leaves the window.
        oldest = sorted(ages)[self._per_minute - 1]
        return max((WINDOW_US - oldest) / 1e6, 0.01)

    def _day_wait(self, now: Moment) -> float:
        if not self._per_day:
            return 0.0
        left = self._per_day - self._store.budget.spent_on(_day(now))
        rest_s = _rest_of_day_s(now)
        if left <= 0:
            return rest_s
        if left > self._per_day * SPREAD_BELOW or self._last is None:
            return 0.0
        return max(rest_s / (left + 1) - now.since_us(self._last) / 1e6, 0.0)


def _day(now: Moment) -> str:
    return _there(now).date().isoformat()


def _rest_of_day_s(now: Moment) -> float:
    there = _there(now)
    midnight = datetime.combine(there.date() + timedelta(days=1), time(), there.tzinfo)
    return (midnight - there).total_seconds()


def _there(now: Moment) -> datetime:
    return now.utc().astimezone(ZoneInfo(PLATFORM_ZONE))
