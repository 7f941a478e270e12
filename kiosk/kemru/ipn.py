"""The platform's instant payment notification (IPN): a POST for every status that a transaction takes.

Source: "Callback (IPN)" of the vendor's API documentation. Answer HTTP 200 with ACKNOWLEDGEMENT within 10 seconds; else it is sent
again, 5 times with exponential backoff, so that the same notification may arrive more than once.

It is not signed: anybody who knows the address can send one. Before money or goods follow, ask the platform about `reference`.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import msgspec

from kiosk.kemru import codes, incoming, records, status
from kiosk.kemru.errors import Malformed
from kiosk.kemru.status import Status

ACKNOWLEDGEMENT = b'{"status":"success"}'
"""The body that tells the platform that its notification has arrived."""

NAIROBI = timezone(timedelta(hours=3), "EAT")
"""The zone of the platform's dates. Kenya has not changed its clocks since long before the platform."""

_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?")
_DATE = re.compile(r"(20[0-9]{2})-([0-9]{2})-([0-9]{2}) ([0-9]{1,2}):([0-9]{2}) ?([AP])M")


class Ipn(msgspec.Struct, frozen=True):
    """One notification. `reference` is the platform's transactionRef; `at` is transactionDate, to the minute; `amount` is in KES.

    `code` is the platform's code as its table writes it, documented or not. `source` and `destination` are telephone, account or till
    numbers as they came. `merchant_reference` is the one of the receipt (KT…), `own_reference` the one that we made for the order:
    neither is in the documented example, the sandbox sends both. What the platform leaves out is None.
    """

    reference: str
    status: Status
    code: str | None = None
    category: str | None = None
    source: str | None = None
    destination: str | None = None
    merchant_id: str | None = None
    biller_receipt: str | None = None
    telco_reference: str | None = None
    message: str | None = None
    at: datetime | None = None
    amount: Decimal | None = None
    merchant_reference: str | None = None
    own_reference: str | None = None

    def __repr__(self) -> str:
        return f"Ipn(reference={self.reference!r}, status={self.status.value!r}, code={self.code!r})"

    @property
    def succeeded(self) -> bool:
        """Whether status and code both say that it happened. A code that is missing or not documented never does."""
        return self.status is Status.SUCCESS and self.code in codes.SUCCESSES


class _Details(msgspec.Struct, frozen=True):
    biller_receipt: str | int | None = msgspec.field(default=None, name="biller_Receipt")
    telco_reference: str | int | None = msgspec.field(default=None, name="Telco_Reference")


class _Payload(msgspec.Struct, frozen=True):
    """The wire's spelling and types; numbers come as strings or as numbers."""

    reference: str | int = msgspec.field(name="transactionRef")
    status: str
    code: str | int | None = msgspec.field(default=None, name="status_code")
    category: str | None = None
    source: str | int | None = None
    destination: str | int | None = None
    merchant_id: str | int | None = msgspec.field(default=None, name="MerchantID")
    details: _Details | None = None
    message: str | None = None
    at: str | None = msgspec.field(default=None, name="transactionDate")
    amount: object = msgspec.field(default=None, name="Amount")
    merchant_reference: str | int | None = None
    own_reference: str | int | None = msgspec.field(default=None, name="reference")


def parse(body: bytes) -> Ipn:
    """Read the body of a notification. Raises Malformed."""
    return from_wire(incoming.value(body, "IPN"))


def encode(ipn: Ipn) -> bytes:
    """The body of a notification that `parse` reads as `ipn`. Raises ValueError for values that cannot be written so."""
    return json.dumps(to_wire(ipn)).encode()


def acknowledged(body: bytes) -> bool:
    """Whether `body`, answered with HTTP 200, acknowledges a notification: an object whose status is success."""
    try:
        said = incoming.value(body, "acknowledgement")
    except Malformed:
        return False
    return isinstance(said, dict) and said.get("status") == "success"


def from_wire(data: object) -> Ipn:
    """Read a payload that is JSON already, decoded with exact numbers. Raises Malformed."""
    payload = incoming.shaped(data, _Payload, "IPN")
    found = status.read(payload.status)
    if found is None:
        raise Malformed("IPN: status is not a documented one")
    details = payload.details or _Details()
    return Ipn(
        reference=incoming.needed(payload.reference, "IPN: transactionRef"),
        status=found,
        code=incoming.word(None if payload.code is None else codes.normal(payload.code), "IPN: status_code"),
        category=incoming.word(payload.category, "IPN: category"),
        source=incoming.word(payload.source, "IPN: source"),
        destination=incoming.word(payload.destination, "IPN: destination"),
        merchant_id=incoming.word(payload.merchant_id, "IPN: MerchantID"),
        biller_receipt=incoming.word(details.biller_receipt, "IPN: biller_Receipt"),
        telco_reference=incoming.word(details.telco_reference, "IPN: Telco_Reference"),
        message=records.text(payload.message),
        at=_time(payload.at),
        amount=_amount(payload.amount),
        merchant_reference=incoming.word(payload.merchant_reference, "IPN: merchant_reference"),
        own_reference=incoming.word(payload.own_reference, "IPN: reference"),
    )


def to_wire(ipn: Ipn) -> dict[str, object]:
    """The documented payload, in its order and without what is None; seconds of `at` are dropped.

    Raises ValueError for values that `from_wire` would refuse or read as others: what is written can be read.
    """
    if ipn.at is not None and ipn.at.tzinfo is None:
        raise ValueError("an IPN's time needs its zone: give `at` a tzinfo")
    at = None if ipn.at is None else ipn.at.astimezone(NAIROBI).replace(second=0, microsecond=0)
    details = {"biller_Receipt": ipn.biller_receipt, "Telco_Reference": ipn.telco_reference}
    wire = _present(
        {
            "category": ipn.category,
            "source": ipn.source,
            "destination": ipn.destination,
            "MerchantID": ipn.merchant_id,
            "details": _present(details) or None,
            "status": ipn.status.value,
            "status_code": ipn.code,
            "message": ipn.message,
            "transactionDate": None if at is None else written(at),
            "transactionRef": ipn.reference,
            "Amount": None if ipn.amount is None else _digits(ipn.amount),
            "merchant_reference": ipn.merchant_reference,
            "reference": ipn.own_reference,
        }
    )
    try:
        same = from_wire(wire) == msgspec.structs.replace(ipn, at=at)
    except Malformed as error:
        raise ValueError(f"{error}; give it the form that the documentation shows") from None
    if not same:
        raise ValueError("an IPN with these values would be read as another: no empty, padded or overlong texts")
    return wire


def written(at: datetime) -> str:
    """`at`, which is aware, as the platform writes it: `2025-04-11 11:20AM`, in Nairobi."""
    # Not by strftime: its %p is the locale's word.
    at = at.astimezone(NAIROBI)
    return f"{at:%Y-%m-%d} {at.hour % 12 or 12:02}:{at.minute:02}{'AM' if at.hour < 12 else 'PM'}"


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _amount(said: object) -> Decimal | None:
    if said is None or said == "":
        return None
    # bool is an int to Python, and no amount to anybody.
    if isinstance(said, bool) or not isinstance(said, str | int | Decimal):
        raise Malformed("IPN: Amount is neither a string nor a number")
    digits = said.strip() if isinstance(said, str) else _digits(Decimal(said))
    if not _AMOUNT.fullmatch(digits):
        raise Malformed("IPN: Amount is no amount from 0 on with 15 digits and 6 decimals at most")
    return Decimal(digits)


def _digits(amount: Decimal) -> str:
    """`amount` without an exponent; empty if it has none of a writable length."""
    if not amount.is_finite() or amount.adjusted() > 15:
        return ""
    # Zeros at the end say nothing, and an exponent can stand for a thousand million of them.
    exponent = amount.as_tuple().exponent
    return format(amount, "f") if isinstance(exponent, int) and exponent > -20 else ""


def _time(said: str | None) -> datetime | None:
    if said is None or said == "":
        return None
    found = _DATE.fullmatch(said.strip())
    if found is None:
        raise Malformed("IPN: transactionDate is not of the form 2025-04-11 11:20AM")
    year, month, day, hour, minute = (int(each) for each in found.groups()[:5])
    try:
        return datetime(year, month, day, _hour(hour, afternoon=found[6] == "P"), minute, tzinfo=NAIROBI)
    except ValueError:
        raise Malformed("IPN: transactionDate is no day or time that exists") from None


def _hour(hour: int, *, afternoon: bool) -> int:
    # The example, 11:20AM, leaves open whether hours go to 12 or to 23: 13:20PM and 00:20AM can only mean one thing each.
    if hour == 12:
        return 12 if afternoon else 0
    if hour < 12:
        if hour == 0 and afternoon:
            raise ValueError("00 is in the morning")
        return hour + 12 * afternoon
    if not afternoon:
        raise ValueError("13 to 23 are in the afternoon")
    return hour
