"""Reporting punches: one call to /api-single each, told apart at the far end by the punch's own id."""

import msgspec

from kiosk.delivery.lane import Outcome
from kiosk.delivery.report import Report
from kiosk.kemru import Kemru, ScanReport, agreement
from kiosk.models import Delivery, DeliveryState, Lane, Moment

OFFLINE_AFTER_US = 30_000_000
"""A punch older than this is sent with `offline_mode`: it is later than it happened."""


class AttendanceCourier:
    """Sends reports, and finds them again in the member's attendance."""

    lane = Lane.ATTENDANCE

    def __init__(self, kemru: Kemru) -> None:
        self._kemru = kemru

    def send(self, delivery: Delivery, now: Moment) -> Outcome:
        """Report the scan. Raises KemruError."""
        receipt = self._kemru.report(_scan(delivery, now), read_back=False)
        return Outcome(DeliveryState.UNKNOWN if receipt.duplicate else DeliveryState.CONFIRMED, receipt.note)

    def look_up(self, delivery: Delivery) -> bool:
        """Read the member's attendance back, and look for the punch. Raises KemruError; Rejected if another scan has its id."""
        return agreement.is_held(_scan(delivery), self._kemru.attendance(delivery.member_uid), by_time=True)


def _scan(delivery: Delivery, now: Moment | None = None) -> ScanReport:
    """What `delivery` reports; what is sent is marked if `now` is later than it happened."""
    report = msgspec.json.decode(delivery.body, type=Report)
    return ScanReport(
        uid=report.uid,
        reference=delivery.id,
        time=report.time,
        direction=report.direction,
        device=report.device,
        offline=now is not None and now.utc_us - report.utc_us > OFFLINE_AFTER_US,
    )
