"""One order in the journal: what was asked, what is known of it, and whether another one asks the same.

Telephone numbers, accounts and amounts are in an entry's values and nowhere else: not in its repr.
"""

import enum
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from kiosk.kemru import forms, status
from kiosk.kemru.endpoints import Endpoint, Field
from kiosk.kemru.instants import Instant
from kiosk.kemru.messages import Receipt
from kiosk.kemru.orders import ORDERS, Order

_BY_CALL = {each.endpoint.name: each for each in ORDERS}
_BESIDE_THE_POINT = (forms.TEXT, forms.URL, forms.REFERENCE, forms.FLAG)
"""What may differ between two orders of one reference: names, remarks, where to report, our own reference."""


class EntryState(enum.Enum):
    """What is known of an order."""

    OPEN = "open"
    """It may have been sent, and nobody knows what became of it."""
    ACCEPTED = "accepted"
    """The platform has it."""
    FAILED = "failed"
    """The platform had it, and it failed there: nothing moved."""
    REFUSED = "refused"
    """It never happened; the same reference may be sent again."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One order. `values` are its own by Python's names in the platform's spelling, so that a repetition has the very same body.

    `account` is whose order it is, and where; `call` the name of its endpoint. `sent` is when a byte of it may have left last, which
    `sent_life` and `sent_seconds` tell apart from a clock that was set in between; `attempts` is how often. `note` is why it is as it is,
    in words without anything personal; the rest is what the platform said.
    """

    account: str
    call: str
    values: dict[str, str | bool]
    opened: datetime
    sent: datetime
    sent_life: str = ""
    sent_seconds: float = 0.0
    attempts: int = 1
    state: EntryState = EntryState.OPEN
    closed: datetime | None = None
    note: str = ""
    code: str | None = None
    status: str | None = None
    platform_reference: str | None = None
    provisional: str | None = None

    def __repr__(self) -> str:
        return f"Entry({self.call!r}, reference={self.reference!r}, state={self.state.value!r})"

    @property
    def reference(self) -> str:
        """The order's own reference."""
        return str(self.values["reference"])

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet what became of it."""
        return self.state is EntryState.OPEN

    @property
    def may_change(self) -> bool:
        """Whether the platform took it on, and had not come to an end with it when it last told."""
        told = status.read(self.status or "")
        return self.state is EntryState.ACCEPTED and not (told is not None and told.is_final)

    @property
    def sent_at(self) -> Instant:
        """When a byte of it may have left last."""
        return Instant(self.sent, self.sent_life, self.sent_seconds)

    def sending(self, instant: Instant) -> "Entry":
        """The entry of an order of which a byte may leave from `instant` on."""
        return msgspec.structs.replace(
            self, sent=instant.at, sent_life=instant.life, sent_seconds=instant.seconds, attempts=self.attempts + 1
        )

    def order(self) -> Order:
        """The order again, as it was submitted. Raises KeyError or msgspec.ValidationError if it is none."""
        return msgspec.convert(self.values, _BY_CALL[self.call])

    def receipt(self) -> Receipt:
        """What the platform said, as far as it is kept: a voucher's PIN is not."""
        return Receipt(
            self.reference,
            delivered=True,
            duplicate=True,
            code=self.code,
            platform_reference=self.platform_reference,
            status=self.status,
            provisional=self.provisional,
        )

    def does_the_same(self, other: "Entry") -> bool:
        """Whether both would have the same effect: same account, call, destination and amount, and for a message its text."""
        return (self.account, self.call, _effect(self)) == (other.account, other.call, _effect(other))

    def repeats(self, other: "Entry") -> bool:
        """Whether both may have one reference: they also agree in whatever else is more than wording."""
        return (self.account, self.call, _content(self)) == (other.account, other.call, _content(other))


def _effect(entry: Entry) -> dict[str, object]:
    """What an order does, by whatever way. A text message is its text; only without one is it its code."""
    endpoint = _BY_CALL[entry.call].endpoint
    told = _told(entry, (each for each in endpoint.fields if each.form is forms.AMOUNT or _says_where(endpoint, each)))
    words = next((entry.values[each] for each in ("message", "otp") if each in entry.values), None)
    return {**told, "words": words}


def _content(entry: Entry) -> dict[str, object]:
    """What an order says, apart from its wording."""
    fields = (each for each in _BY_CALL[entry.call].endpoint.fields if each.form not in _BESIDE_THE_POINT)
    return {
        name: value for name, value in _told(entry, fields).items() if name != "otp" or "message" not in entry.values
    }


def _told(entry: Entry, fields: Iterable[Field]) -> dict[str, object]:
    return {each.name: _exact(each, entry.values[each.name]) for each in fields if each.name in entry.values}


def _says_where(endpoint: Endpoint, field: Field) -> bool:
    return field.name in endpoint.destination


def _exact(field: Field, value: object) -> object:
    return Decimal(str(value)).normalize() if field.form is forms.AMOUNT else value
