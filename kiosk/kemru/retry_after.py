"""The `Retry-After` header in both of its forms: seconds, or a date (RFC 9110, 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST_S = 1.0
"""A platform that says "now" still gets a breath."""

LONGEST_S = 3600.0
"""A platform that says "next year" is asked again after an hour."""


def seconds(header: str | None, *, now: datetime) -> float | None:
    """The wait that `header` asks for, clamped to an hour; None if it is absent or makes no sense. `now` is aware."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return _clamp(float(text[:18]))
    moment = _date(text)
    return None if moment is None else _clamp((moment - now).total_seconds())


def date(header: str | None, *, otherwise: datetime) -> datetime:
    """The server's own idea of now (its `Date` header), which its dates relate to; `otherwise` where it has none."""
    return _date(header.strip()) or otherwise if header is not None else otherwise


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _clamp(wait: float) -> float:
    return min(max(wait, SHORTEST_S), LONGEST_S)
