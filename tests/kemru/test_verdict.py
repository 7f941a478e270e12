import json
from datetime import UTC, datetime

import pytest

from kiosk.kemru.errors import (
    KemruError,
    NoFloat,
    Rejected,
    SignatureRefused,
    Throttled,
    Unauthorised,
    Unavailable,
    UnknownOutcome,
)
from kiosk.kemru.verdict import Answer, Reply, judge

NOW = datetime(2026, 11, 23, 7, 0, 0, tzinfo=UTC)


def verdict(status: int, body: object, *, content_type: str = "application/json; charset=utf-8") -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge("/call", Answer(status, raw, content_type), now=NOW)


def refusal(status: int, body: object, **options: str) -> KemruError:
    with pytest.raises(KemruError) as caught:
        verdict(status, body, **options)
    return caught.value


@pytest.mark.parametrize("code", ["0000", 0, "200", 200, "1100", 1100])
def test_success_needs_status_and_code(code: str | int) -> None:
    assert not verdict(200, {"status_code": code}).duplicate
    for status in (301, 302, 400, 404, 500, 503):
        assert isinstance(refusal(status, {"status_code": code}), KemruError)


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_code_of_success_under_an_http_error_leaves_nothing_certain(status: int) -> None:
    for code in ("0000", "200", "1100"):
        assert type(refusal(status, {"status_code": code})) is UnknownOutcome


@pytest.mark.parametrize("code", ["8006", 8006, "9005"])
@pytest.mark.parametrize("status", [200, 400, 409])
def test_F063_duplicates_are_success(code: str | int, status: int) -> None:
    assert verdict(status, {"status_code": code}).duplicate
    assert isinstance(refusal(500, {"status_code": code}), UnknownOutcome)
    assert isinstance(refusal(302, {"status_code": code}), UnknownOutcome)


def test_F063_a_conflict_without_a_code_is_read_back() -> None:
    assert isinstance(refusal(409, b"conflict"), UnknownOutcome)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("1101", Unauthorised),
        ("1102", Unauthorised),
        ("1103", Unauthorised),
        ("1104", SignatureRefused),
        ("1105", Unavailable),
        ("1106", Unavailable),
        ("1107", NoFloat),
        ("1108", Rejected),
        ("1109", Rejected),
        ("1201", Rejected),
        ("5000", UnknownOutcome),
        ("7001", Rejected),
        ("8002", Rejected),
        ("8005", Rejected),
        ("9002", Rejected),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_definite_code_counts_under_any_status(code: str, kind: type[KemruError], status: int) -> None:
    error = refusal(status, {"status_code": code})
    assert type(error) is kind
    assert (error.code, error.http_status, error.call) == (code, status, "/call")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (422, Rejected),
        (413, Rejected),
        (401, Unauthorised),
        (403, Unauthorised),
        (404, Unavailable),
        (405, Unavailable),
        (407, Unavailable),
        (410, Unavailable),
        (408, UnknownOutcome),
        (429, Throttled),
        (500, UnknownOutcome),
        (502, UnknownOutcome),
        (503, UnknownOutcome),
        (504, UnknownOutcome),
        (511, UnknownOutcome),
        (301, UnknownOutcome),
        (302, UnknownOutcome),
        (304, UnknownOutcome),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"status_code": "9999"}', b"[]"])
def test_without_a_documented_code_the_status_decides(status: int, kind: type[KemruError], body: bytes) -> None:
    assert type(refusal(status, body)) is kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"true",
        b'"0000"',
        b"0",
        b"{}",
        b'{"status": "Success"}',
        b'{"status_code": "9999"}',
        b'{"status_code": null}',
        b'{"status_code": true}',
        b'{"status_code": ["0000"]}',
        b'{"status_code": {"0": 0}}',
        b'{"status_code": 0.0}',
        b'{"status_code": ""}',
        b'{"status_code": "+254739117883"}',
        b'{"status_code": "0000", "status": 1}',
        b'{"status_code": "0000", "status": "Failed"}',
        b'{"status_code": "0000", "status": " FAILED\\n"}',
        b'{"status_code": "0000", "status": "Declined"}',
        b'{"status_code": "1100", "status": "Cancelled"}',
        b'{"status_code": "200", "status": "Reversed"}',
        b'{"status_code": "200", "status": ""}',
        b'[{"status_code": "0000"}, {"status_code": "1104"}]',
        b'{"status_code": "0000", "reference": 5}',
        b'[{"status_code": "9999"}]',
    ],
    ids=range(25),
)
def test_F071_two_hundred_is_not_enough(body: bytes) -> None:
    assert isinstance(refusal(200, body), UnknownOutcome)


@pytest.mark.parametrize(
    "content_type", ["text/html", "", "text/plain", "application/jsonx", "application/octet-stream"]
)
def test_F071_a_wrong_content_type_is_no_success(content_type: str) -> None:
    assert isinstance(refusal(200, {"status_code": "0000"}, content_type=content_type), UnknownOutcome)


def test_an_unknown_code_is_kept_as_it_came() -> None:
    error = refusal(200, {"status_code": "9999"})
    assert error.code == "9999"
    assert "9999" in str(error)


def test_a_list_carries_no_code_unless_one_of_its_records_is_one() -> None:
    assert verdict(200, [{"emp_name": "A", "status_code": "1104"}]).data
    assert isinstance(refusal(200, [{"access_token": "x"}, {"status_code": "1104"}]), SignatureRefused)


def test_a_repr_shows_nothing_of_what_was_answered() -> None:
    told = {"status_code": "200", "status": "Pending", "voucher": {"pin": "12345678901234"}, "emp_name": "AKINYI"}
    found = verdict(200, told)
    for shown in (repr(found), repr(Answer(200, json.dumps(told).encode())), f"{found} {[found]}"):
        assert "1234567" not in shown
        assert "AKINYI" not in shown


def test_throttling_tells_how_long() -> None:
    answer = Answer(429, b"", retry_after="Mon, 23 Nov 2026 09:00:30 GMT", date="Mon, 23 Nov 2026 09:00:00 GMT")
    with pytest.raises(Throttled) as caught:
        judge("/call", answer, now=NOW)
    assert caught.value.retry_after_s == 30.0
