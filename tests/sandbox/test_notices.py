"""What the platform tells the merchant: IPN, webhooks, and how often."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.kemru import ipn, webhooks
from kiosk.kemru.endpoints import Charge
from kiosk.kemru.webhooks import Event
from kiosk.sandbox import DEMO_WEBHOOK_SECRET, Outcome, Webhook
from kiosk.sandbox.errands import Errands
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.post import Post
from kiosk.sandbox.state import State
from kiosk.sandbox.transactions import Transaction
from kiosk.secret import Secret
from tests.support.platform import Hands
from tests.support.receiver import Receiver, receiver

SECRET = Secret(DEMO_WEBHOOK_SECRET)


class Stage:
    """The platform without its web service, moved by hand."""

    def __init__(self, path: Path) -> None:
        self.clock = Hands()
        self.state = State(path)
        self.state.transactions.pace = 10
        self.platform = Platform(self.state, self.clock, random.Random(0))
        self.errands = Errands(self.state, self.clock)
        self.post = Post(patience=2)

    def close(self) -> None:
        self.post.close()
        self.state.close()

    def order(self, call: str = "mobile-payout", charge: Charge = Charge.PAYS, **fields: object) -> Transaction:
        asked = Transaction("", call, charge.value, "MobilePayout", "John Doe", "0739117883", 1500_00, fields)
        return self.platform.open(asked, "1500", self.clock(), queued=False)

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        self.errands.run(self.post)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "sandbox.db")
    try:
        yield stage
    finally:
        stage.close()


@pytest.fixture
def merchant() -> Iterator[Receiver]:
    with receiver() as place:
        yield place


def test_an_ipn_for_each_change(stage: Stage, merchant: Receiver) -> None:
    stage.state.notices.callback_url = f"{merchant.url}/ipn"
    order = stage.order()
    for _ in range(3):
        stage.wait(10)
    told = [ipn.parse(body) for _, _, body in merchant.came]
    assert [(each.status, each.code) for each in told] == [("Processing", "1100"), ("Success", "0000")]
    assert {each.reference for each in told} == {order.transaction_ref}
    assert {each.merchant_reference for each in told} == {order.merchant_reference}
    assert [each.succeeded for each in told] == [False, True]
    assert (told[1].category, told[1].destination, told[1].merchant_id) == ("MobilePayout", "0739117883", "kemrut")
    assert told[1].biller_receipt is not None
    assert merchant.came[0][1]["content-type"] == "application/json"
    assert [each.state for each in stage.state.notices.latest(9)] == ["delivered"] * 2


def test_nobody_registered_nobody_told(stage: Stage) -> None:
    stage.order()
    stage.wait(60)
    assert stage.state.notices.latest(9) == []


@pytest.mark.parametrize(
    "refusal",
    [
        (500, b""),
        (200, b""),
        (200, b'{"status":"failed"}'),
        (201, b'{"status":"success"}'),
        (302, b""),
        (200, b"x" * (1 << 21)),
    ],
    ids=["500", "empty", "failed", "201", "302", "huge"],
)
def test_five_retries_each_wait_twice_the_one_before(
    stage: Stage, merchant: Receiver, refusal: tuple[int, bytes]
) -> None:
    stage.state.notices.callback_url = merchant.url
    merchant.answers = [refusal]
    stage.order()
    stage.state.transactions.pace = 1e6  # one change, and no other
    stage.wait(10)
    waits = []
    while (notice := stage.state.notices.latest(1)[0]).due is not None:
        waits.append(notice.due - stage.clock.now)
        stage.clock.now = notice.due - 0.01
        came = len(merchant.came)
        stage.errands.run(stage.post)
        assert len(merchant.came) == came
        stage.wait(0.01)
    assert waits == pytest.approx([1, 2, 4, 8, 16])
    assert len(merchant.came) == 6
    assert (notice.state, notice.attempts) == ("failed", 6)
    assert notice.outcome.startswith("no answer (longer" if len(refusal[1]) > 1000 else "HTTP ")


def test_a_later_answer_ends_the_retries(stage: Stage, merchant: Receiver) -> None:
    stage.state.notices.callback_url = merchant.url
    merchant.answers = [(500, b""), (503, b""), (200, b'{"status": "success"}')]
    stage.order()
    for _ in range(6):
        stage.wait(10)
    bodies = [body for _, _, body in merchant.came]
    assert len(bodies) == 4  # two refused, the same again; then the second change
    assert len(set(bodies)) == 2
    assert all(each.state == "delivered" for each in stage.state.notices.latest(9))


def test_nobody_at_the_address(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    stage.state.notices.callback_url = f"http://127.0.0.1:{port}"
    stage.order()
    stage.wait(10)
    (notice,) = stage.state.notices.latest(9)
    assert (notice.state, notice.outcome) == ("waiting", "no answer (ConnectError)")


@pytest.mark.parametrize("url", ["nothing", "http://a:b", "http://[oops", "", "https://xn--zzzzzz/cb"])
def test_an_address_that_is_none(stage: Stage, url: str) -> None:
    stage.state.notices.callback_url = url
    stage.order()
    stage.wait(10)
    (notice,) = stage.state.notices.latest(9)
    assert notice.outcome.startswith("no answer (")


def test_what_breaks_one_round_does_not_end_the_errands(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_now: float) -> None:
        raise ArithmeticError("one transaction that breaks everything")

    monkeypatch.setattr(stage.state.transactions, "advance", broken)
    stage.errands._round(stage.post)
    monkeypatch.undo()
    stage.order()
    stage.clock.now += 10
    stage.errands._round(stage.post)
    assert stage.state.transactions.latest(1, messages=False)[0]["status"] == "Processing"


def test_a_receiver_that_never_ends_costs_its_time_and_no_more(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        stage.state.notices.callback_url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        stage.order()
        stage.post.close()
        stage.post = Post(patience=0.05)
        stage.wait(10)
        (notice,) = stage.state.notices.latest(9)
        assert notice.outcome.startswith("no answer (Read")


def test_webhooks_are_signed_and_only_for_subscribers(stage: Stage, merchant: Receiver) -> None:
    stage.state.notices.subscribe(Webhook(f"{merchant.url}/all"))
    stage.state.notices.subscribe(Webhook(f"{merchant.url}/failures", (Event.PAYMENT_FAILED,)))
    stage.order()
    stage.platform.outcomes.add(Outcome("1105"))
    stage.order("bill")
    stage.order("checkout", Charge.COLLECTS)
    for _ in range(4):
        stage.wait(10)
    told = [
        (path, webhooks.receive(body, headers[webhooks.HEADER.lower()], SECRET))
        for path, headers, body in merchant.came
    ]
    by_path = {
        path: sorted(each.event.value for place, each in told if place == path) for path in ("/all", "/failures")
    }
    assert by_path["/failures"] == ["payment.failed"] * 2
    assert by_path["/all"] == ["checkout.initiated", "payment.failed", "payment.failed", "payment.success"]
    assert len({each.id for _, each in told}) == 4


@pytest.mark.parametrize(
    ("call", "charge", "event"),
    [
        ("sms", Charge.MESSAGE, Event.SMS_DELIVERED),
        ("airtime", Charge.PAYS, Event.AIRTIME_DELIVERED),
        ("pin-airtime", Charge.PAYS, Event.AIRTIME_DELIVERED),
        ("reverse", Charge.RETURNS, Event.PAYMENT_REVERSED),
        ("b2b", Charge.PAYS, Event.PAYMENT_SUCCESS),
    ],
)
def test_the_event_of_each_kind(stage: Stage, merchant: Receiver, call: str, charge: Charge, event: Event) -> None:
    stage.state.notices.subscribe(Webhook(merchant.url))
    stage.order(call, charge)
    for _ in range(3):
        stage.wait(10)
    ((_, headers, body),) = merchant.came
    assert webhooks.receive(body, headers[webhooks.HEADER.lower()], SECRET).event is event


def test_who_subscribes_to_nothing_is_forgotten(stage: Stage, merchant: Receiver) -> None:
    stage.state.notices.subscribe(Webhook(merchant.url))
    stage.state.notices.subscribe(Webhook(merchant.url, ()))
    assert stage.state.notices.subscriptions() == []


def test_a_payment_may_name_where_its_outcome_goes(stage: Stage, merchant: Receiver) -> None:
    stage.order("b2b", result_url=f"{merchant.url}/cb")
    for _ in range(3):
        stage.wait(10)
    ((path, _, body),) = merchant.came
    assert (path, ipn.parse(body).succeeded) == ("/cb", True)
