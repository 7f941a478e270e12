"""Which punch sends which message. A rule is a function of the punch; what it returns is committed together with it."""

import uuid

import msgspec

from kiosk.alerts.texts import punch_text
from kiosk.ids import derived
from kiosk.models import Alert, Lane, Member, NewDelivery, Punch


def sms_on_punch(punch: Punch, member: Member, *, site: str, language: str) -> NewDelivery | None:
    """Tell the member's phone that they came or left; None for a member without a phone.

    The delivery's id is derived from the punch's, so that one punch can never have two alerts.
    """
    if member.phone is None:
        return None
    alert = Alert(
        phone=member.phone,
        code=short_code(punch.id),
        message=punch_text(member.name, punch.direction, punch.at.local(), site, language),
    )
    return NewDelivery(
        id=derived(punch.id, "sms-on-punch"), lane=Lane.SMS, member_uid=member.uid, body=msgspec.json.encode(alert)
    )


def short_code(punch_id: str) -> str:
    """Six digits that name a punch on a phone: what Kemru's `otp` field carries for an alert."""
    return str(uuid.UUID(punch_id).int % 900_000 + 100_000)
