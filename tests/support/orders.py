"""Orders for tests, a journal on a folder, and a platform that follows a script."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from kiosk.kemru import Channel, Credentials, Entry, MobilePayout, Order, Receipt, Sms, Verification
from kiosk.kemru.instants import Instant
from kiosk.kemru.wire import Prepared, prepare
from kiosk.sandbox import DEMO_CREDENTIALS

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Noon of 23 November 2026 in Nairobi."""


class Patience:
    """Time that passes only by waiting: seconds waited, the time now, and seconds since the start of the machine `life`."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.now = NOON
        self.life = "boot-1"
        self.seconds = 100.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds

    def clock(self) -> Instant:
        return Instant(self.now, self.life, self.seconds)

    @property
    def options(self) -> dict[str, Any]:
        """For `Once`."""
        return {"sleep": self.sleep, "clock": self.clock}


class Script:
    """A client whose calls do as they are told, one after the other; `calls` is what was asked of it."""

    base_url = "http://127.0.0.1:1"
    merchant_id = "kemrut"

    def __init__(self, *steps: object, credentials: Credentials = DEMO_CREDENTIALS) -> None:
        self._steps: Iterable[object] = iter(steps)
        self._credentials = credentials
        self.calls: list[str] = []

    def prepare(self, order: Order) -> Prepared:
        return prepare(order.endpoint, self._credentials, order.values())

    def submit(self, order: Order) -> Receipt:
        return self._next("submit", order.reference)

    def verify(self, reference: str) -> Verification:
        return self._next("verify", reference)

    def _next(self, call: str, _reference: str) -> Any:
        self.calls.append(call)
        step = next(self._steps)  # type: ignore[call-overload]
        if isinstance(step, Callable):  # type: ignore[arg-type]
            step = step()
        if isinstance(step, BaseException):
            raise step
        return step

    def close(self) -> None:
        """Nothing to hang up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def payout(reference: str = "0197-pay-1", **changes: Any) -> MobilePayout:
    """Money for a demo member's parent."""
    facts: dict[str, Any] = {
        "phone": "0711 000 101",
        "amount": Decimal("1500.50"),
        "channel": Channel.MPESA,
        "initiator_name": "John Doe",
    }
    return MobilePayout(reference=reference, **(facts | changes))


def text(reference: str = "0197-sms-1", **changes: Any) -> Sms:
    """A message to a demo member's parent."""
    facts: dict[str, Any] = {"phone": "0711000101", "otp": "4823", "message": "AKINYI arrived at 07:58"}
    return Sms(reference=reference, **(facts | changes))


def small(kind: str, reference: str) -> Order:
    """An order of which thousands fit into the demo's wallet."""
    return payout(reference, amount=Decimal("1.25")) if kind == "payout" else text(reference, message=reference)


def entry(reference: str = "0197-sms-1", **changes: Any) -> Entry:
    """An open entry of the journal."""
    facts: dict[str, Any] = {
        "account": "kemrut at http://127.0.0.1:1",
        "call": "sms",
        "values": {"phone": "0711000101", "otp": "4823", "message": "hello", "reference": reference},
        "opened": NOON,
        "sent": NOON,
    }
    return Entry(**(facts | changes))
