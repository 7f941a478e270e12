import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kiosk.kemru import replies
from kiosk.kemru.errors import KemruError, SignatureRefused, Throttled, UnknownOutcome
from kiosk.kemru.messages import Business, BusinessRecord, Roster, ScanReport, Verification
from kiosk.kemru.verdict import Answer, Reply, judge
from kiosk.models import Direction

DOCUMENTED_MEMBER = {
    "status_code": "200",
    "id": "20170",
    "partnerid": "19",
    "emp_name": "SAGINI OBED",
    "phone": "+254739117883",
    "gender": "Male",
    "title": "Student",
    "bal": "16",
    "SmsStatus": "Sent",
}
DOCUMENTED_USER = {
    "id": "717445",
    "firstname": "Verah",
    "lastname": "Okoth",
    "phone": "+254739117883",
    "email": "system@kemrut.com",
    "country": "Kenya",
}
DOCUMENTED_BUSINESS = {
    "name": "Kemru Technologies",
    "contact": "+254739117883",
    "link": "developer.kemrut.com",
    "email": "system@kemrut.com",
}
SCAN = {"uid": "20170", "time": "2026-11-23T07:58:10+03:00", "reference": "r1", "direction": "in", "device": "gate"}
REPORTED = ScanReport("20170", "r1", "2026-11-23T07:58:10+03:00", Direction.IN, "gate")


def answer(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode(), "application/json")


def reply(body: object) -> Reply:
    return judge("/call", answer(body), now=datetime(2026, 11, 23, tzinfo=UTC))


def verification(body: object, status: int = 200, about: str = "s1") -> Verification:
    return replies.verification("/call", answer(body, status), about, now=datetime(2026, 11, 23, tzinfo=UTC))


def roster(*items: object) -> Roster:
    return replies.roster(reply([*items]))


def test_the_documented_records_are_told_apart() -> None:
    read = roster({"access_token": "301-565-660-353/1953"}, DOCUMENTED_USER, DOCUMENTED_MEMBER, SCAN)
    (member,), (user,), (scan,) = read.members, read.users, read.attendance
    assert (member.uid, member.name, member.phone) == ("20170", "SAGINI OBED", "+254739117883")
    assert (member.gender, member.title, member.balance) == ("Male", "Student", 16)
    assert (user.id, user.name, user.email) == ("717445", "Verah Okoth", "system@kemrut.com")
    assert (scan.uid, scan.reference, scan.direction) == ("20170", "r1", "in")
    assert (read.skipped, read.notes) == (0, ())


def test_a_uid_is_preferred_to_the_id_and_numbers_are_taken() -> None:
    read = roster(
        {"emp_name": "A", "id": 1, "uid": 77},
        {"emp_name": "B", "id": 2, "uid": ""},
        {"emp_name": "C", "id": "3", "bal": 4.0},
    )
    assert [(each.uid, each.balance) for each in read.members] == [("77", None), ("2", None), ("3", 4)]


@pytest.mark.parametrize(
    ("said", "balance"),
    [
        ("16", 16),
        (16.0, 16),
        ("-3", -3),
        (" 7 ", 7),
        ("", None),
        ("much", None),
        ("1e999999999", None),
        (1e308, None),
        (10**20, None),
        ("9" * 20, None),
        ("\u0661", None),
        ("1_000", None),
    ],
    ids=range(12),
)
def test_a_credit_is_a_number_that_can_be_kept(said: object, balance: int | None) -> None:
    """An exponent once stood for a thousand million digits, and took all the memory there was."""
    assert roster({**DOCUMENTED_MEMBER, "bal": said}).members[0].balance == balance


@pytest.mark.parametrize("phone", ["none", "12", "+254", "0839117883"])
def test_a_member_with_an_unusable_phone_is_kept_and_counted(phone: str) -> None:
    read = roster({**DOCUMENTED_MEMBER, "phone": phone})
    assert read.members[0].phone is None
    assert read.skipped == 1
    assert "20170" in read.notes[0]
    assert phone not in read.notes[0]


@pytest.mark.parametrize("phone", ["", None])
def test_a_member_without_a_phone_is_no_mistake(phone: str | None) -> None:
    assert roster({**DOCUMENTED_MEMBER, "phone": phone}).skipped == 0


@pytest.mark.parametrize(
    "item",
    [
        5,
        None,
        "text",
        [],
        {},
        {"unknown": 1},
        {"emp_name": 5, "id": "1"},
        {"emp_name": "no id"},
        {"emp_name": "A", "id": ""},
        {"emp_name": "A", "id": True},
        {"emp_name": "A", "id": "x" * 65},
        {"emp_name": "A", "id": "1\x1b[2J"},
        {"emp_name": "A", "id": "1", "bal": [16]},
        {"firstname": None, "id": "1"},
        {"uid": "1", "time": 5},
        {"uid": None, "time": "2026-11-23"},
    ],
    ids=range(16),
)
def test_a_bad_record_costs_only_itself(item: object) -> None:
    read = roster(item, DOCUMENTED_MEMBER)
    assert [each.uid for each in read.members] == ["20170"]
    assert read.skipped == 1


def test_one_uid_never_stands_for_two_people() -> None:
    read = roster(DOCUMENTED_MEMBER, {**DOCUMENTED_MEMBER, "emp_name": "ANOTHER"})
    assert [each.name for each in read.members] == ["SAGINI OBED"]
    assert read.skipped == 1


def test_notes_are_bounded() -> None:
    read = roster(*range(1000))
    assert read.skipped == 1000
    assert len(read.notes) <= 20


def test_words_for_people_hold_no_control_characters() -> None:
    read = roster({"emp_name": "A\x1b[31mB\u202e\x00 \n C" + "x" * 5000, "id": "1"})
    name = read.members[0].name
    assert name.startswith("A [31mB C")
    assert name.isprintable()
    assert len(name) <= 200


def test_the_one_member() -> None:
    read = replies.member(reply(DOCUMENTED_MEMBER))
    assert (read.member.uid, read.sms_status) == ("20170", "Sent")


@pytest.mark.parametrize("body", [[DOCUMENTED_MEMBER], {"status_code": "200"}, {**DOCUMENTED_MEMBER, "emp_name": 1}])
def test_what_is_no_member(body: object) -> None:
    with pytest.raises(UnknownOutcome):
        replies.member(reply(body))


def test_a_scan_is_delivered_only_if_the_answer_shows_it() -> None:
    assert replies.scan_receipt(reply([SCAN]), REPORTED).delivered
    assert replies.scan_receipt(reply({"status_code": "8006"}), REPORTED).duplicate


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{**SCAN, "reference": "r2"}],
        [{**SCAN, "uid": "20171"}],
        [{**SCAN, "reference": None}],
        {"status_code": "0000", "reference": "r1"},
        {"status_code": "8006", "reference": "r2"},
        [{**SCAN, "direction": "out"}],
        [{**SCAN, "time": "2026-11-23T08:58:10+03:00"}],
    ],
    ids=range(8),
)
def test_F076_success_for_another_event_is_unknown(body: object) -> None:
    with pytest.raises(UnknownOutcome):
        replies.scan_receipt(reply(body), REPORTED)


@pytest.mark.parametrize("code", ["8006", "9005"])
def test_the_status_of_a_duplicate_is_that_of_the_request_alone(code: str) -> None:
    receipt = replies.receipt(reply({"status": "Failed", "status_code": code}), "s1")
    assert (receipt.duplicate, receipt.status) == (True, None)


def test_an_accepted_message() -> None:
    body = {
        "status": "Pending",
        "status_code": "200",
        "merchant_reference": "KT677833",
        "transactiontxt": "Request accepted!",
    }
    receipt = replies.receipt(reply(body), "s1")
    assert (receipt.delivered, receipt.reference, receipt.platform_reference) == (True, "s1", "KT677833")
    assert receipt.note == "accepted (KT677833)"
    assert replies.receipt(reply({"status_code": "9005"}), "s1").note == "the platform already had it"


@pytest.mark.parametrize("body", [[], {"status_code": "0000", "reference": "s2"}])
def test_F076_an_answer_about_another_message_is_unknown(body: object) -> None:
    with pytest.raises(UnknownOutcome):
        replies.receipt(reply(body), "s1")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Success", "0000"),
        ("Success", "200"),
        ("Processing", "1100"),
        ("Pending", "1100"),
        ("Retry", "1100"),
        ("Failed", "1107"),
        ("Queued (Offline)", "1100"),
    ],
)
def test_a_verification_in_every_documented_status(status: str, code: str) -> None:
    body = {"status": status, "status_code": code, "transactionRef": "KT1", "reference": "s1"}
    expected = Verification(status, code, found=True, reference="s1")
    assert verification(body) == expected
    assert verification(body, about="KT1") == expected
    assert verification({**body, "status": f" {status.upper()}\n"}) == expected


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ("1500", 1500),
        (1500, 1500),
        (1500.5, Decimal("1500.5")),
        ("1,500", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_what_a_verification_tells_besides(told: object, amount: Decimal | None) -> None:
    body = {"status": "Success", "status_code": "0000", "reference": "s1", "merchant_reference": "KT1", "Amount": told}
    found = verification({**body, "category": "SMS"})
    assert (found.reference, found.merchant_reference, found.category, found.amount) == ("s1", "KT1", "SMS", amount)
    assert verification({**body, "category": 5}).category is None


@pytest.mark.parametrize("status", [200, 404])
def test_an_unknown_reference(status: int) -> None:
    body = {"status": "Failed", "status_code": "7001"}
    assert verification(body, status) == Verification("", "7001", found=False)


@pytest.mark.parametrize("status", [201, 301, 302, 400, 403, 409, 500, 502, 503])
def test_not_found_is_believed_of_nobody_else(status: int) -> None:
    for named in ({}, {"reference": "s1"}):
        with pytest.raises(UnknownOutcome):
            verification({"status": "Failed", "status_code": "7001", **named}, status)
    with pytest.raises(Throttled):
        verification({"status": "Failed", "status_code": "7001"}, 429)


def test_a_verification_that_names_no_reference_needs_a_code_of_success() -> None:
    assert verification({"status": "Success", "status_code": "0000"}).found
    with pytest.raises(SignatureRefused):
        verification({"status": "Failed", "status_code": "1104"})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "Success", "status_code": "0000", "reference": "s2"}, 200),
        ({"status": "Wonderful", "status_code": "0000", "reference": "s1"}, 200),
        ({"status_code": "0000", "reference": "s1"}, 200),
        ({"status": "Success", "status_code": "0000", "reference": "s1"}, 500),
        ([], 200),
        ([{"status": "Success", "status_code": "0000", "reference": "s1"}], 200),
        # What speaks of a transaction never says that the question was refused, whatever its code.
        ({"status": "Success", "status_code": "1107", "reference": "s1"}, 200),
        ({"status": "Success", "status_code": "1100", "reference": "s1"}, 200),
        ({"status": "Success", "status_code": "9999", "reference": "s1"}, 200),
        ({"status": "Failed", "status_code": "0000", "reference": "s1"}, 200),
        ({"status": "Failed", "status_code": 200, "reference": "s1"}, 200),
        ({"status": "Wonderful", "status_code": "1107", "reference": "s1"}, 200),
        # Nor that it never came.
        ({"status": "Failed", "status_code": "7001", "reference": "s2"}, 200),
        ({"status": "Success", "status_code": "7001", "reference": "s1"}, 200),
        ({"status": "Pending", "status_code": "7001"}, 400),
        ({"status": "Pending", "status_code": "7001"}, 200),
    ],
)
def test_what_verifies_nothing(body: object, status: int) -> None:
    with pytest.raises(KemruError) as caught:
        verification(body, status)
    assert type(caught.value) is UnknownOutcome


def test_a_transaction_that_failed_as_unknown_was_there_all_the_same() -> None:
    body = {"status": "Failed", "status_code": "7001", "transactionRef": "KT1", "reference": "s1"}
    assert verification(body) == Verification("Failed", "7001", found=True, reference="s1")


@pytest.mark.parametrize("amount", ["1500", 1500, 1500.0, "1500.00"])
def test_the_balance(amount: object) -> None:
    assert replies.balance(reply({"status_code": "200", "balance": amount})).amount == 1500


@pytest.mark.parametrize("amount", ["much", "NaN", None, [], True, "", "1e9", "1E+999999999", "1_000", "\u0661", 1e300])
def test_what_is_no_balance(amount: object) -> None:
    with pytest.raises(UnknownOutcome):
        replies.balance(reply({"status_code": "200", "balance": amount}))


@pytest.mark.parametrize("body", [[], [{"status_code": "0000"}], [{"status_code": "8006"}]])
def test_a_list_registers_no_callback(body: object) -> None:
    with pytest.raises(UnknownOutcome):
        replies.callback(reply(body))


def test_a_callback_is_new_or_was_there() -> None:
    assert replies.callback(reply({"status_code": "0000"}))
    assert not replies.callback(reply({"status_code": "8006"}))


@pytest.mark.parametrize(
    "read",
    [
        replies.roster,
        replies.user,
        replies.member,
        replies.balance,
        replies.telco,
        lambda told: replies.business(told, None),
    ],
)
@pytest.mark.parametrize("envelop", [lambda body: body, lambda body: [body]], ids=["object", "list"])
def test_a_duplicate_answers_no_question(read: Callable[[Reply], object], envelop: Callable[[object], object]) -> None:
    """A roster that is nothing but a duplicate once was one of nobody."""
    everything = {**DOCUMENTED_BUSINESS, "balance": 5, "telco": "AIRTEL", "id": "1", "status_code": "8006"}
    with pytest.raises(UnknownOutcome):
        read(reply(envelop(everything)))


def test_a_business_is_the_one_that_was_asked_for() -> None:
    asked = Business(**DOCUMENTED_BUSINESS)
    assert replies.business(reply({"status_code": "0000"}), asked) == BusinessRecord(asked)
    told = {**DOCUMENTED_BUSINESS, "status_code": 200, "MerchantID": 89}
    assert replies.business(reply(told), asked) == BusinessRecord(asked, "89")
    for wrong in ({"email": "another@kemrut.com"}, {"name": 5}, {"email": None}):
        with pytest.raises(UnknownOutcome):
            replies.business(reply({**told, **wrong}), asked)


def test_telco_and_user() -> None:
    assert replies.telco(reply({"status_code": "0000", "telco": "SAFARICOM"})) == "SAFARICOM"
    assert replies.user(reply([{"access_token": "x"}, DOCUMENTED_USER])).name == "Verah Okoth"
    with pytest.raises(UnknownOutcome):
        replies.telco(reply({"status_code": "0000", "telco": 5}))
    with pytest.raises(UnknownOutcome):
        replies.telco(reply({"status_code": "0000", "telco": " "}))
    with pytest.raises(UnknownOutcome):
        replies.user(reply([{"access_token": "x"}]))
