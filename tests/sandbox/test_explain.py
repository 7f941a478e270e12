"""Why a request was refused, as the page says it: every code by the sandbox's own refusals, hints by signatures made wrongly on purpose."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from kiosk.kemru.endpoints import ENDPOINTS
from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_MERCHANT, DEMO_SECRET, Limits, SandboxServer
from kiosk.sandbox.explain import FAULTS, Explanation, explain
from kiosk.sandbox.faults import FaultKind
from kiosk.sandbox.traffic import Exchange
from tests.support.platform import ask, signed

SMS = {"MerchantID": DEMO_MERCHANT, "phone": "0711000101", "otp": "4823"}
TEXT = "07110001014823kemrut"


def seen(platform: SandboxServer) -> Explanation:
    (exchange,) = platform.state.traffic.latest(1)
    return explain(exchange)


def sent(platform: SandboxServer, signature: str, **changes: Any) -> Explanation:
    fields = {name: value for name, value in {**SMS, **changes}.items() if value is not None}
    ask(platform, "POST", "/billing/v1/sms/send", {**fields, "signature": signature})
    return seen(platform)


def test_a_good_request(platform: SandboxServer) -> None:
    told = sent(platform, signed(TEXT))
    assert (told.why, told.hint, told.differs_at) == ("Taken. The signature fits.", "", None)
    assert [(each.wire, each.value) for each in told.pieces] == [
        ("phone", "0711000101"),
        ("otp", "4823"),
        ("MerchantID", "kemrut"),
    ]


def test_a_wrong_signature_says_what_had_to_be_signed_and_where_it_differs(platform: SandboxServer) -> None:
    right = signed(TEXT)
    wrong = right[:10] + ("0" if right[10] != "0" else "1") + right[11:]
    told = sent(platform, wrong)
    assert "of the values of phone, otp and MerchantID, in this order" in told.why
    assert told.differs_at == 10
    assert told.hint == "It has the right form, so it covers another text or was made with another secret."


def mac(text: str, secret: str = DEMO_SECRET, kind: Callable[..., Any] = hashlib.sha256) -> Any:
    return hmac.new(secret.encode(), text.encode(), kind)


@pytest.mark.parametrize(
    ("signature", "hint"),
    [
        (mac(TEXT).hexdigest().upper(), "capitals"),
        (base64.b64encode(mac(TEXT).digest()).decode(), "Base64"),
        (base64.urlsafe_b64encode(mac(TEXT).digest()).decode(), "Base64"),
        (hashlib.sha256(TEXT.encode()).hexdigest(), "plain SHA-256"),
        (hashlib.sha256((TEXT + DEMO_SECRET).encode()).hexdigest(), "text and secret"),
        (hashlib.sha256((DEMO_SECRET + TEXT).encode()).hexdigest(), "secret and text"),
        (mac(TEXT, "").hexdigest(), "empty secret"),
        (mac(TEXT, DEMO_SECRET + "\n").hexdigest(), "line end"),
        (mac(TEXT, kind=hashlib.sha1).hexdigest(), "HMAC-SHA1"),
        (mac(TEXT, kind=hashlib.sha512).hexdigest(), "HMAC-SHA512"),
        (mac(TEXT).hexdigest() + "\n", "white space"),
        (mac(TEXT).hexdigest()[:40], "cut after 40 of 64"),
        (mac("0711000101,4823,kemrut").hexdigest(), "joined with commas"),
        (mac("0711000101|4823|kemrut").hexdigest(), "joined with bars"),
        (mac("07110001014823").hexdigest(), "MerchantID was left out"),
        (mac("kemrut07110001014823").hexdigest(), "another order: MerchantID, phone, otp"),
        (mac("+2547110001014823kemrut").hexdigest(), "phone was signed as +254711000101 and sent as 0711000101"),
        (mac("07110001014823KEMRUT").hexdigest(), "MerchantID was signed as KEMRUT and sent as kemrut"),
        ("0" * 64, "another text or was made with another secret"),
        ("abc", "64 hex digits; this one has 3 characters"),
        ("ü" * 64, "64 hex digits"),
    ],
)
def test_hints_name_what_was_signed_instead(platform: SandboxServer, signature: str, hint: str) -> None:
    assert hint in sent(platform, signature).hint


def test_a_signed_body_and_an_amount_in_another_spelling_are_recognised(platform: SandboxServer) -> None:
    fields = {"MerchantID": DEMO_MERCHANT, "phoneNumber": "+254711000101", "amount": "150.00", "channel": "MPESA"}
    for text, hint in (("kemrut+254711000101150MPESA", "amount was signed as 150"), (json.dumps(fields), "")):
        ask(platform, "POST", "/billing/v1/checkout/create", {**fields, "signature": signed(text)})
        assert hint in seen(platform).hint
    body = b'{"MerchantID":"kemrut","signature":"%s"}'
    assert ask(platform, "POST", "/api-link", body % b"x")[0] == 400


@pytest.mark.parametrize(
    ("signature", "changes", "why"),
    [
        ("", {}, "signature is missing or empty."),
        ("x", {"otp": None, "phone": ""}, "phone and otp are missing or empty."),
        (
            signed("07110001014823other"),
            {"MerchantID": "other"},
            'MerchantID is "other"; this sandbox\'s merchant is kemrut.',
        ),
        (signed("071100010112kemrut"), {"otp": "12"}, 'otp must be 4 to 6 digits; it is "12".'),
        (signed("074823kemrut"), {"phone": "07"}, "phone must be a Kenyan mobile number"),
    ],
)
def test_refusals_name_the_field(platform: SandboxServer, signature: str, changes: dict[str, Any], why: str) -> None:
    assert why in sent(platform, signature, **changes).why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a": 1,}', "not JSON: "),
        (b"[1]", "not an object"),
        (b'{"MerchantID": "\\ud800"}', "half a character"),
        (b"[" * 60_000, "nested too deeply"),
        (b"x" * 70_000, "longer than 65,536 bytes"),
        (b"", "There is no body"),
        (b'{"MerchantID": "\xff"}', "valid UTF-8"),
    ],
    ids=range(7),
)
def test_bodies_that_cannot_be_read(platform: SandboxServer, body: bytes, why: str) -> None:
    ask(platform, "POST", "/api-link", body)
    assert why in seen(platform).why


def test_key_token_content_type_and_limits(platform: SandboxServer) -> None:
    balance = {"MerchantID": DEMO_MERCHANT, "signature": signed(DEMO_MERCHANT)}
    ask(platform, "POST", "/api-link", balance, {"Content-Type": "application/json"})
    assert "The header apiKey is missing, or is not this sandbox's key (sandbox-api-key)" in seen(platform).why
    ask(platform, "POST", "/api-link", balance, {"Content-Type": "text/plain", "apiKey": DEMO_API_KEY})
    assert "Content-Type has to be application/json" in seen(platform).why
    ask(platform, "GET", "/api-biometric", {"access_token": "x", "signature": signed("x")})
    assert seen(platform).why == f'access_token is "x"; this sandbox\'s is {DEMO_ACCESS_TOKEN}.'
    platform.state.traffic.limits = Limits(per_minute=1, per_day=0)
    ask(platform, "POST", "/api-link", balance)
    ask(platform, "POST", "/api-link", balance)
    assert "Too many requests" in seen(platform).why


def test_a_scan_of_nobody_by_query_and_one_without_its_time(platform: SandboxServer) -> None:
    token = DEMO_ACCESS_TOKEN
    ask(platform, "GET", f"/api-single?access_token={token}&uid=1&signature={signed(token, '1')}")
    assert (seen(platform).why, [each.value for each in seen(platform).pieces]) == (
        "No member has this uid.",
        [token, "1"],
    )
    ask(platform, "GET", f"/api-single?access_token={token}&uid=20170&reference=r&signature={signed(token, '20170')}")
    assert seen(platform).why == "A scan with a reference also needs time, direction and device."


def test_references_in_the_path_are_signed_fields(platform: SandboxServer) -> None:
    ask(
        platform,
        "GET",
        "/transactions/KT1/verify",
        {"MerchantID": DEMO_MERCHANT, "signature": signed("KT1", DEMO_MERCHANT)},
    )
    assert [each.value for each in seen(platform).pieces] == ["KT1", "kemrut"]
    assert seen(platform).why.startswith("No transaction has this reference")


def test_wrong_paths_and_methods_are_put_down_and_explained(platform: SandboxServer) -> None:
    for method, path, status, why in (
        ("POST", "/api-balance", 404, "The platform has no call at /api-balance."),
        ("GET", "/api-link", 405, "/api-link is a call of the platform, but by POST, not by GET."),
        ("POST", "/transactions/KT1/verify", 405, "by GET, not by POST"),
    ):
        with pytest.raises(json.JSONDecodeError):
            ask(platform, method, path)
        assert why in seen(platform).why
        assert platform.state.traffic.latest(1)[0].status == status
    assert platform.state.traffic.summary(0.0)["total"] == 0


def test_every_fault_is_explained() -> None:
    assert set(FAULTS) == set(FaultKind) - {FaultKind.NONE}
    for kind in FAULTS:
        assert FAULTS[kind] in explain(Exchange(0.0, "POST", "/api-link", "balance", fault=kind.value)).why


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_every_call_and_code_can_be_explained(endpoint: Any) -> None:
    for code in (None, "0000", "1101", "1102", "1104", "1107", "1108", "1109", "6001", "7001", "8005", "8006", "4711"):
        for body in ("", "{}", "[]", '{"MerchantID": ["x"], "amount": {}}'):
            told = explain(
                Exchange(0.0, endpoint.method, endpoint.path, endpoint.name, body=body, status=400, code=code)
            )
            assert told.why.endswith((".", "code"))
