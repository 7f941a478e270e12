"""Orders that happen once, against a platform that does everything that the protocol allows, and a person who wants one payment.

The platform loses requests and answers, acts late, refuses, fails, and forgets to answer questions; the process dies in any call. The
person believes what the types say: orders anew after DidNotHappen, settles after anything else. In the end one payment was made.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.kemru import (
    DidNotHappen,
    Journal,
    NoFloat,
    Once,
    Order,
    Receipt,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
    Verification,
)
from kiosk.kemru.instants import Instant
from kiosk.kemru.once import SETTLED_AFTER
from tests.support.orders import NOON, Script, text

REFUSALS: list[Callable[[], DidNotHappen]] = [
    lambda: Rejected("no"),
    lambda: NoFloat("no"),
    lambda: Unavailable("no"),
    lambda: Throttled("no", retry_after_s=7.0),
]
REQUEST_FATES = [
    "done",
    "answer lost",
    "request lost",
    "late",
    "refused",
    "fails",
    "fails, answer lost",
    "killed",
    "killed after",
]
QUESTION_FATES = ["told", "told", "lost", "unavailable", "killed"]


class KilledError(BaseException):
    """The process is gone."""


class Whimsical(Script):
    """A platform that does what is drawn; it tells repetitions by their reference."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        super().__init__()
        self.draw = draw
        self.now = NOON
        self.healthy = False
        self.done: dict[str, str] = {}
        self.late: list[tuple[datetime, str]] = []

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for due, reference in [each for each in self.late if each[0] <= self.now]:
            self.late.remove((due, reference))
            self.done.setdefault(reference, "Success")

    def clock(self) -> Instant:
        return Instant(self.now, "boot-1", (self.now - NOON).total_seconds())

    def submit(self, order: Order) -> Receipt:
        fate = "done" if self.healthy else self.draw(st.sampled_from(REQUEST_FATES))
        self._spend_time()
        known = order.reference in self.done
        if fate == "killed":
            raise KilledError
        if fate == "refused" and not known:
            refusal = self.draw(st.sampled_from(REFUSALS))
            raise refusal()
        if fate == "late":
            most = SETTLED_AFTER.total_seconds() - 1
            self.late.append((self.now + timedelta(seconds=self.draw(st.floats(0, most))), order.reference))
        elif fate != "request lost":
            self.done.setdefault(order.reference, "Failed" if fate.startswith("fails") else "Success")
        self._spend_time()
        if fate == "killed after":
            raise KilledError
        if fate in {"answer lost", "request lost", "late", "fails, answer lost"}:
            raise UnknownOutcome("lost")
        return Receipt(order.reference, delivered=True, duplicate=known)

    def verify(self, reference: str) -> Verification:
        fate = "told" if self.healthy else self.draw(st.sampled_from(QUESTION_FATES))
        self._spend_time()
        status = self.done.get(reference)
        self._spend_time()
        if fate == "killed":
            raise KilledError
        if fate != "told":
            raise UnknownOutcome("lost") if fate == "lost" else Unavailable("away")
        return Verification(status or "", "0000" if status else "7001", found=status is not None)

    def _spend_time(self) -> None:
        self.pass_time(0 if self.healthy else self.draw(st.floats(0, 30)))


class Person:
    """Wants one payment, and believes what is told."""

    def __init__(self, platform: Whimsical, journal: Journal) -> None:
        self.platform = platform
        self.once = Once(platform, journal, sleep=platform.pass_time, clock=platform.clock)  # type: ignore[arg-type]
        self.receipts: list[str] = []
        self.number = 0

    def order(self) -> None:
        self._believe(lambda: self.once.submit(text(f"try-{self.number}")))

    def settle(self) -> None:
        for each in self.once.pending():
            self._believe(lambda each=each: self.once.settle(each))  # type: ignore[misc]

    def _believe(self, act: Callable[[], Receipt]) -> None:
        try:
            self.receipts.append(act().reference)
        except (UnknownOutcome, KilledError):
            pass
        except DidNotHappen:
            self.number += 1


def check_one_payment(folder: Path, draw: Callable[[Any], Any]) -> None:
    platform = Whimsical(draw)
    person = Person(platform, Journal(folder))
    for _ in range(draw(st.integers(1, 6))):
        if person.receipts:
            break
        person.number += draw(st.integers(0, 1))  # types it again, with a reference of its own
        person.settle() if person.once.pending() and draw(st.booleans()) else person.order()
        platform.pass_time(draw(st.sampled_from([0, 60, 600])))
    platform.healthy = True
    while not any(platform.done[each] == "Success" for each in person.receipts):
        person.receipts.clear()
        person.settle()
        if not person.receipts:
            person.number += 1
            person.order()
    platform.pass_time(10_000)
    assert list(platform.done.values()).count("Success") == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_person_who_wants_one_payment_makes_one(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    check_one_payment(tmp_path_factory.mktemp("model") / "orders", data.draw)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.data())
def test_thousands_who_want_one_payment_make_one_each(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    check_one_payment(tmp_path_factory.mktemp("model") / "orders", data.draw)
