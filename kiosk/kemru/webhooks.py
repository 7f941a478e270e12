"""The platform's webhooks: six events to subscribe to, signed with the webhook secret.

Source: "Webhooks" of the vendor's API documentation. The header's documented name holds a space, which HTTP forbids: the space is a
hyphen here. The payload is not documented; it is an object of `event`, `id` (the same for every delivery of one event, so that repeated
deliveries can be told) and `data`, the documented payload of an IPN.
"""

import enum
import hashlib
import hmac
import json

import msgspec

from kiosk.kemru import incoming, ipn
from kiosk.kemru.errors import Malformed, NotGenuine
from kiosk.kemru.ipn import Ipn
from kiosk.secret import Secret

HEADER = "X-Kemru-Technologies-Signature"
"""The header that carries the signature: lower-case hex HMAC-SHA256 of the raw body."""


class Event(enum.StrEnum):
    """What can be subscribed to, as it is spelled on the wire."""

    PAYMENT_SUCCESS = "payment.success"
    """Fully processed and confirmed."""
    PAYMENT_FAILED = "payment.failed"
    """Failed after all retries."""
    PAYMENT_REVERSED = "payment.reversed"
    """A reversal has completed: the money is back."""
    CHECKOUT_INITIATED = "checkout.initiated"
    """The STK push was sent to the subscriber's device; nothing is paid yet."""
    AIRTIME_DELIVERED = "airtime.delivered"
    SMS_DELIVERED = "sms.delivered"


_DONE = frozenset({Event.PAYMENT_SUCCESS, Event.AIRTIME_DELIVERED, Event.SMS_DELIVERED})
_BY_NAME = {each.value: each for each in Event}


class WebhookEvent(msgspec.Struct, frozen=True):
    """One event about the transaction in `data`. Deliveries of the same event share their `id`."""

    event: Event
    id: str
    data: Ipn

    @property
    def succeeded(self) -> bool:
        """Whether event and data both say that it happened: the data of a reversal may well be a success, of the reversal."""
        return self.event in _DONE and self.data.succeeded


class _Payload(msgspec.Struct, frozen=True):
    event: str
    id: str | int
    data: object


def sign(body: bytes, secret: Secret) -> str:
    """The signature of the raw `body`: 64 lower-case hex digits. Raises ValueError for an empty secret, which everybody knows."""
    if not secret:
        raise ValueError("the webhook secret is empty: set it to the one of the Kemru dashboard")
    return hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()


def receive(body: bytes, header: str | None, secret: Secret) -> WebhookEvent:
    """Check that `header`, the value of HEADER, signs the raw `body`, and only then read it.

    Raises NotGenuine (compared in constant time, before anything of `body` is parsed), Malformed for what is genuine and cannot be read,
    and ValueError for an empty secret.
    """
    expected = sign(body, secret)
    if header is None:
        raise NotGenuine(f"webhook without {HEADER}")
    if not hmac.compare_digest(expected.encode(), header.encode(errors="replace")):
        raise NotGenuine(f"webhook whose {HEADER} does not fit its body")
    return _read(incoming.value(body, "webhook"))


def encode(event: WebhookEvent) -> bytes:
    """The body that `receive` reads as `event`, to be signed as it is. Raises ValueError for values that cannot be written so."""
    wire = {"event": event.event.value, "id": event.id, "data": ipn.to_wire(event.data)}
    try:
        same = _read(wire).id == event.id
    except Malformed as error:
        raise ValueError(f"{error}; make it a UUID") from None
    if not same:
        raise ValueError("webhook: id would be read as another; no padded texts")
    return json.dumps(wire).encode()


def _read(data: object) -> WebhookEvent:
    payload = incoming.shaped(data, _Payload, "webhook")
    event = _BY_NAME.get(payload.event)
    if event is None:
        raise Malformed("webhook: event is not a documented one")
    return WebhookEvent(event, incoming.needed(payload.id, "webhook: id"), ipn.from_wire(payload.data))
