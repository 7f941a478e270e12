"""What a punch's delivery says, written down with the punch: nothing here needs the platform, nor loads what talks to it."""

import msgspec

from kiosk.models import Direction, Lane, NewDelivery, Punch


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
