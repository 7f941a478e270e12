"""Moments as tests write them."""

from datetime import UTC, datetime, timedelta

from kiosk.models import ClockState, Moment


def moment(instant: datetime, zone: str, state: ClockState = ClockState.SYNCED) -> Moment:
    """The facts of an aware `instant` at a site in `zone`."""
    utc_us = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return Moment(utc_us, "boot", 0, state, None, zone)
