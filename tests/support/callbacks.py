"""What the platform sends: the documented examples, any sound message, and what noise makes of them."""

import json
import random
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from hypothesis import strategies as st

from kiosk.kemru.ipn import Ipn
from kiosk.kemru.status import Status
from kiosk.kemru.webhooks import Event
from tests.support.fuzzing import damaged

DOCUMENTED = b"""{
  "category":"MobilePayout","source":"+254739117883","destination":"+254739117883",
  "MerchantID":"89",
  "details":{"biller_Receipt":"WSA2639191930300","Telco_Reference":"RA1388393"},
  "status":"Success","status_code":"0000",
  "message":"Your request has been processed successfully.",
  "transactionDate":"2025-04-11 11:20AM","transactionRef":"KYA1234219488","Amount":"1500"
}"""

USSD = {
    "sessionId": "ATUid_1",
    "phoneNumber": "+254739117883",
    "networkCode": "SAFARICOM",
    "serviceCode": "*860*30#",
    "text": "1*2*0072",
}

words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=64)

_optional = st.none() | words
_minutes = st.integers(0, 99 * 365 * 24 * 60)

notifications = st.builds(
    Ipn,
    reference=words,
    status=st.sampled_from(Status),
    code=_optional,
    category=_optional,
    source=_optional,
    destination=_optional,
    merchant_id=_optional,
    biller_receipt=_optional,
    telco_reference=_optional,
    message=st.none() | st.lists(words.map(lambda each: each[:30]), min_size=1, max_size=6).map(" ".join),
    at=st.none() | _minutes.map(lambda each: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=each)),
    amount=st.none() | st.decimals(0, 10**15 - 1, places=2) | st.integers(0, 10**15 - 1).map(Decimal),
)


def notification(noise: random.Random) -> dict[str, object]:
    """A sound IPN payload, more often than not of a success."""
    return {
        "category": noise.choice(("MobilePayout", "BankPayout", "SMS")),
        "source": "+254739117883",
        "destination": f"+2547{noise.randrange(10**8):08}",
        "MerchantID": noise.choice(("89", 89)),
        "details": {"biller_Receipt": "WSA2639191930300", "Telco_Reference": "RA1388393"},
        "status": noise.choice(("Success", "success", "Success", "Pending", "Failed", "Queued (Offline)")),
        "status_code": noise.choice(("0000", "0000", "200", 200, 0, "1100", "5000")),
        "message": "Your request has been processed successfully.",
        "transactionDate": "2025-04-11 11:20AM",
        "transactionRef": f"KYA{noise.randrange(10**10)}",
        "Amount": noise.choice(("1500", 1500, 1500.1, "0.5")),
    }


def webhook(noise: random.Random) -> dict[str, object]:
    """A sound payload of a webhook."""
    event = noise.choice((Event.PAYMENT_SUCCESS, *Event)).value
    return {"event": event, "id": str(noise.getrandbits(64)), "data": notification(noise)}


def anything(noise: random.Random, depth: int = 3) -> object:
    """Any JSON value, and those that parsers have stumbled over."""
    kinds: list[Callable[[], object]] = [
        lambda: noise.choice(
            (None, True, False, 0, 200, -1, 1.5, 1e308, 10**400, 2**63, "", "Success", "0000", "200", "*")
        ),
        lambda: noise.choice(
            ("\ud800", "\u0000", "\u202e", "NaN", "1e999999999", "9" * 5000, "\u017fuccess", "SUCCESS ")
        ),
        lambda: "".join(noise.choices(string.printable, k=noise.randrange(30))),
        lambda: [anything(noise, depth - 1) for _ in range(noise.randrange(4))],
        lambda: {_name(noise): anything(noise, depth - 1) for _ in range(noise.randrange(6))},
    ]
    return noise.choice(kinds if depth else kinds[:3])()


def body(noise: random.Random) -> bytes:
    """Sound, mutated, damaged or senseless: a body that somebody posts to the address of a callback."""
    kind = noise.random()
    if kind < 0.1:
        return noise.randbytes(noise.choice((0, 1, 16, 300, 1 << 14)))
    if kind < 0.2:
        return json.dumps(anything(noise)).encode()
    sound = noise.choice((notification, webhook, notification, webhook, _request))(noise)
    if kind < 0.55:
        sound = _mutated(sound, noise)
    written = _written(sound, noise)
    return damaged(written, noise) if kind > 0.7 else written


def _request(noise: random.Random) -> dict[str, object]:
    return {**USSD, "text": "*".join(str(noise.randrange(5000)) for _ in range(noise.randrange(4)))}


def _written(sound: dict[str, object], noise: random.Random) -> bytes:
    kind = noise.random()
    if "text" in sound and kind < 0.5:
        return urlencode(sound, errors="replace").encode()
    if "text" in sound and kind < 0.7:
        return f"{noise.choice(('CON', 'END'))} {sound['text']}".encode(errors="replace")
    written = json.dumps(sound, ensure_ascii=noise.random() < 0.8)
    if kind > 0.9:
        again = json.dumps({noise.choice([*sound, "status"]): anything(noise, 1)})[1:-1]
        written = f"{written[:-1]}, {again}}}"
    return noise.choice((b"", b"", b"\xef\xbb\xbf")) + written.encode(errors="replace")


def _mutated(sound: dict[str, object], noise: random.Random) -> dict[str, object]:
    names = [*sound]
    name = noise.choice(names)
    match noise.randrange(5):
        case 0:
            return {each: sound[each] for each in names if each != name}
        case 1:
            return {**sound, name: sound[noise.choice(names)]}
        case 2:
            return {**sound, _name(noise): anything(noise)}
        case 3 if isinstance(inner := sound.get("data", sound.get("details")), dict) and inner:
            return {**sound, "data" if "data" in sound else "details": _mutated(inner, noise)}
        case _:
            return {**sound, name: anything(noise)}


def _name(noise: random.Random) -> str:
    return noise.choice(
        ("status", "status_code", "event", "data", "id", "text", "Amount", "\ud800", "", "Status", "x" * 99)
    )
