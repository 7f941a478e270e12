import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from kiosk.errors import KioskError
from kiosk.kemru import ipn, status
from kiosk.kemru.errors import CallbackError, Malformed
from kiosk.kemru.ipn import Ipn
from kiosk.kemru.status import Status
from tests.support.callbacks import DOCUMENTED, notifications

LEAST = {"transactionRef": "KYA1", "status": "Pending"}


def read(**fields: object) -> Ipn:
    return ipn.parse(json.dumps({**LEAST, **fields}).encode())


def test_the_documented_notification_field_for_field() -> None:
    assert ipn.parse(DOCUMENTED) == Ipn(
        reference="KYA1234219488",
        status=Status.SUCCESS,
        code="0000",
        category="MobilePayout",
        source="+254739117883",
        destination="+254739117883",
        merchant_id="89",
        biller_receipt="WSA2639191930300",
        telco_reference="RA1388393",
        message="Your request has been processed successfully.",
        at=datetime(2025, 4, 11, 8, 20, tzinfo=UTC),
        amount=Decimal(1500),
    )


def test_what_is_written_is_the_documented_payload_in_its_order() -> None:
    written = json.loads(ipn.encode(ipn.parse(DOCUMENTED)))
    assert written == json.loads(DOCUMENTED)
    assert [*written] == [*json.loads(DOCUMENTED)]


def test_the_acknowledgement_is_the_documented_one() -> None:
    assert ipn.ACKNOWLEDGEMENT == b'{"status":"success"}'
    assert ipn.acknowledged(ipn.ACKNOWLEDGEMENT)
    assert ipn.acknowledged(b'{ "status": "success", "more": 1 }\n')


@pytest.mark.parametrize(
    "body", [b"", b"success", b'"success"', b'["success"]', b'{"status":"failed"}', b'{"status":1}']
)
def test_what_acknowledges_nothing(body: bytes) -> None:
    assert not ipn.acknowledged(body)


@given(notifications)
def test_written_and_read_again(notification: Ipn) -> None:
    assert ipn.parse(ipn.encode(notification)) == notification


def test_the_least_that_says_something() -> None:
    assert read() == Ipn("KYA1", Status.PENDING)
    assert not read().succeeded


def test_extra_fields_and_empty_ones_are_no_obstacle() -> None:
    empty = dict.fromkeys(
        ("category", "source", "MerchantID", "message", "transactionDate", "Amount", "status_code"), ""
    )
    assert read(**empty, details={"more": [1]}, new={"a": 1.5}) == Ipn("KYA1", Status.PENDING)
    nothing = dict.fromkeys(("category", "destination", "details", "transactionDate", "Amount", "status_code"))
    assert read(**nothing) == Ipn("KYA1", Status.PENDING)


@pytest.mark.parametrize("said", [each.value for each in Status])
@pytest.mark.parametrize("change", [str, str.upper, str.lower, lambda each: f" {each} "])
def test_every_documented_status_in_any_case(said: str, change: type[str]) -> None:
    assert read(status=change(said)).status.value == said


@pytest.mark.parametrize("said", ["", "Succes", "Successful", "OK", "0000", "\u017fuccess", "Queued"])
def test_other_statuses_are_never_guessed(said: str) -> None:
    assert status.read(said) is None
    with pytest.raises(Malformed, match="status"):
        read(status=said)


def test_only_success_and_failure_are_final() -> None:
    assert {each for each in Status if each.is_final} == {Status.SUCCESS, Status.FAILED}


@pytest.mark.parametrize("code", ["0000", "200", 0, 200, " 200 "])
def test_the_documented_codes_of_success(code: object) -> None:
    assert read(status="Success", status_code=code).succeeded
    for other in set(Status) - {Status.SUCCESS}:
        assert not read(status=other.value, status_code=code).succeeded


@pytest.mark.parametrize(
    "code", ["1100", "1104", "0001", "00000", "2OO", "201", 2000, "SUCCESS", "\uff10\uff10\uff10\uff10", "-0000"]
)
def test_any_other_code_is_kept_and_never_taken_for_success(code: object) -> None:
    notification = read(status="Success", status_code=code)
    assert notification.code == str(code)
    assert not notification.succeeded


def test_success_without_a_code_is_not_believed() -> None:
    assert not read(status="Success").succeeded


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ('"1500"', "1500"),
        ("1500", "1500"),
        ("1500.10", "1500.10"),
        ("0.1", "0.1"),
        ("1.5e3", "1500"),
        ("15E-1", "1.5"),
        ('" 1500.25 "', "1500.25"),
        ("0", "0"),
        ("999999999999999.999999", "999999999999999.999999"),
    ],
)
def test_amounts_are_exact_in_either_form(written: str, amount: str) -> None:
    body = f'{{"transactionRef": "KYA1", "status": "Pending", "Amount": {written}}}'
    found = ipn.parse(body.encode()).amount
    assert isinstance(found, Decimal)
    assert str(found) == amount


@pytest.mark.parametrize(
    "written",
    [
        *(
            '"NaN"',
            "NaN",
            '"Infinity"',
            "-Infinity",
            "-1",
            '"-1"',
            "-0.5",
            "-0.0",
            "true",
            "[]",
            "{}",
            '"1e3"',
            '"1,500"',
        ),
        *('"KES 1500"', '"+1500"', '"0x10"', '"1_500"', '"\u0661\u0665"', '"."', '".5"', '"1500."', '"1500.1234567"'),
        *("1e400", "1e999999999", "1e99999999999999999999", "1e-999999999", "0e999999999", "0e-999999999"),
        *('"1000000000000000"', "1000000000000000", f'"{"9" * 5000}"', "9" * 4000, "9" * 5000, f"0.{'1' * 5000}"),
    ],
    ids=range(34),
)
def test_what_is_no_amount(written: str) -> None:
    body = f'{{"transactionRef": "KYA1", "status": "Pending", "Amount": {written}}}'
    with pytest.raises(Malformed):
        ipn.parse(body.encode())


@pytest.mark.parametrize(
    ("written", "hour", "minute"),
    [
        ("2025-04-11 11:20AM", 11, 20),
        ("2025-04-11 12:05AM", 0, 5),
        ("2025-04-11 12:05PM", 12, 5),
        ("2025-04-11 01:59PM", 13, 59),
        ("2025-04-11 1:59PM", 13, 59),
        ("2025-04-11 11:20 PM", 23, 20),
        ("2025-04-11 13:20PM", 13, 20),
        ("2025-04-11 00:20AM", 0, 20),
    ],
)
def test_dates_are_nairobis(written: str, hour: int, minute: int) -> None:
    at = read(transactionDate=written).at
    assert at is not None
    assert at.utcoffset() == timedelta(hours=3)
    assert (at.year, at.month, at.day, at.hour, at.minute) == (2025, 4, 11, hour, minute)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "yesterday",
            "2025-04-11",
            "2025-04-11 11:20",
            "2025-04-11T11:20AM",
            "2025-02-30 11:20AM",
            "2025-04-11 24:20PM",
        ),
        *("2025-04-11 13:20AM", "2025-04-11 00:20PM", "2025-04-11 11:60AM", "0000-01-01 11:20AM", "9999-12-31 11:20PM"),
        *("2025-04-11 11:20AM 2025-04-11 11:20AM", "\u0662025-04-11 11:20AM"),
    ],
)
def test_what_is_no_date(written: str) -> None:
    with pytest.raises(Malformed, match="transactionDate"):
        read(transactionDate=written)


@pytest.mark.parametrize(
    "fields",
    [
        *(
            {"transactionRef": each}
            for each in (None, "", " ", True, 1.5, [], {}, "x" * 65, "a\x1b[2Jb", "a\u202eb", "\ud800")
        ),
        *({"status": each} for each in (None, 200, True, [], {})),
        *({"status_code": each} for each in (True, 1.0, [], {}, "0\x000", "0" * 65)),
        *({"source": each} for each in (True, 2.5, [], {}, "+254\n739")),
        *({"details": each} for each in ("", [], 1, {"biller_Receipt": []}, {"Telco_Reference": 1.5})),
        *({"message": each} for each in (1, [], {})),
        *({"transactionDate": each} for each in (1744359600, [], True)),
    ],
    ids=range(38),
)
def test_wrong_types_and_forms_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read(**fields)


@pytest.mark.parametrize("missing", ["transactionRef", "status"])
def test_without_reference_or_status_there_is_no_notification(missing: str) -> None:
    body = {name: value for name, value in LEAST.items() if name != missing}
    with pytest.raises(Malformed, match=missing):
        ipn.parse(json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"5", b'"Success"', b"\xff", b"[" * 100_000, b'{"a":' * 100_000, DOCUMENTED[:-1]),
        DOCUMENTED[:-1] + b',"status":"Success"}',
        DOCUMENTED[:-1] + b',"more":NaN}',
        DOCUMENTED + b" " * (1 << 20),
        *(b'{"\\ud800":1}', b'"\\ud800"', b'{"details":"\\ud800"}'),
    ],
    ids=range(15),
)
def test_what_is_no_notification_at_all(body: bytes) -> None:
    with pytest.raises(Malformed):
        ipn.parse(body)


def test_a_refusal_names_a_cure_and_quotes_nothing() -> None:
    for field in ("transactionRef", "status", "status_code", "source", "transactionDate", "Amount"):
        for value in ("0712345678\x00", ["0712345678"], {"0712345678": "0712345678"}, "x0712345678" * 99):
            with pytest.raises(CallbackError) as refused:
                read(**{field: value})
            assert isinstance(refused.value, KioskError)
            assert refused.value.cure
            assert "0712345678" not in f"{refused.value!r} {refused.value.cure}"


def test_nothing_personal_is_in_a_repr() -> None:
    shown = repr(ipn.parse(DOCUMENTED.replace(b"Your request", b"Verah Okoth 0739117883")))
    assert shown == "Ipn(reference='KYA1234219488', status='Success', code='0000')"


def test_messages_cannot_move_a_terminals_cursor() -> None:
    assert read(message="paid\x1b[2J\r\nall\u202e").message == "paid [2J all"


@pytest.mark.parametrize(
    "fields",
    [
        *({"amount": Decimal(each)} for each in ("NaN", "sNaN", "Infinity", "-1", "1E+30", "1E-30", "0.0000001")),
        *({"reference": each} for each in ("", " padded ", "x" * 65, "a\nb")),
        {"at": datetime(2025, 4, 11, 11, 20)},  # noqa: DTZ001  that is what is refused
        {"at": datetime(1999, 4, 11, 11, 20, tzinfo=UTC)},
        {"category": ""},
        {"message": "x" * 201},
    ],
    ids=range(15),
)
def test_what_could_not_be_read_is_not_written(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"IPN"):
        ipn.encode(Ipn(**{"reference": "KYA1", "status": Status.SUCCESS, **fields}))  # type: ignore[arg-type]


def test_seconds_are_dropped_and_exponents_are_spelled_out() -> None:
    at = datetime(2025, 4, 11, 21, 5, 59, 7, tzinfo=UTC)
    written = json.loads(ipn.encode(Ipn("KYA1", Status.SUCCESS, at=at, amount=Decimal("1.5E+3"))))
    assert (written["transactionDate"], written["Amount"]) == ("2025-04-12 12:05AM", "1500")
