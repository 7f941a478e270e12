"""What a platform may answer: sound answers to every call, and what noise, proxies and liars make of them."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec

from kiosk.kemru.codes import CODES
from tests.support.callbacks import anything
from tests.support.fuzzing import damaged

STATUSES = ("Success", "Processing", "Pending", "Retry", "Failed", "Queued (Offline)")

DONE = ("0000", "200", "1100", 200, 0, 1100)
DUPLICATE = ("8006", "9005", 8006)

_KINDS = ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/problem+json")
_OTHER_KINDS = ("text/html", "", "text/plain", "application/jsonx", "json", ";", "\xff", "application/octet-stream")
_ENCODINGS = ("gzip", "br", "deflate", "identity", "x-gzip", "gzip, gzip", "\xff", "zstd")
_NAMES = ("status", "status_code", "reference", "merchant_reference", "transactionRef", "emp_name", "uid", "time")


class Sent(msgspec.Struct, frozen=True):
    """An answer on its way. With `breaks` the connection ends behind its last byte, before it was said to."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    pieces: int = 1
    breaks: bool = False

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, stream=_Pieces(self))

    def header(self, name: str) -> str:
        """The values of `name`, as HTTP joins them."""
        return ", ".join(value.decode("latin-1") for each, value in self.headers if each.decode() == name)


class _Pieces(httpx.SyncByteStream):
    """A body as a network delivers it: in pieces, or not to its end."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        size = len(self._sent.body) // self._sent.pieces + 1
        for start in range(0, len(self._sent.body), size):
            yield self._sent.body[start : start + size]
        if self._sent.breaks:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def member(noise: random.Random) -> dict[str, object]:
    return {
        "status_code": noise.choice(("200", 200, "0000")),
        "id": noise.choice(("20170", 20170)),
        "partnerid": "19",
        "emp_name": "SAGINI OBED",
        "phone": "+254739117883",
        "gender": "Male",
        "title": "Student",
        "bal": noise.choice(("16", 16, 16.0, "")),
        "SmsStatus": "Sent",
    }


def user(noise: random.Random) -> dict[str, object]:
    return {"id": noise.choice(("717445", 717445)), "firstname": "Verah", "lastname": "Okoth", "country": "Kenya"}


def scan(noise: random.Random, reference: str) -> dict[str, object]:
    return {
        "reference": noise.choice((reference, reference, reference, "another")),
        "uid": noise.choice(("20170", 20170, "20170", "20170", "20171")),
        "time": "2026-11-23T07:58:10.250+03:00",
        "direction": "in",
        "device": "gate",
        "offline_mode": False,
    }


def one_user(noise: random.Random) -> list[object]:
    return [{"access_token": "301-565-660-353/1953"}, *(user(noise) for _ in range(noise.choice((1, 1, 1, 0, 2))))]


def people(noise: random.Random, reference: str) -> list[object]:
    """The mixed list of the attendance calls, some of whose records may say that the request was refused."""
    records: list[Callable[[], object]] = [
        lambda: member(noise),
        lambda: user(noise),
        lambda: scan(noise, reference),
        lambda: scan(noise, reference),
    ]
    listed = [noise.choice(records)() for _ in range(noise.randrange(6))]
    if noise.random() < 0.1:
        listed += [refusal(noise) for _ in range(noise.randint(1, 2))]
    return [{"access_token": "301-565-660-353/1953"}, *listed]


def order(noise: random.Random, reference: str) -> dict[str, object]:
    """The documented answer to an order, and what the contract adds to it."""
    said: dict[str, object] = {
        "status": noise.choice(("Pending", "Pending", *STATUSES)),
        "status_code": noise.choice(DONE),
        "merchant_reference": "KT677833",
        "transactiontxt": "Request accepted for processing!",
    }
    match noise.randrange(6):
        case 0:
            return {**said, "reference": "another"}
        case 1:
            return {**said, "reference": reference, "provisional_receipt": "PR677833"}
        case 2:
            return {**said, "reference": reference, "voucher": {"pin": "12345678901234", "serial": "S1"}}
        case 3:
            return said
        case _:
            return {**said, "reference": reference}


def verification(noise: random.Random, reference: str) -> dict[str, object]:
    return {
        "category": "MobilePayout",
        "status": noise.choice(("Success", "Success", "success ", *STATUSES)),
        "status_code": noise.choice(("0000",) * 8 + (0, 200, "200", "1100", "1107", "5000", "7001", "9999")),
        "transactionRef": "KYA1234219488",
        "merchant_reference": "KT677833",
        "reference": noise.choice((reference, reference, reference, "another")),
        "Amount": "1500.00",
    }


def balance(noise: random.Random) -> dict[str, object]:
    odd = ("1e9", "1e999999999", "NaN", "1_000", "\u0661", "1,500.00", "")
    amount = noise.choice(("1500.00", 1500, 1500.1, "-20", "0") if noise.random() < 0.8 else odd)
    return {"status": "Success", "status_code": noise.choice(DONE), "balance": amount, "currency": "KES"}


def business(noise: random.Random) -> dict[str, object]:
    return {
        "status": "Success",
        "status_code": noise.choice(DONE),
        "MerchantID": "M00001",
        "name": "Kemru Technologies",
        "contact": "+254739117883",
        "link": "developer.kemrut.com",
        "email": noise.choice(("system@kemrut.com", "SYSTEM@kemrut.com", "system@kemrut.com", "another@kemrut.com")),
    }


def telco(noise: random.Random) -> dict[str, object]:
    return {"status": "Success", "status_code": noise.choice(DONE), "prefix": "722", "telco": "SAFARICOM"}


def callback(noise: random.Random) -> dict[str, object]:
    return {"status": "Success", "status_code": noise.choice(DONE), "callbackURL": "https://yoursite.com/ipn"}


def refusal(noise: random.Random) -> dict[str, object]:
    one_of_each = ("1102", "1104", "1105", "1107", "1109", "8006")
    code = noise.choice(one_of_each if noise.random() < 0.5 else (*CODES, *DUPLICATE, "9999"))
    return {"status": "Failed", "status_code": code, "message": "as documented"}


def sent(noise: random.Random, sound: object) -> Sent:
    """`sound`, an answer to what was asked, or a refusal, or rubbish; as it arrives."""
    body = _body(noise, refusal(noise) if noise.random() < 0.2 else sound)
    headers = [("content-type", noise.choice(_KINDS if noise.random() < 0.9 else _OTHER_KINDS))]
    if noise.random() < 0.15:
        encoding = noise.choice(_ENCODINGS)
        headers.append(("content-encoding", encoding))
        if noise.random() < 0.7:
            body = gzip.compress(body, compresslevel=1)
            body = damaged(body, noise) if noise.random() < 0.2 else body
    if noise.random() < 0.2:
        headers += [_header(noise) for _ in range(noise.randint(1, 3))]
    status = (
        200 if noise.random() < 0.75 else noise.choice(_HTTP) if noise.random() < 0.8 else noise.randrange(100, 1000)
    )
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
    return Sent(status, raw, body, noise.choice((1, 1, 2, 7)), noise.random() < 0.03)


_HTTP = (201, 204, 301, 302, 307, 400, 401, 403, 404, 405, 408, 409, 410, 422, 429, 500, 502, 503, 504)


def _body(noise: random.Random, sound: object) -> bytes:
    kind = noise.random()
    if kind < 0.06:
        return noise.randbytes(noise.choice((0, 1, 16, 300, 1 << 14)))
    if kind < 0.065:
        return b" " * (1 << 20) + json.dumps(sound).encode()
    if kind < 0.12:
        return json.dumps(anything(noise)).encode()
    if kind < 0.45:
        sound = mutated(noise, sound)
    written = json.dumps(sound, ensure_ascii=noise.random() < 0.8)
    if noise.random() < 0.04 and written.endswith("}"):
        again = json.dumps({noise.choice(_NAMES): anything(noise, 1)})[1:-1]
        written = f"{written[:-1]}, {again}}}"
    body = noise.choice((b"", b"", b"", b"\xef\xbb\xbf")) + written.encode(errors="replace")
    if kind > 0.93:
        return body[: noise.randrange(len(body))]
    return damaged(body, noise) if kind > 0.85 else body


def mutated(noise: random.Random, sound: object) -> object:
    """`sound` with something left out, doubled, swapped, of another type or beyond all measure, somewhere."""
    if not isinstance(sound, dict | list) or not sound or noise.random() < 0.1:
        return anything(noise)
    if isinstance(sound, list):
        at = noise.randrange(len(sound))
        match noise.randrange(4):
            case 0:
                return [*sound[:at], *sound[at + 1 :]]
            case 1:
                return [*sound, sound[at]]
            case _:
                return [*sound[:at], mutated(noise, sound[at]), *sound[at + 1 :]]
    return _object(noise, sound)


def _object(noise: random.Random, sound: dict[str, Any]) -> object:
    name = noise.choice([*sound])
    changes: list[Callable[[], object]] = [
        lambda: {each: value for each, value in sound.items() if each != name},
        lambda: {**sound, name: sound[noise.choice([*sound])]},
        lambda: {**sound, noise.choice((*_NAMES, "", "\ud800", "x" * 99)): anything(noise)},
        lambda: [sound],
        lambda: {**sound, name: mutated(noise, sound[name])},
        lambda: {**sound, "status_code": noise.choice((*CODES, *DUPLICATE, True, 0.0, None, "", "0000 ", ["0000"]))},
        lambda: {**sound, "status": noise.choice((" Failed", "FAILED\n", "failed", "Success", None, 1, "Wonderful"))},
    ]
    return noise.choice(changes)()


def _header(noise: random.Random) -> tuple[str, str]:
    rubbish = "".join(chr(noise.choice((*range(0x20, 0x7F), *range(0x80, 0x100)))) for _ in range(noise.randrange(40)))
    name = noise.choice(
        ("location", "location", "set-cookie", "retry-after", "date", "content-type", "content-length", "x")
    )
    return name, noise.choice(_VALUES[name] if name in _VALUES and noise.random() < 0.8 else (rubbish,))


_VALUES = {
    "location": (
        "http://127.0.0.1:99999999/",
        "http://[::1",
        "//",
        "http://",
        "http:///x",
        "https:",
        "x" * 70_000,
        "http://\xfc.example/",
        "http://xn--/",
        "/elsewhere",
        "http://user:pass@other.example/?a=b#c",
        "\x7f",
        "javascript:alert(1)",
        "http://a..b/",
        "http://" + "a" * 300 + ".example/",
    ),
    "set-cookie": (
        "a=b; Expires=Wed, 99 Nov 99999 99:99:99 GMT; Max-Age=9e999",
        "=; Domain=..",
        "x" * 5000,
        'a=b; Port="x"',
    ),
    "retry-after": (
        "0",
        "-1",
        "9" * 400,
        "soon",
        "Mon, 23 Nov 2026 09:00:30 GMT",
        "Mon, 99 Nov 0000 99:99:99 +9999",
        "\xb2",
    ),
    "date": (
        "Mon, 23 Nov 2026 09:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "now",
    ),
    "content-length": ("0", "5", "-1", "many", "9" * 30),
}
