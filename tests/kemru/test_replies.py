import json
from datetime import UTC, datetime

import pytest

from kiosk.kemru import replies
from kiosk.kemru.errors import UnknownOutcome
from kiosk.kemru.messages import Roster, Verification
from kiosk.kemru.verdict import Answer, Reply, judge

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
SCAN = {"uid": "20170", "time": "2026-11-23T07:58:10+03:00", "reference": "r1", "direction": "in", "device": "gate"}


def answer(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode(), "application/json")


def reply(body: object) -> Reply:
    return judge("/call", answer(body), now=datetime(2026, 11, 23, tzinfo=UTC))


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
    assert replies.scan_receipt(reply([SCAN]), "20170", "r1").delivered
    assert replies.scan_receipt(reply({"status_code": "8006"}), "20170", "r1").duplicate


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{**SCAN, "reference": "r2"}],
        [{**SCAN, "uid": "20171"}],
        [{**SCAN, "reference": None}],
        {"status_code": "0000", "reference": "r1"},
        {"status_code": "8006", "reference": "r2"},
    ],
    ids=range(6),
)
def test_F076_success_for_another_event_is_unknown(body: object) -> None:
    with pytest.raises(UnknownOutcome):
        replies.scan_receipt(reply(body), "20170", "r1")


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


@pytest.mark.parametrize("status", ["Success", "Processing", "Pending", "Retry", "Failed", "Queued (Offline)"])
def test_a_verification_in_every_documented_status(status: str) -> None:
    body = {"status": status, "status_code": "1107", "transactionRef": "KT1", "reference": "s1"}
    assert replies.verification(answer(body), "s1") == Verification(status, "1107", found=True)
    assert replies.verification(answer(body), "KT1") == Verification(status, "1107", found=True)


@pytest.mark.parametrize("status", [200, 400, 404])
def test_an_unknown_reference(status: int) -> None:
    body = {"status": "Failed", "status_code": "7001"}
    assert replies.verification(answer(body, status), "s1") == Verification("", "7001", found=False)


def test_a_verification_that_names_no_reference_needs_a_code_of_success() -> None:
    assert replies.verification(answer({"status": "Success", "status_code": "0000"}), "s1") is not None
    assert replies.verification(answer({"status": "Failed", "status_code": "1104"}), "s1") is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "Success", "status_code": "0000", "reference": "s2"}, 200),
        ({"status": "Wonderful", "status_code": "0000", "reference": "s1"}, 200),
        ({"status_code": "0000", "reference": "s1"}, 200),
        ({"status": "Success", "status_code": "0000", "reference": "s1"}, 500),
        ([], 200),
    ],
)
def test_what_verifies_nothing(body: object, status: int) -> None:
    assert replies.verification(answer(body, status), "s1") is None


@pytest.mark.parametrize("amount", ["1500", 1500, 1500.0, "1500.00"])
def test_the_balance(amount: object) -> None:
    assert replies.balance(reply({"status_code": "200", "balance": amount})).amount == 1500


@pytest.mark.parametrize("amount", ["much", "NaN", "Infinity", None, [], True, ""])
def test_what_is_no_balance(amount: object) -> None:
    with pytest.raises(UnknownOutcome):
        replies.balance(reply({"status_code": "200", "balance": amount}))


def test_telco_and_user() -> None:
    assert replies.telco(reply({"status_code": "0000", "telco": "SAFARICOM"})) == "SAFARICOM"
    assert replies.user(reply([{"access_token": "x"}, DOCUMENTED_USER])).name == "Verah Okoth"
    with pytest.raises(UnknownOutcome):
        replies.telco(reply({"status_code": "0000", "telco": 5}))
    with pytest.raises(UnknownOutcome):
        replies.user(reply([{"access_token": "x"}]))
