"""Orders as the platform takes them on: how they move, what they do to the money, and what is refused."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiosk.kemru import (
    Airtime,
    BankPayout,
    Bill,
    BillChannel,
    Business,
    BusinessPayment,
    Channel,
    Checkout,
    Kemru,
    MobilePayout,
    NoFloat,
    Order,
    PinAirtime,
    Rejected,
    Telco,
    Transfer,
    Unavailable,
)
from kiosk.kemru.catalogue import BUNDLES
from kiosk.sandbox import DEMO_MERCHANT, Outcome, SandboxServer
from kiosk.sandbox.wallet import FIRST_CENTS
from tests.support.platform import Hands, ask, client, sandbox, signed, sms

PHONE = "+254739117883"


def payout(reference: str = "pay-1", **changes: Any) -> MobilePayout:
    facts: dict[str, Any] = {"phone": PHONE, "amount": 1500, "channel": Channel.MPESA, "initiator_name": "John Doe"}
    return MobilePayout(reference=reference, **(facts | changes))


ORDERS: dict[str, Order] = {
    "mobile-payout": payout("o-1"),
    "bank-payout": BankPayout(
        reference="o-2", account_number="0123456789", phone=PHONE, bank="103", amount=1500, initiator_name="John Doe"
    ),
    "checkout": Checkout(reference="o-3", phone=PHONE, amount=1500, channel=Channel.MPESA, reason="Invoice #1234"),
    "transfer": Transfer(
        reference="o-4",
        from_institution="103",
        from_account="111",
        to_institution="301",
        to_account="222",
        amount=1500,
    ),
    "b2b": BusinessPayment(reference="o-5", short_code="4079491", identifier=PHONE, amount=1500, remarks="Settlement"),
    "airtime": Airtime(reference="o-6", phone=PHONE, amount=1500, telco=Telco.SAFARICOM, initiator_phone=PHONE),
    "bill": Bill(reference="o-7", account_number="37123456789", amount=1500, channel=BillChannel.KENYA_POWER),
    "pin-airtime": PinAirtime(reference="o-8", phone=PHONE, amount=1500, telco=Telco.AIRTEL),
}
EFFECTS = {"checkout": +1500_00}
"""What a success does to the wallet, in cents; the others pay 1,500 shillings."""


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def slow(tmp_path: Path, clock: Hands) -> Iterator[SandboxServer]:
    """A sandbox whose orders stay a minute in each state."""
    with sandbox(tmp_path, clock=clock) as server:
        server.state.transactions.pace = 60
        yield server


def states(platform: SandboxServer, kemru: Kemru, clock: Hands, reference: str) -> list[str]:
    found = [kemru.verify(reference).status]
    while platform.state.transactions.next_due() is not None and len(found) < 9:
        clock.now += 60
        found.append(kemru.verify(reference).status)
    return found


@pytest.mark.parametrize("call", ORDERS)
def test_every_order_succeeds_once_and_moves_its_money(platform: SandboxServer, kemru: Kemru, call: str) -> None:
    receipt = kemru.submit(ORDERS[call])
    assert (receipt.delivered, receipt.duplicate, receipt.status, receipt.code) == (True, False, "Pending", "200")
    assert receipt.platform_reference is not None
    assert kemru.submit(ORDERS[call]).duplicate
    assert kemru.verify(ORDERS[call].reference).status == "Success"
    assert kemru.verify(receipt.platform_reference).found
    assert platform.state.wallet.cents - FIRST_CENTS == EFFECTS.get(call, -1500_00)
    (row,) = platform.state.ledger()["orders"]
    assert (row["call"], row["acted"], row["duplicates"], row["conflicts"]) == (call, 1, 1, 0)


def test_it_moves_through_the_documented_states(slow: SandboxServer, clock: Hands) -> None:
    with client(slow) as kemru:
        kemru.submit(payout())
        assert states(slow, kemru, clock, "pay-1") == ["Pending", "Processing", "Success"]


@pytest.mark.parametrize(
    ("rule", "expected", "left"),
    [
        (Outcome("1105"), ["Pending", "Processing", "Retry", "Failed"], FIRST_CENTS),
        (Outcome(retries=True), ["Pending", "Processing", "Retry", "Success"], FIRST_CENTS - 1500_00),
    ],
)
def test_it_fails_or_tries_again_by_rule(
    slow: SandboxServer, clock: Hands, rule: Outcome, expected: list[str], left: int
) -> None:
    slow.outcomes.add(rule)
    with client(slow) as kemru:
        kemru.submit(payout())
        assert slow.state.wallet.cents == FIRST_CENTS - 1500_00
        assert states(slow, kemru, clock, "pay-1") == expected
        assert slow.state.wallet.cents == left


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Outcome("1105", call="mobile-payout"), True),
        (Outcome("1105", call="b2b"), False),
        (Outcome("1105", destination="7883"), True),
        (Outcome("1105", destination="7884"), False),
        (Outcome("1105", amount="1500"), True),
        (Outcome("1105", amount="1501"), False),
        (Outcome("1105", chance=0.0), False),
    ],
)
def test_rules_choose(platform: SandboxServer, kemru: Kemru, rule: Outcome, *, fits: bool) -> None:
    platform.outcomes.add(rule)
    kemru.submit(payout())
    assert (kemru.verify("pay-1").status == "Failed") is fits


def test_what_is_queued_waits_for_the_network_and_is_checked_then(slow: SandboxServer, clock: Hands) -> None:
    slow.state.transactions.online = False
    slow.state.wallet.cents = 2000_00
    with client(slow) as kemru:
        first = kemru.submit(payout("q-1", offline=True))
        assert (first.status, bool(first.provisional)) == ("Queued (Offline)", True)
        kemru.submit(payout("q-2", offline=True))
        clock.now += 3600
        assert kemru.verify("q-1").status == "Queued (Offline)"
        assert slow.state.wallet.cents == 2000_00
        slow.state.transactions.online = True
        assert states(slow, kemru, clock, "q-1")[-1] == "Success"
        assert (kemru.verify("q-2").status, kemru.verify("q-2").code) == ("Failed", "1107")
        assert slow.state.wallet.cents == 500_00


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (payout("q-1", amount=250_001, offline=True), "8005"),
        (
            Airtime(
                reference="q-1", phone=PHONE, amount=10_001, telco=Telco.AIRTEL, initiator_phone=PHONE, offline=True
            ),
            "9004",
        ),
    ],
)
def test_what_is_queued_is_refused_later(platform: SandboxServer, kemru: Kemru, order: Order, code: str) -> None:
    platform.state.wallet.cents *= 10
    before = platform.state.wallet.cents
    assert kemru.submit(order).provisional
    assert (kemru.verify("q-1").status, kemru.verify("q-1").code) == ("Failed", code)
    assert platform.state.wallet.cents == before


def test_a_reference_like_the_platforms_own_takes_nobodys_place(platform: SandboxServer) -> None:
    # Our own client refuses to send one; others may.
    signature = signed("0711000101", "4823", DEMO_MERCHANT)
    fields = {"MerchantID": DEMO_MERCHANT, "phone": "0711000101", "otp": "4823", "signature": signature}
    for given in ({"reference": "KT677834"}, {}):
        assert ask(platform, "POST", "/billing/v1/sms/send", {**fields, **given})[2]["status_code"] == "200"


def test_a_message_that_failed_costs_its_receiver_nothing(platform: SandboxServer, kemru: Kemru) -> None:
    platform.outcomes.add(Outcome("5000", call="sms"))
    kemru.send_sms(sms())
    assert kemru.member("20170").member.balance == 16
    platform.outcomes.clear()
    kemru.send_sms(sms("again"))
    assert kemru.member("20170").member.balance == 15


def test_F064_no_money_no_payment(platform: SandboxServer, kemru: Kemru) -> None:
    platform.state.wallet.cents = 1499_99
    with pytest.raises(NoFloat):
        kemru.submit(payout())
    assert not kemru.verify("pay-1").found
    assert kemru.submit(payout("pay-2", amount=Decimal("1499.99"))).delivered
    assert platform.state.wallet.cents == 0


def test_a_reversal_brings_the_money_back_once(platform: SandboxServer, kemru: Kemru) -> None:
    receipt = kemru.submit(payout())
    kemru.verify("pay-1")
    assert not kemru.reverse("pay-1").duplicate
    assert kemru.reverse(receipt.platform_reference or "").duplicate
    kemru.verify("pay-1")
    assert platform.state.wallet.cents == FIRST_CENTS


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda _: None, "7001"),
        (lambda kemru: kemru.send_sms(sms("pay-1")), "1109"),
        (lambda kemru: kemru.submit(Checkout(reference="pay-1", phone=PHONE, amount=5, channel=Channel.MPESA)), "1109"),
    ],
)
def test_what_cannot_be_reversed(
    platform: SandboxServer, kemru: Kemru, make: Callable[[Kemru], object], code: str
) -> None:
    make(kemru)
    with pytest.raises(Rejected) as caught:
        kemru.reverse("pay-1")
    assert caught.value.code == code


def test_a_payment_on_its_way_cannot_be_reversed(slow: SandboxServer) -> None:
    with client(slow) as kemru:
        kemru.submit(payout())
        with pytest.raises(Rejected):
            kemru.reverse("pay-1")


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (payout(amount=250_001), "8005"),
        (Checkout(phone=PHONE, amount=250_001, channel=Channel.MPESA), "8005"),
        (Airtime(phone=PHONE, amount=10_001, telco=Telco.AIRTEL, initiator_phone=PHONE), "9004"),
        (PinAirtime(phone=PHONE, amount=10_001, telco=Telco.AIRTEL), "9004"),
    ],
)
def test_limits_of_one_order(platform: SandboxServer, kemru: Kemru, order: Order, code: str) -> None:
    platform.state.wallet.cents *= 10
    with pytest.raises(Rejected) as caught:
        kemru.submit(order)
    assert caught.value.code == code
    assert platform.state.ledger()["orders"] == []


def test_bundles_are_sold_at_their_price(platform: SandboxServer, kemru: Kemru) -> None:
    for bundle in BUNDLES.values():
        assert kemru.submit(Airtime.bundle(bundle, phone=PHONE, initiator_phone=PHONE)).delivered
    assert len(platform.state.ledger()["orders"]) == 8
    paid = sum(bundle.price for bundle in BUNDLES.values())
    assert platform.state.wallet.cents == FIRST_CENTS - paid * 100


def test_a_voucher_comes_with_its_pin_and_stays_the_same(kemru: Kemru) -> None:
    receipt = kemru.submit(ORDERS["pin-airtime"])
    assert receipt.voucher is not None
    assert len(receipt.voucher.pin.reveal()) == 14
    assert receipt.voucher.pin.reveal() not in repr(receipt)


def test_a_closed_service_is_told_as_such(platform: SandboxServer, kemru: Kemru) -> None:
    platform.fault("code", path="/billing/v3", code="1105")
    with pytest.raises(Unavailable):
        kemru.submit(payout())
    assert kemru.submit(ORDERS["airtime"]).delivered


def test_callback_address_is_registered_once(kemru: Kemru) -> None:
    assert kemru.register_callback("http://127.0.0.1:9/ipn")
    assert not kemru.register_callback("http://127.0.0.1:9/ipn")
    with pytest.raises(Rejected) as caught:
        kemru.register_callback("http://127.0.0.1:9/other")
    assert caught.value.code == "6001"


def test_businesses_are_registered_once_and_found(kemru: Kemru) -> None:
    business = Business("Kemru Technologies", PHONE, "developer.kemrut.com", "system@kemrut.com")
    registered = kemru.register_business(business)
    assert (registered.business, registered.merchant_id) == (business, "M00001")
    assert kemru.register_business(business).business == business
    for search in (business.email, business.name, business.link):
        assert kemru.find_business(search) == registered
    with pytest.raises(Rejected):
        kemru.find_business("nobody@example.org")


def test_it_all_outlives_the_process(tmp_path: Path, clock: Hands) -> None:
    with sandbox(tmp_path, clock=clock) as platform, client(platform) as kemru:
        platform.state.transactions.pace = 60
        kemru.submit(payout())
        kemru.register_callback("http://127.0.0.1:9/ipn")
    clock.now += 600
    with SandboxServer(state=tmp_path / "sandbox.db", clock=clock) as platform, client(platform) as kemru:
        assert kemru.verify("pay-1").status == "Success"
        assert platform.state.wallet.cents == FIRST_CENTS - 1500_00
        assert platform.state.notices.callback_url == "http://127.0.0.1:9/ipn"
        assert platform.state.notices.latest(9)[0].merchant_reference == "KT677833"
