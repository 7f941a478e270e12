"""Every endpoint takes what the `openssl` command line signed, and nothing of which a single byte was changed since.

Requests and their orders of signing are written out by hand, from the documentation and the contract; the table is not asked.
"""

import copy
import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from kiosk.kemru.endpoints import ENDPOINTS
from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_MERCHANT, DEMO_SECRET, SandboxServer

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

REF = "{ref}"


class Request(msgspec.Struct, frozen=True):
    """A request before its signature; `signed` are the places of what is signed, in order, `{ref}` being the reference in the path."""

    method: str
    path: str
    body: dict[str, Any]
    signed: tuple[str, ...]
    ref: str = "KT677833"

    def text(self) -> str:
        return "".join(str(self.at(place)) for place in self.signed)

    def at(self, place: str) -> str:
        found: Any = {**self.body, REF: self.ref}
        for name in place.split("."):
            found = found[name]
        assert isinstance(found, str)
        return found

    def changed(self, place: str, value: str) -> "Request":
        if place == REF:
            return msgspec.structs.replace(self, ref=value)
        body = copy.deepcopy(self.body)
        *outer, last = place.split(".")
        inner = body
        for name in outer:
            inner = inner[name]
        inner[last] = value
        return msgspec.structs.replace(self, body=body)


MERCHANT = {"MerchantID": DEMO_MERCHANT}
TOKEN = {"access_token": DEMO_ACCESS_TOKEN}
SOURCE = {"initiatorName": "John Doe", "initiatorCountry": "Kenya"}
WHO = ("source.initiatorName", "source.initiatorCountry")

PAYOUT = Request(
    "POST",
    "/billing/v3/mobile-payout/create",
    {
        **MERCHANT,
        "source": SOURCE,
        "destination": {"destinationPhone": "0739117883", "amount": "1500", "channel": "MPESA"},
    },
    ("destination.amount", "destination.destinationPhone", *WHO, "destination.channel", "MerchantID"),
)

REQUESTS = {
    "balance": Request("POST", "/api-link", MERCHANT, ("MerchantID",)),
    "user": Request("GET", "/api-user", {**TOKEN, "uid": "717445"}, ("access_token", "uid")),
    "roster": Request("GET", "/api-biometric", TOKEN, ("access_token",)),
    "member": Request("GET", "/api-memberc", {**TOKEN, "uid": "20170"}, ("access_token", "uid")),
    "attendance": Request(
        "GET",
        "/api-single",
        {
            **TOKEN,
            "uid": "20170",
            "reference": "r1",
            "time": "2026-11-23T07:58:10+03:00",
            "direction": "in",
            "device": "gate",
        },
        ("access_token", "uid"),
    ),
    "mobile-payout": PAYOUT,
    "bank-payout": Request(
        "POST",
        "/billing/v3/bank-payout/create",
        {
            **MERCHANT,
            "source": SOURCE,
            "destination": {
                "accountNumber": "0123456789",
                "phoneNumber": "0739117883",
                "bankCode": "103",
                "amount": "15.50",
            },
        },
        (
            "destination.amount",
            "destination.accountNumber",
            "destination.phoneNumber",
            "destination.bankCode",
            *WHO,
            "MerchantID",
        ),
    ),
    "checkout": Request(
        "POST",
        "/billing/v1/checkout/create",
        {
            **MERCHANT,
            "phoneNumber": "+254739117883",
            "amount": "1500",
            "channel": "MPESA",
            "metadata": {"reason": "Invoice #1234"},
        },
        ("MerchantID", "phoneNumber", "amount", "channel", "metadata.reason"),
    ),
    "transfer": Request(
        "POST",
        "/v1/transaction/transact-link",
        {
            **MERCHANT,
            "source": {"institutionCode": "103", "accountNumber": "111"},
            "destination": {"institutionCode": "301", "accountNumber": "222", "amount": "1500", "remarks": "Shares"},
        },
        (
            "MerchantID",
            "source.institutionCode",
            "source.accountNumber",
            "destination.institutionCode",
            "destination.accountNumber",
            "destination.amount",
            "destination.remarks",
        ),
    ),
    "b2b": Request(
        "POST",
        "/billing/v3/b2b/create",
        {
            **MERCHANT,
            "channel": "BusinessPayBill",
            "resultUrl": "https://yoursite.com/cb",
            "destination": {
                "shortCode": "4079491",
                "identifier": "+254739117883",
                "amount": "5000",
                "remarks": "Settlement",
            },
        },
        (
            "MerchantID",
            "channel",
            "resultUrl",
            "destination.shortCode",
            "destination.identifier",
            "destination.amount",
            "destination.remarks",
        ),
    ),
    "airtime": Request(
        "POST",
        "/billing/v1/airtime/create",
        {
            **MERCHANT,
            "phone": "+254747117883",
            "amount": "50",
            "telco": "FAIBA_B",
            "initiatorPhone": "+254739117883",
            "productCode": "DailyData1GB",
        },
        ("MerchantID", "phone", "amount", "telco", "initiatorPhone", "productCode"),
    ),
    "bill": Request(
        "POST",
        "/billing/v1/bill/create",
        {**MERCHANT, "accountNumber": "70123", "amount": "1500", "channel": "GOTV", "phone": "+254739117883"},
        ("MerchantID", "accountNumber", "amount", "channel", "phone"),
    ),
    "pin-airtime": Request(
        "POST",
        "/billing/v1/pin-airtime/create",
        {**MERCHANT, "phone": "+254739117883", "amount": "100", "telco": "AIRTEL"},
        ("MerchantID", "phone", "amount", "telco"),
    ),
    "sms": Request(
        "POST",
        "/billing/v1/sms/send",
        {**MERCHANT, "phone": "0739117883", "otp": "4823", "message": "not signed"},
        ("phone", "otp", "MerchantID"),
    ),
    "callback": Request(
        "POST",
        "/billing/v1/callback-url/create",
        {**MERCHANT, "callbackURL": "https://yoursite.com/ipn"},
        ("MerchantID", "callbackURL"),
    ),
    "verify": Request("GET", f"/transactions/{REF}/verify", MERCHANT, (REF, "MerchantID")),
    "reverse": Request("POST", f"/transactions/{REF}/reverse", MERCHANT, (REF, "MerchantID")),
    "business-register": Request(
        "POST",
        "/api-business",
        {
            "name": "Kemru Technologies",
            "contact": "+254739117883",
            "link": "developer.kemrut.com",
            "email": "system@kemrut.com",
        },
        ("name", "contact", "link", "email"),
    ),
    "business-find": Request("GET", "/api-confirm", {"search": "system@kemrut.com"}, ("search",)),
    "telco": Request("POST", "/api-telco-check", {**MERCHANT, "prefix": "722"}, ("MerchantID", "prefix")),
}

FIRST = {"reverse": PAYOUT, "verify": PAYOUT, "business-find": REQUESTS["business-register"]}
"""What has to be there before."""

ONLY_ASK = {"balance", "user", "roster", "member", "verify", "business-find", "telco"}


class Line:
    """One kept-alive connection of the standard library's."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)

    def close(self) -> None:
        self._connection.close()

    def ask(self, request: Request, signature: str) -> tuple[int, Any]:
        """The HTTP status, and the platform's code or the list that came instead."""
        headers = {"Content-Type": "application/json", "apiKey": DEMO_API_KEY}
        body = json.dumps({**request.body, "signature": signature}).encode()
        self._connection.request(request.method, request.path.replace(REF, request.ref), body, headers)
        answer = self._connection.getresponse()
        said = json.loads(answer.read())
        return answer.status, said if isinstance(said, list) else said["status_code"]


@pytest.fixture
def line(platform: SandboxServer) -> Iterator[Line]:
    with closing(Line(platform.url)) as line:
        yield line


def by_openssl(text: str) -> str:
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", DEMO_SECRET], input=text.encode(), capture_output=True, check=True
    )
    return done.stdout.split()[-1].decode()


def remembered(platform: SandboxServer) -> object:
    """Everything that a call can change: orders, scans, money, people, businesses, the callback address."""
    state = platform.state
    return [
        state.ledger(),
        state.wallet.cents,
        state.people.members(),
        state.people.find_business("system@kemrut.com"),
        state.notices.callback_url,
    ]


def each_byte_changed(text: str) -> Iterator[str]:
    for position in range(len(text)):
        yield text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]


def test_every_endpoint_has_a_request_here() -> None:
    assert {name: (each.method, each.path) for name, each in REQUESTS.items()} == {
        each.name: (each.method, each.path) for each in ENDPOINTS
    }


@pytest.mark.parametrize("name", REQUESTS)
def test_what_openssl_signed_is_taken_and_nothing_else(platform: SandboxServer, line: Line, name: str) -> None:
    if name in FIRST:
        assert line.ask(FIRST[name], by_openssl(FIRST[name].text()))[0] == 200
        platform.state.transactions.advance(time.time())
    request = REQUESTS[name]
    signature, before = by_openssl(request.text()), remembered(platform)
    for place in request.signed:
        expected = {"MerchantID": (400, "1101"), "access_token": (401, "1102")}.get(place, (400, "1104"))
        for changed in each_byte_changed(request.at(place)):
            assert line.ask(request.changed(place, changed), signature) == expected, (place, changed)
    for changed in (*each_byte_changed(signature), signature[:-1], f"{signature}0", signature.upper()):
        assert line.ask(request, changed) == (400, "1104"), changed
    assert remembered(platform) == before
    status, said = line.ask(request, signature)
    assert status == 200
    assert isinstance(said, list) or said in {"0000", "200"}
    # Or its having changed nothing before would show nothing.
    assert (remembered(platform) != before) is (name not in ONLY_ASK)
