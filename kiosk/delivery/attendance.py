"""Reporting punches: one call to /api-single each, told apart at the far end by the punch's own id."""

import msgspec

from kiosk.delivery.lane import Outcome
from kiosk.delivery.report import Report
from kiosk.kemru import Kemru, ScanReport
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
        report = msgspec.json.decode(delivery.body, type=Report)
        receipt = self._kemru.report(
            ScanReport(
                uid=report.uid,
                reference=delivery.id,
                time=report.time,
                direction=report.direction,
                device=report.device,
                offline=now.utc_us - report.utc_us > OFFLINE_AFTER_US,
            )
        )
        return Outcome(DeliveryState.CONFIRMED, receipt.note)

    def look_up(self, delivery: Delivery) -> bool:
        """Read the member's attendance back, and look for the punch's id. Raises KemruError."""
        return any(record.reference == delivery.id for record in self._kemru.attendance(delivery.member_uid))
