"""What delivery tests do again and again: punch, let the lanes run, and look at both ends."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from kiosk.alerts import sms_on_punch
from kiosk.clock import FakeClock
from kiosk.delivery.lane import DeliveryLane
from kiosk.delivery.report import delivery_of
from kiosk.ids import uuid7
from kiosk.models import Delivery, DeliveryState, Direction, Lane, Member, Punch
from kiosk.sandbox import SandboxServer
from kiosk.store import Store


def member(uid: str = "20170", phone: str | None = "+254711000101") -> Member:
    return Member(uid=uid, name=f"MEMBER {uid}", phone=phone)


@dataclass
class Bench:
    """Both ends of the delivery and what is between them."""

    store: Store
    clock: FakeClock
    platform: SandboxServer
    attendance: DeliveryLane
    sms: DeliveryLane

    def punch(self, who: Member | None = None, *, sms: bool = False) -> Punch:
        """Record one punch, with its deliveries."""
        who = who or member()
        now = self.clock.now()
        self.store.members.put(who)
        punch = Punch(
            id=uuid7(now.utc_us),
            member_uid=who.uid,
            station="main",
            direction=Direction.IN,
            reason="first-of-day",
            work_day=now.local().date().isoformat(),
            at=now,
            slot=0,
            score=100,
        )
        alert = sms_on_punch(punch, who, site="School", language="en") if sms else None
        self.store.punches.record(punch, [delivery_of(punch, "School/main")] + ([alert] if alert else []))
        self.clock.advance(0.01)
        return punch

    def run(self, lane: DeliveryLane, steps: int = 50) -> int:
        """Step until nothing waits, letting the clock pass as the lane asks; returns how many steps it took."""
        for number in range(steps):
            if not self.store.outbox.status(lane.status().lane).waiting:
                return number
            self.clock.advance(lane.step())
        raise AssertionError(f"not drained in {steps} steps: {self.rows()}")

    def rows(self) -> list[Delivery]:
        """The outbox, oldest first."""
        return list(reversed(self.store.outbox.all()))

    def state(self, punch: Punch, lane: Lane = Lane.ATTENDANCE) -> DeliveryState:
        """Where one delivery is."""
        return next(row.state for row in self.store.outbox.of_punch(punch.id) if row.lane is lane)

    def reported(self) -> Counter[str]:
        """How often the platform holds each reference."""
        return Counter(entry["reference"] for entry in self.platform.state.ledger()["attendance"])

    def texted(self) -> Counter[str]:
        """How often each reference was sent as an SMS."""
        return Counter(entry["reference"] for entry in self.platform.state.ledger()["sms"])


def hhmm(punch: Punch) -> str:
    """The local time of a punch as the texts have it."""
    local: datetime = punch.at.local()
    return local.strftime("%H:%M")
