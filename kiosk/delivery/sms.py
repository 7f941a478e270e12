"""Sending alerts: one SMS each, found again by the reference that we made before the first byte."""

import msgspec

from kiosk.delivery.lane import Outcome
from kiosk.kemru import Kemru, Rejected, Sms, agreement
from kiosk.models import Alert, Delivery, DeliveryState, Lane, Moment


class SmsCourier:
    """Sends alerts, and asks what became of one whose answer was lost."""

    lane = Lane.SMS

    def __init__(self, kemru: Kemru) -> None:
        self._kemru = kemru

    def send(self, delivery: Delivery, now: Moment) -> Outcome:  # noqa: ARG002  the Courier protocol's signature
        """Send the SMS. Raises KemruError."""
        alert = msgspec.json.decode(delivery.body, type=Alert)
        receipt = self._kemru.send_sms(
            Sms(phone=alert.phone, otp=alert.code, message=alert.message, reference=delivery.id)
        )
        return Outcome(DeliveryState.UNKNOWN if receipt.duplicate else DeliveryState.CONFIRMED, receipt.note)

    def look_up(self, delivery: Delivery) -> bool:
        """Verify the reference. Raises KemruError; Rejected for a message that the platform took and could not send, or another one."""
        became = self._kemru.verify(delivery.id)
        if became.found and (why := agreement.contradiction({"reference": delivery.id}, became)):
            raise Rejected(why, code=became.code)
        if became.failed:
            raise Rejected(f"the platform could not send the message (code {became.code})", code=became.code)
        return became.found
