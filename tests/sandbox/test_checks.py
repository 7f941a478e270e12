"""What the sandbox refuses, asked with the standard library's HTTP client and signatures made by hand."""

from typing import Any
from urllib.parse import urlencode

import pytest

from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_MERCHANT, SandboxServer
from kiosk.sandbox.records import Scan
from tests.support.platform import ask, signed

SMS = {"MerchantID": DEMO_MERCHANT, "phone": "0711000101", "otp": "4823"}
SCAN = {
    "access_token": DEMO_ACCESS_TOKEN,
    "uid": "20170",
    "reference": "r1",
    "time": "2026-11-23T07:58:10+03:00",
    "direction": "in",
    "device": "gate",
    "signature": signed(DEMO_ACCESS_TOKEN, "20170"),
}


def send_sms(platform: SandboxServer, **changes: Any) -> tuple[int, str]:
    fields = {**SMS, **changes}
    fields.setdefault("signature", signed(*(str(fields[name]) for name in ("phone", "otp", "MerchantID"))))
    status, _, body = ask(
        platform, "POST", "/billing/v1/sms/send", {name: value for name, value in fields.items() if value is not None}
    )
    return status, body["status_code"]


def report(platform: SandboxServer, **changes: Any) -> tuple[int, Any]:
    status, _, body = ask(
        platform,
        "GET",
        "/api-single",
        {name: value for name, value in {**SCAN, **changes}.items() if value is not None},
    )
    return status, body if isinstance(body, list) else body["status_code"]


def test_the_documented_message(platform: SandboxServer) -> None:
    status, _, body = ask(
        platform, "POST", "/billing/v1/sms/send", {**SMS, "signature": signed("0711000101", "4823", DEMO_MERCHANT)}
    )
    assert status == 200
    assert body["status"] == "Pending"
    assert body["status_code"] == "200"
    assert body["merchant_reference"].startswith("KT")
    assert body["transactiontxt"] == "Request accepted for processing!"


def test_messages_without_a_reference_are_all_sent(platform: SandboxServer) -> None:
    assert send_sms(platform) == send_sms(platform) == (200, "200")
    rows = platform.state.ledger()["sms"]
    assert len({row["reference"] for row in rows}) == 2


@pytest.mark.parametrize(("key", "status"), [("", 401), ("other", 401), (DEMO_API_KEY.upper(), 401), (None, 401)])
def test_keys(platform: SandboxServer, key: str | None, status: int) -> None:
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"apiKey": key})
    answer = ask(
        platform, "POST", "/api-link", {"MerchantID": DEMO_MERCHANT, "signature": signed(DEMO_MERCHANT)}, headers
    )
    assert (answer[0], answer[2]["status_code"]) == (status, "1102")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"MerchantID": "other"}, (400, "1101")),
        ({"MerchantID": None, "signature": "x"}, (400, "1108")),
        ({"phone": None, "signature": "x"}, (400, "1108")),
        ({"otp": ""}, (400, "1108")),
        ({"signature": None}, (400, "1108")),
        ({"otp": "123"}, (400, "1109")),
        ({"otp": "1234567"}, (400, "1109")),
        ({"otp": "12a4"}, (400, "1109")),
        ({"otp": 4823}, (400, "1109")),
        ({"message": ["x"]}, (400, "1109")),
        ({"message": "x" * 2001}, (400, "1109")),
        ({"reference": "a b"}, (400, "1109")),
        ({"offline_mode": "perhaps"}, (400, "1109")),
        ({"phone": "07110001"}, (400, "8002")),
        ({"phone": "+255712345678"}, (400, "8002")),
        ({"phone": ["0711000101"]}, (400, "8002")),
        ({"phone": {"a": []}, "signature": "x"}, (400, "1104")),
        ({"signature": ["x"]}, (400, "1104")),
        ({"offline_mode": []}, (400, "1109")),
        ({"signature": "0" * 64}, (400, "1104")),
        ({"signature": "ü"}, (400, "1104")),
        ({"phone": "+254711000101"}, (200, "200")),
        ({"phone": "0110000101"}, (200, "200")),
        ({"extra": {"a": 1}}, (200, "200")),
    ],
)
def test_messages_are_checked(platform: SandboxServer, changes: dict[str, Any], expected: tuple[int, str]) -> None:
    assert send_sms(platform, **changes) == expected
    assert len(platform.state.ledger()["sms"]) == (expected[0] == 200)


@pytest.mark.parametrize("name", ["phone", "otp", "MerchantID", "signature"])
def test_any_changed_byte_is_refused(platform: SandboxServer, name: str) -> None:
    honest = {**SMS, "signature": signed("0711000101", "4823", DEMO_MERCHANT)}
    for position in range(len(honest[name])):
        changed = honest[name][:position] + chr(ord(honest[name][position]) ^ 1) + honest[name][position + 1 :]
        expected = "1101" if name == "MerchantID" else "1104"
        assert send_sms(platform, **{**honest, name: changed}) == (400, expected)
    assert platform.state.ledger()["sms"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"access_token": "other", "signature": signed("other", "20170")}, "1102"),
        ({"uid": "20171"}, "1104"),
        ({"uid": "1", "signature": signed(DEMO_ACCESS_TOKEN, "1")}, "1109"),
        ({"time": "2026-11-23T07:58:10"}, "1109"),
        ({"time": "yesterday"}, "1109"),
        ({"direction": "sideways"}, "1109"),
        ({"direction": ["in"]}, "1109"),
        ({"time": None}, "1108"),
        ({"device": None}, "1108"),
        ({"reference": "x" * 65}, "1109"),
    ],
)
def test_scans_are_checked(platform: SandboxServer, changes: dict[str, Any], code: str) -> None:
    assert report(platform, **changes)[1] == code
    assert platform.state.ledger()["attendance"] == []


def test_a_scan_without_a_reference_only_reads(platform: SandboxServer) -> None:
    status, body = report(platform, reference=None)
    assert (status, body) == (200, [{"access_token": DEMO_ACCESS_TOKEN}])
    assert platform.state.ledger()["attendance"] == []


def test_duplicates_are_told_and_counted_with_what_differs(platform: SandboxServer) -> None:
    assert isinstance(report(platform)[1], list)
    assert report(platform) == (200, "8006")
    assert report(platform, direction="out") == (200, "8006")
    (row,) = platform.state.ledger()["attendance"]
    assert (row["acted"], row["duplicates"], row["conflicts"], row["direction"]) == (1, 2, 1, "in")


def test_the_same_fields_as_a_query(platform: SandboxServer) -> None:
    query = urlencode({**SCAN, "offline_mode": "true"})
    status, _, body = ask(platform, "GET", f"/api-single?{query}")
    assert (status, body[1]["reference"]) == (200, "r1")
    assert platform.state.ledger()["attendance"][0]["offline_mode"] == 1


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b"\xff", b"[" * 60_000, b'{"a": "' + b"x" * 70_000 + b'"}', b"{}"], ids=range(7)
)
def test_bodies_that_are_no_request(platform: SandboxServer, body: bytes) -> None:
    status, _, answer = ask(platform, "POST", "/api-link", body)
    assert (status, answer["status_code"]) == (400, "1108" if body == b"{}" else "1109")


def test_a_body_of_another_content_type(platform: SandboxServer) -> None:
    headers = {"Content-Type": "text/plain", "apiKey": DEMO_API_KEY}
    assert ask(platform, "POST", "/api-link", b"{}", headers)[2]["status_code"] == "1109"


def test_the_documented_member(platform: SandboxServer) -> None:
    fields = {"access_token": DEMO_ACCESS_TOKEN, "uid": "20170", "signature": signed(DEMO_ACCESS_TOKEN, "20170")}
    assert ask(platform, "GET", "/api-memberc", fields)[2] == {
        "status_code": "200",
        "id": "20170",
        "partnerid": "19",
        "emp_name": "AKINYI OTIENO",
        "phone": "+254711000101",
        "gender": "Female",
        "title": "Student",
        "bal": "16",
        "SmsStatus": "Not Sent",
    }


def test_the_bulk_answer_stays_within_bounds(platform: SandboxServer) -> None:
    for number in range(1005):
        platform.state.people.add_scan(Scan(f"r{number}", "20170", "2026-11-23T07:58:10+03:00", "in", "gate"), 0.0)
    fields = {"access_token": DEMO_ACCESS_TOKEN, "signature": signed(DEMO_ACCESS_TOKEN)}
    scans = [each for each in ask(platform, "GET", "/api-biometric", fields)[2] if "time" in each]
    assert [scans[0]["reference"], scans[-1]["reference"], len(scans)] == ["r5", "r1004", 1000]
    (*_, last) = report(platform, reference="newest", time="2020-01-01T00:00:00+03:00")[1]
    assert last["reference"] == "newest"
