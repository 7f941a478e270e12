"""Times, ages and dates in words, short enough for a status line."""

import math
from datetime import datetime

from kiosk.screen.plain import plain
from kiosk.texts import text

_COUNTED_S = 120
_AGES = ((86_400, "age_days"), (3_600, "age_hours"), (60, "age_minutes"))


def age(seconds: float, language: str) -> str:
    """How long ago, in its largest unit."""
    for size, key in _AGES:
        if seconds >= size:
            return text(key, language, count=int(seconds // size))
    return text("age_seconds", language, count=max(0, int(seconds)))


def left(seconds: float, language: str) -> str:
    """How long still, rounded up: in seconds, from two minutes on in minutes."""
    whole = max(0, math.ceil(seconds))
    if whole < _COUNTED_S:
        return text("age_seconds", language, count=whole)
    return text("age_minutes", language, count=math.ceil(whole / 60))


def date(day: datetime, language: str) -> str:
    """Say the date with its weekday, as people do."""
    return text(
        "date",
        language,
        weekday=text(f"weekday_{day.weekday()}", language),
        day=day.day,
        month=text(f"month_{day.month}", language),
        year=day.year,
    )


def short_date(day: datetime, language: str) -> str:
    """Day and month."""
    return text("date_short", language, day=day.day, month=text(f"month_{day.month}", language))


def clock_time(moment: str) -> str:
    """Hours and minutes of an RFC 3339 time; anything else comes back as it is, cut short."""
    parsed = read_time(moment)
    return plain(moment, 16) if parsed is None else f"{parsed:%H:%M}"


def day_time(moment: str, today: datetime, language: str) -> str:
    """Hours and minutes, and the date before them where it is not today."""
    parsed = read_time(moment)
    if parsed is None or parsed.date() == today.date():
        return clock_time(moment)
    return f"{short_date(parsed, language)} {parsed:%H:%M}"


def read_time(moment: str) -> datetime | None:
    """Parse an RFC 3339 time; None for anything else."""
    try:
        return datetime.fromisoformat(moment)
    except ValueError:
        return None
