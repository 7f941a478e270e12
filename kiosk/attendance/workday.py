"""Which local day a moment counts for, when the day does not begin at midnight: a night shift stays in one piece."""

from datetime import UTC, datetime, time, timedelta

from kiosk.models import Moment


def work_day(moment: Moment, day_starts: time) -> str:
    """Return the ISO date of the local day that `moment` counts for; days begin at `day_starts`, local wall time.

    Where the clocks go back over `day_starts`, the day begins when they first show it, and does not end again; where
    they skip it, the day begins with the first instant after the gap.
    """
    local = moment.local()
    wall = local.replace(tzinfo=None)
    for day in (local.date() + timedelta(days=1), local.date()):
        start = datetime.combine(day, day_starts)
        first_showing = start.replace(tzinfo=local.tzinfo).astimezone(UTC)
        if wall >= start or moment.utc() >= first_showing:
            return day.isoformat()
    return (local.date() - timedelta(days=1)).isoformat()
