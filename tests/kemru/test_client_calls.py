"""Every call, against the real sandbox over HTTP."""

from decimal import Decimal
from typing import Any

import pytest

from kiosk.kemru import BUNDLES, Airtime, Business, Kemru, NoFloat, Rejected, Sms, UnknownOutcome, Verification
from kiosk.kemru.wire import Prepared
from kiosk.models import Direction
from kiosk.sandbox import DEMO_MEMBERS, SandboxMember, SandboxServer
from tests.support.platform import client, scan, sms


@pytest.mark.parametrize("parameters", ["body", "query"])
def test_a_scan_and_everything_read_back(platform: SandboxServer, parameters: str) -> None:
    with client(platform, get_parameters=parameters) as kemru:
        receipt = kemru.report(scan(offline=True))
        assert (receipt.delivered, receipt.duplicate, receipt.reference) == (True, False, "0197-scan-1")
        assert kemru.report(scan(offline=True)).duplicate
        (record,) = kemru.attendance("20170")
        assert (record.reference, record.time, record.direction) == ("0197-scan-1", scan().time, "in")
        assert kemru.attendance("20171") == []
        roster = kemru.roster()
        assert [each.name for each in roster.members] == [each.name for each in DEMO_MEMBERS]
        assert [each.reference for each in roster.attendance] == ["0197-scan-1"]
        assert len(roster.users) == 1
    (row,) = platform.state.ledger()["attendance"]
    assert (row["acted"], row["duplicates"], row["conflicts"], row["offline_mode"]) == (1, 1, 0, 1)


def test_a_scan_on_time_is_not_marked_as_offline(platform: SandboxServer, kemru: Kemru) -> None:
    kemru.report(scan(direction=Direction.OUT))
    (row,) = platform.state.ledger()["attendance"]
    assert (row["offline_mode"], row["direction"]) == (0, "out")


def test_many_scans_of_one_person(platform: SandboxServer, kemru: Kemru) -> None:
    for number in range(205):
        assert kemru.report(scan(f"r{number}")).delivered
    assert len(platform.state.ledger()["attendance"]) == 205


@pytest.mark.parametrize("identifier", ["20172", "AK0000103"])
def test_a_member_by_uid_and_by_passport(kemru: Kemru, identifier: str) -> None:
    reply = kemru.member(identifier)
    assert (reply.member.uid, reply.member.phone, reply.sms_status) == ("20172", "+254733000103", "Not Sent")


def test_names_with_every_kind_of_letter(platform: SandboxServer, kemru: Kemru) -> None:
    names = ["ŊG'ANG'A José", "'; DROP TABLE members; --", "[red]محمد[/red] 李", "N" * 180]
    for number, name in enumerate(names):
        platform.state.people.put_member(SandboxMember(f"0{number}", name))
    assert [each.name for each in kemru.roster().members][: len(names)] == names
    assert len(platform.state.people.members()) == len(names) + len(DEMO_MEMBERS)


def test_F079_somebody_the_platform_does_not_know(kemru: Kemru) -> None:
    for call in (
        lambda: kemru.member("nobody"),
        lambda: kemru.report(scan(uid="nobody")),
        lambda: kemru.user("nobody"),
    ):
        with pytest.raises(Rejected) as caught:
            call()
        assert caught.value.code == "1109"


def test_a_message_is_sent_once_and_found_again(platform: SandboxServer, kemru: Kemru) -> None:
    receipt = kemru.send_sms(sms())
    assert (receipt.delivered, receipt.duplicate) == (True, False)
    assert kemru.send_sms(sms()).duplicate
    assert kemru.verify("0197-sms-1") == Verification(
        "Success",
        "0000",
        found=True,
        reference="0197-sms-1",
        merchant_reference=receipt.platform_reference,
        category="SMS",
        amount=Decimal("1.00"),
    )
    assert receipt.platform_reference is not None
    assert kemru.verify(receipt.platform_reference).found
    (row,) = platform.state.ledger()["sms"]
    assert (row["phone"], row["otp"], row["message"]) == ("0711000101", "4823", "AKINYI arrived at 07:58")
    assert (row["acted"], row["duplicates"]) == (1, 1)
    assert kemru.member("20170").member.balance == 15


@pytest.mark.parametrize(
    "change",
    [{"direction": Direction.OUT}, {"time": "2026-11-23T17:58:10+03:00"}, {"time": "2026-11-23T07:58:12+03:00"}],
)
def test_F063_a_duplicate_of_another_scan_is_rejected(kemru: Kemru, change: dict[str, Any]) -> None:
    kemru.report(scan())
    with pytest.raises(Rejected, match="another scan") as caught:
        kemru.report(scan(**change))
    assert caught.value.reference == "0197-scan-1"
    assert kemru.report(scan(**change), read_back=False).duplicate


@pytest.mark.parametrize(
    "time", ["2026-11-23T07:58:10.250+03:00", "2026-11-23T04:58:10.250Z", "2026-11-23T07:58:10+03:00"]
)
def test_F063_a_duplicate_of_the_same_scan_is_delivered_however_its_time_is_spelt(kemru: Kemru, time: str) -> None:
    kemru.report(scan())
    assert kemru.report(scan(time=time, device="another gate")).duplicate


def test_F063_a_duplicate_that_is_not_shown_is_unknown(platform: SandboxServer, kemru: Kemru) -> None:
    kemru.report(scan())
    with pytest.raises(UnknownOutcome, match="does not show it"):
        kemru.report(scan(uid="20171"))


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 429}, {"kind": "code", "code": "1109"}])
def test_F063_a_duplicate_that_cannot_be_read_back_is_unknown(platform: SandboxServer, fault: dict[str, Any]) -> None:
    def look(request: Prepared) -> None:
        if "reference" not in request.body:
            platform.fault(**fault, count=1)

    with client(platform, before_request=look) as kemru:
        kemru.report(scan())
        with pytest.raises(UnknownOutcome, match="does not tell what"):
            kemru.report(scan())


def test_F063_a_business_that_is_registered_is_shown_as_it_is(platform: SandboxServer, kemru: Kemru) -> None:
    first = Business("Mwangaza School", "+254739117883", "school.example", "office@school.example")
    assert kemru.register_business(first).business == first
    other = Business("Another", "0711000101", "other.example", "office@school.example")
    found = kemru.register_business(other)
    assert found.business == first
    assert found.merchant_id
    platform.fault("down", path="/api-confirm", count=1)
    with pytest.raises(UnknownOutcome, match="already has it"):
        kemru.register_business(other)


@pytest.mark.parametrize("reference", ["KT677833", "kt1", "KYA1234219488"])
def test_a_reference_like_the_platforms_own_is_refused(kemru: Kemru, reference: str) -> None:
    for order in (
        sms(reference),
        Airtime.bundle(BUNDLES["DailyData1GB"], phone="0747117883", initiator_phone="0739117883", reference=reference),
    ):
        with pytest.raises(Rejected, match="platform's own"):
            kemru.submit(order)
    assert kemru.verify(reference).found is False


def test_an_unknown_reference_is_not_found(kemru: Kemru) -> None:
    assert kemru.verify("never-heard-of") == Verification("", "7001", found=False)


@pytest.mark.parametrize(
    "reference", ["", "..", "../../sandbox/ledger", "a/b", "a b", "ü", "x?y=1", "x#y", "%2e", "x" * 65, "x\n"]
)
def test_a_reference_cannot_lead_elsewhere(platform: SandboxServer, kemru: Kemru, reference: str) -> None:
    with pytest.raises(Rejected):
        kemru.verify(reference)
    assert platform.state.traffic.summary(0)["total"] == 0


def test_a_one_time_code_has_no_text(platform: SandboxServer, kemru: Kemru) -> None:
    kemru.send_sms(Sms(phone="+254110000101", otp="482311", reference="otp-1"))
    (row,) = platform.state.ledger()["sms"]
    assert (row["phone"], row["message"]) == ("0110000101", "")


@pytest.mark.parametrize("phone", ["", "+255712345678", "12345", "+254839117883"])
def test_no_request_is_spent_on_a_number_that_cannot_be(platform: SandboxServer, kemru: Kemru, phone: str) -> None:
    with pytest.raises(Rejected) as caught:
        kemru.send_sms(sms(phone=phone))
    assert (caught.value.code, caught.value.reference) == ("8002", "0197-sms-1")
    assert platform.state.traffic.summary(0)["total"] == 0


def test_F064_an_empty_wallet_stops_messages_only(platform: SandboxServer, kemru: Kemru) -> None:
    platform.state.wallet.cents = 100
    kemru.send_sms(sms())
    with pytest.raises(NoFloat) as caught:
        kemru.send_sms(sms("0197-sms-2"))
    assert (caught.value.code, caught.value.reference) == ("1107", "0197-sms-2")
    assert kemru.balance().amount == Decimal(0)
    assert kemru.send_sms(sms()).duplicate
    assert kemru.report(scan()).delivered
    platform.state.wallet.cents = 500
    assert kemru.send_sms(sms("0197-sms-2")).delivered


@pytest.mark.parametrize(
    ("prefix", "network"),
    [("722", "SAFARICOM"), ("110", "SAFARICOM"), ("733", "AIRTEL"), ("747", "FAIBA"), ("999", None)],
)
def test_networks(kemru: Kemru, prefix: str, network: str | None) -> None:
    assert kemru.telco(prefix) == network


def test_telco_check_refuses_what_is_no_prefix(kemru: Kemru) -> None:
    for prefix in ("7 2", "", "0722"):
        with pytest.raises(Rejected) as caught:
            kemru.telco(prefix)
        assert (caught.value.code, caught.value.http_status) == ("8003", None)


def test_balance_and_user(kemru: Kemru) -> None:
    assert kemru.balance().amount == Decimal(100_000)
    assert kemru.user("717445").name == "Wanjiru Mwangi"


def test_one_connection_serves_many_calls(platform: SandboxServer) -> None:
    seen: list[Prepared] = []
    with client(platform, before_request=seen.append) as kemru:
        kemru.balance()
        kemru.report(scan())
        kemru.verify("x")
        pool = kemru._exchange._client._transport._pool  # type: ignore[attr-defined]
        assert [each._connection._request_count for each in pool.connections] == [3]
    assert [each.target for each in seen] == ["/api-link", "/api-single", "/transactions/x/verify"]


def test_a_spent_budget_sends_nothing(platform: SandboxServer) -> None:
    def refuse(_request: Prepared) -> None:
        raise LookupError("no budget")

    with client(platform, before_request=refuse) as kemru, pytest.raises(LookupError):
        kemru.balance()
    assert platform.state.traffic.summary(0)["total"] == 0


@pytest.mark.parametrize("field", ["reference", "message"])
def test_F080_what_cannot_be_encoded_is_rejected_and_not_shown(kemru: Kemru, field: str) -> None:
    poisoned = {"reference": "0197", "message": "fine", field: "half \ud83d a smile"}
    with pytest.raises(Rejected) as caught:
        kemru.send_sms(sms(**poisoned))
    assert "half" not in str(caught.value)
    assert caught.value.__cause__ is None
