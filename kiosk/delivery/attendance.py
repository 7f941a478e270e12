"""Reporting punches: one call to /api-single each, told apart at the far end by the punch's own id."""

import msgspec

from kiosk.delivery.lane import Outcome
from kiosk.kemru import Kemru, ScanReport
from kiosk.models import Delivery, DeliveryState, Direction, Lane, Moment, NewDelivery, Punch

OFFLINE_AFTER_US = 30_000_000
"""A punch older than this is sent with `offline_mode`: it is later than it happened."""


class Report(msgspec.Struct, frozen=True):
    """The body of an attendance delivery, as it lies in the outbox. `time` is RFC 3339 with the site's offset."""

    uid: str
    time: str
    direction: Direction
    device: str
    utc_us: int


def delivery_of(punch: Punch, device: str) -> NewDelivery:
    """The delivery that reports `punch` from the kiosk called `device`; its id is the punch's."""
    report = Report(
        uid=punch.member_uid,
        time=punch.at.local().isoformat(timespec="milliseconds"),
        direction=punch.direction,
        device=device,
        utc_us=punch.at.utc_us,
    )
    return NewDelivery(id=punch.id, lane=Lane.ATTENDANCE, member_uid=punch.member_uid, body=msgspec.json.encode(report))


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
