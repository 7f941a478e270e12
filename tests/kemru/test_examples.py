"""Every example of the vendor's documentation, field for field: what the client sends, and what it makes of the documented answers.

Requests go over a transport that records them, and over the real sandbox, which takes them. IPN and webhooks are in test_ipn.py and
test_webhooks.py, the USSD example in test_ussd.py.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from kiosk.kemru import (
    Airtime,
    BankPayout,
    Business,
    BusinessPayment,
    BusinessRecord,
    Channel,
    Checkout,
    Credentials,
    DidNotHappen,
    Kemru,
    KemruError,
    MemberReply,
    MobilePayout,
    NoFloat,
    Order,
    Receipt,
    Rejected,
    SignatureRefused,
    Sms,
    Telco,
    Throttled,
    Unauthorised,
    Unavailable,
    UnknownOutcome,
    User,
)
from kiosk.kemru.codes import CODES
from kiosk.models import Member
from kiosk.sandbox import DEMO_API_KEY, DEMO_CREDENTIALS, DEMO_SECRET, SandboxMember, SandboxServer
from kiosk.sandbox.records import SandboxUser
from kiosk.secret import Secret
from tests.support.platform import ask, client, sms

SANDBOX = "http://sandbox.kemrut.com:3030"
REFERENCE = "0197-example"

DIFFERENCES = {
    "signature": "cut short in the examples: ours is compared with an HMAC made by hand. Where an example has none, the documentation "
    'still says that "every request is signed".',
    "reference": "ours, added to every order: the platform tells a repetition by it, and `verify` finds it.",
    "destination.destinationPhone": 'the example shows +254…, its own table of fields says "10-digit number starting with 07".',
    "phone of sms/send": "the same.",
    "MerchantID of api-telco-check": "empty in the example, as its signature is: to be filled in.",
}
"""Where what is sent differs from the example as printed; everything else must be the same, and in the same order."""


class Example(msgspec.Struct, frozen=True):
    """A documented request: `body` as it is printed, `changes` as DIFFERENCES explains them, `signed` the text under our signature."""

    asked: Order | Callable[[Kemru], object]
    method: str
    path: str
    body: str
    signed: str
    changes: dict[str, Any] = {}

    def call(self, kemru: Kemru) -> object:
        return kemru.submit(self.asked) if isinstance(self.asked, Order) else self.asked(kemru)

    def expected(self) -> dict[str, Any]:
        """The body that has to arrive."""
        body = _changed(json.loads(self.body), self.changes)
        body.pop("signature", None)
        if isinstance(self.asked, Order):
            body["reference"] = REFERENCE
        return {**body, "signature": hmac.digest(DEMO_SECRET.encode(), self.signed.encode(), hashlib.sha256).hex()}


def _changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _changed(value, changes[name])
        if isinstance(value, dict) and name in changes
        else changes.get(name, value)
        for name, value in body.items()
    }


BUSINESS = Business("Kemru Technologies", "+254739117883", "developer.kemrut.com", "system@kemrut.com")

REQUESTS = {
    "single attendance": Example(
        lambda kemru: kemru.attendance("12345"),
        "GET",
        "/api-single",
        '{ "access_token": "301-565-660-353/1953", "uid": "12345" }',
        "301-565-660-353/195312345",
    ),
    "mobile payout": Example(
        MobilePayout(
            phone="+254739117883",
            amount=1500,
            channel=Channel.MPESA,
            initiator_name="John Doe",
            initiator_country="Kenya",
            reference=REFERENCE,
        ),
        "POST",
        "/billing/v3/mobile-payout/create",
        """{
  "MerchantID": "kemrut",
  "source": { "initiatorName": "John Doe", "initiatorCountry": "Kenya" },
  "destination": { "destinationPhone": "+254739117883", "amount": "1500", "channel": "MPESA" },
  "signature": "9447d0ea436cdddd75614c212b9db6f57d79b6"
}""",
        "15000739117883John DoeKenyaMPESAkemrut",
        {"destination": {"destinationPhone": "0739117883"}},
    ),
    "checkout": Example(
        Checkout(
            phone="+254739117883",
            amount=1500,
            channel=Channel.MPESA,
            reason="Invoice #1234",
            reference=REFERENCE,
        ),
        "POST",
        "/billing/v1/checkout/create",
        """{
  "MerchantID":"kemrut","phoneNumber":"+254739117883",
  "amount":"1500","channel":"MPESA",
  "metadata":{"reason":"Invoice #1234"},
  "signature":"092f758dec7149cc4c4cd09e2122d10016..."
}""",
        "kemrut+2547391178831500MPESAInvoice #1234",
    ),
    "b2b": Example(
        BusinessPayment(
            short_code="4079491",
            identifier="+254739117883",
            amount=5000,
            remarks="Settlement",
            result_url="https://yoursite.com/cb",
            reference=REFERENCE,
        ),
        "POST",
        "/billing/v3/b2b/create",
        """{
  "MerchantID":"kemrut","channel":"BusinessPayBill","resultUrl":"https://yoursite.com/cb",
  "destination":{"shortCode":"4079491","identifier":"+254739117883","amount":"5000","remarks":"Settlement"},
  "signature":"092f758dec7149..."
}""",
        "kemrutBusinessPayBillhttps://yoursite.com/cb4079491+2547391178835000Settlement",
    ),
    "airtime": Example(
        Airtime(
            phone="+254739117883",
            amount=100,
            telco=Telco.SAFARICOM,
            initiator_phone="+254739117883",
            reference=REFERENCE,
        ),
        "POST",
        "/billing/v1/airtime/create",
        '{ "MerchantID":"kemrut","phone":"+254739117883","amount":"100","telco":"SAFARICOM","initiatorPhone":"+254739117883",'
        '"signature":"..." }',
        "kemrut+254739117883100SAFARICOM+254739117883",
    ),
    "sms": Example(
        Sms(phone="+254739117883", otp="4823", reference=REFERENCE),
        "POST",
        "/billing/v1/sms/send",
        '{ "MerchantID":"kemrut","phone":"+254739117883","otp":"4823","signature":"..." }',
        "07391178834823kemrut",
        {"phone": "0739117883"},
    ),
    "callback": Example(
        lambda kemru: kemru.register_callback("https://yoursite.com/ipn"),
        "POST",
        "/billing/v1/callback-url/create",
        '{ "MerchantID":"kemrut","callbackURL":"https://yoursite.com/ipn","signature":"d1c574dfa94e43f..." }',
        "kemruthttps://yoursite.com/ipn",
    ),
    "business registration": Example(
        lambda kemru: kemru.register_business(BUSINESS),
        "POST",
        "/api-business",
        '{ "name":"Kemru Technologies","contact":"+254739117883","link":"developer.kemrut.com","email":"system@kemrut.com" }',
        "Kemru Technologies+254739117883developer.kemrut.comsystem@kemrut.com",
    ),
    "business look-up": Example(
        lambda kemru: kemru.find_business("system@kemrut.com"),
        "GET",
        "/api-confirm",
        '{ "search":"system@kemrut.com" }',
        "system@kemrut.com",
    ),
    "telco check": Example(
        lambda kemru: kemru.telco("722"),
        "POST",
        "/api-telco-check",
        '{ "MerchantID": "", "prefix": "722", "signature": "" }',
        "kemrut722",
        {"MerchantID": "kemrut"},
    ),
}

SAGINI = SandboxMember("20170", "SAGINI OBED", "+254739117883", "Male", "Student", 16, "Sent")
VERAH = SandboxUser("717445", "Verah", "Okoth", "+254739117883", "system@kemrut.com")

USERS = """[
  { "access_token": "301-565-660-353/1953" },
  { "id":"717445","firstname":"Verah","lastname":"Okoth",
    "phone":"+254739117883","email":"system@kemrut.com","country":"Kenya" }
]"""

MEMBER = """{
  "status_code":"200","id":"20170","partnerid":"19",
  "emp_name":"SAGINI OBED","phone":"+254739117883",
  "gender":"Male","title":"Student","bal":"16","SmsStatus":"Sent"
}"""

PAYOUT = (
    '{ "status":"Pending","status_code":"200","merchant_reference":"KT677833",'
    '"transactiontxt":"Request accepted for processing!" }'
)

OFFLINE = '{ "status":"Queued (Offline)","status_code":"1100","merchant_reference":"KT677833","provisional_receipt":"PR677833" }'


def answering(text: str, status: int = 200, **options: Any) -> Kemru:
    """A client whose platform answers so."""
    headers = {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, headers=headers, stream=_Body(text)))
    return Kemru(SANDBOX, DEMO_CREDENTIALS, transport=transport, **options)


class _Body(httpx.SyncByteStream):
    """Unread, as a network's; httpx's own would have been read already."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Any:
        yield self._text.encode()


def in_order(body: object) -> object:
    """Objects as lists of pairs: equal only in the same order."""
    return [(name, in_order(value)) for name, value in body.items()] if isinstance(body, dict) else body


@pytest.mark.parametrize("name", REQUESTS)
def test_a_documented_request_is_what_is_sent(name: str) -> None:
    example, sent = REQUESTS[name], []

    def record(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ConnectError("recorded")

    with Kemru(SANDBOX, DEMO_CREDENTIALS, transport=httpx.MockTransport(record)) as kemru, pytest.raises(Unavailable):
        example.call(kemru)
    (request,) = sent
    assert (request.method, str(request.url)) == (example.method, f"{SANDBOX}{example.path}")
    assert [value for each, value in request.headers.raw if each == b"apiKey"] == [DEMO_API_KEY.encode()]
    assert request.headers["content-type"] == "application/json"
    assert in_order(json.loads(request.content)) == in_order(example.expected())


@pytest.mark.parametrize("name", REQUESTS)
def test_the_sandbox_takes_the_documented_request(platform: SandboxServer, name: str) -> None:
    example = REQUESTS[name]
    platform.state.people.put_member(SandboxMember("12345", "NJERI"))
    with client(platform) as kemru:
        if name == "business look-up":
            kemru.register_business(BUSINESS)
        example.call(kemru)
    seen = platform.state.traffic.latest(1)[0]
    assert (seen.method, seen.target, seen.status, seen.signed) == (example.method, example.path, 200, example.signed)
    assert in_order(json.loads(seen.body)) == in_order(example.expected())


def test_every_difference_is_one_that_is_explained() -> None:
    made = {"signature", "reference"}
    for example in REQUESTS.values():
        for name, value in example.changes.items():
            last = example.path.removeprefix("/").removeprefix("billing/v1/")
            made |= {f"{name}.{each}" for each in value} if isinstance(value, dict) else {f"{name} of {last}"}
    assert made == set(DIFFERENCES)


@pytest.mark.parametrize(
    ("call", "signed"),
    [
        (lambda kemru: kemru.balance(), "kemrut"),
        (REQUESTS["mobile payout"].call, "15000739117883John DoeKenyaMPESAkemrut"),
        (
            lambda kemru: kemru.submit(
                BankPayout(
                    account_number="0123", phone="0739117883", bank="103", amount=1500, initiator_name="John Doe"
                )
            ),
            "150001230739117883103John DoeKenyakemrut",
        ),
        (REQUESTS["sms"].call, "07391178834823kemrut"),
    ],
    ids=["balance", "mobile payout", "bank payout", "sms"],
)
def test_documented_orders_of_signing(call: Callable[[Kemru], object], signed: str) -> None:
    prepared: list[str] = []
    with (
        answering("", 500, before_request=lambda each: prepared.append(each.signed)) as kemru,
        pytest.raises(UnknownOutcome),
    ):
        call(kemru)
    assert prepared == [signed]


@pytest.mark.parametrize("name", [name for name, each in REQUESTS.items() if isinstance(each.asked, Order)])
def test_offline_mode_is_the_documented_flag(name: str) -> None:
    """Documented as `"offline_mode": true` in any request body."""
    example, sent = REQUESTS[name], []
    assert isinstance(example.asked, Order)
    with answering(OFFLINE, before_request=lambda each: sent.append(each.body)) as kemru:
        receipt = kemru.submit(msgspec.structs.replace(example.asked, offline=True))
    expected = example.expected()
    signature = expected.pop("signature")
    assert in_order(sent[0]) == in_order({**expected, "offline_mode": True, "signature": signature})
    assert (receipt.status, receipt.code, receipt.provisional) == ("Queued (Offline)", "1100", "PR677833")


def test_the_documented_user(platform: SandboxServer) -> None:
    with answering(USERS) as kemru:
        user = kemru.user("717445")
    assert user == User("717445", "Verah Okoth", "+254739117883", "system@kemrut.com", "Kenya")
    platform.state.people.put_user(VERAH)
    with client(platform) as kemru:
        assert kemru.user("717445") == user
    assert in_order(json.loads(platform.state.traffic.latest(1)[0].answer)[1]) == in_order(json.loads(USERS)[1])


def test_the_header_of_the_documented_list_is_nobody() -> None:
    with answering(USERS) as kemru:
        roster = kemru.roster()
    assert (roster.members, roster.attendance, len(roster.users), roster.skipped) == ([], [], 1, 0)


def test_the_documented_member(platform: SandboxServer) -> None:
    with answering(MEMBER) as kemru:
        found = kemru.member("20170")
    member = Member("20170", "SAGINI OBED", "+254739117883", "Student", "Male", 16)
    assert found == MemberReply(member, sms_status="Sent", partner_id="19")
    platform.state.people.put_member(SAGINI)
    with client(platform) as kemru:
        assert kemru.member("20170") == found
    assert in_order(json.loads(platform.state.traffic.latest(1)[0].answer)) == in_order(json.loads(MEMBER))


def test_the_documented_receipt(platform: SandboxServer) -> None:
    """All but `transactiontxt`: words of the other side, which could be anything, are not shown."""
    expected = Receipt(REFERENCE, delivered=True, code="200", platform_reference="KT677833", status="Pending")
    with answering(PAYOUT) as kemru:
        assert REQUESTS["mobile payout"].call(kemru) == expected
    with client(platform) as kemru:
        assert REQUESTS["mobile payout"].call(kemru) == expected
    said = json.loads(platform.state.traffic.latest(1)[0].answer)
    assert said.pop("reference") == REFERENCE
    assert in_order(said) == in_order(json.loads(PAYOUT))


def test_the_documented_business(platform: SandboxServer) -> None:
    with client(platform) as kemru:
        assert kemru.register_business(BUSINESS) == kemru.find_business("system@kemrut.com")
        assert kemru.find_business("system@kemrut.com") == BusinessRecord(BUSINESS, "M00001")


HTTP = {400: Rejected, 401: Unauthorised, 403: Unauthorised, 429: Throttled, 500: UnknownOutcome}

PLATFORM = {
    **dict.fromkeys(("1101", "1102", "1103"), Unauthorised),
    "1104": SignatureRefused,
    **dict.fromkeys(("1105", "1106"), Unavailable),
    "1107": NoFloat,
    **dict.fromkeys(
        ("1108", "1109", "1201", "6001", "6002", "7001", "8002", "8003", "8004", "8005", "9002", "9004"), Rejected
    ),
    "5000": UnknownOutcome,
}
"""The documented table of codes, without those of success and of duplicates."""


def refused(kemru: Kemru, kind: type[KemruError], status: int, code: str | None) -> None:
    with pytest.raises(KemruError) as caught:
        kemru.send_sms(sms(REFERENCE))
    error = caught.value
    assert type(error) is kind
    assert (error.http_status, error.code, error.reference, error.call) == (
        status,
        code,
        REFERENCE,
        "/billing/v1/sms/send",
    )
    assert isinstance(error, DidNotHappen) is (kind is not UnknownOutcome)
    assert len(error.cure) > 20
    assert str(status) in str(error)


@pytest.mark.parametrize("status", HTTP)
@pytest.mark.parametrize("body", ["", "{}", "<html>", '{"message": "as documented"}'])
def test_the_documented_http_statuses(status: int, body: str) -> None:
    with answering(body, status) as kemru:
        refused(kemru, HTTP[status], status, None)


@pytest.mark.parametrize("code", PLATFORM)
def test_the_documented_platform_codes(platform: SandboxServer, code: str) -> None:
    platform.fault("code", code=code)
    with client(platform) as kemru:
        status = ask(platform, "POST", "/billing/v1/sms/send", {})[0]
        refused(kemru, PLATFORM[code], status, code)
    for status in (200, 400, 500):
        with answering(json.dumps({"status": "Failed", "status_code": code}), status) as kemru:
            refused(kemru, PLATFORM[code], status, code)
    assert platform.state.ledger()["sms"] == []


def test_the_documented_codes_of_success_and_of_duplicates() -> None:
    assert set(CODES) == set(PLATFORM) | {"0000", "200", "1100", "8006", "9005"}
    for code in ("0000", "200", "1100"):
        with answering(json.dumps({"status": "Pending", "status_code": code})) as kemru:
            assert kemru.send_sms(sms()) == Receipt(sms().reference, delivered=True, code=code, status="Pending")
    for code in ("8006", "9005"):
        with answering(json.dumps({"status": "Failed", "status_code": code})) as kemru:
            assert kemru.send_sms(sms()).duplicate


@pytest.mark.parametrize(
    ("amount", "spelt"),
    [
        (1500, "1500"),
        (Decimal("1500.00"), "1500"),
        (Decimal("1500.5"), "1500.5"),
        (Decimal("0.05"), "0.05"),
        (Decimal("15E2"), "1500"),
    ],
)
def test_amounts_travel_as_the_documented_strings(amount: Decimal | int, spelt: str) -> None:
    order = MobilePayout(phone="0739117883", amount=amount, channel=Channel.MPESA, initiator_name="John Doe")
    with Kemru(SANDBOX, DEMO_CREDENTIALS) as kemru:
        destination = kemru.prepare(order).body["destination"]
    assert isinstance(destination, dict)
    assert destination["amount"] == spelt


def test_the_merchant_of_the_examples() -> None:
    """`MerchantID` is whatever the merchant's own is."""
    own = Credentials("89", Secret("k"), Secret("s"), Secret("t"))
    with Kemru(SANDBOX, own) as kemru:
        assert kemru.prepare(sms()).body["MerchantID"] == "89"
