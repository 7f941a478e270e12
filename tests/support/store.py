"""Members, fingers, punches and deliveries as the tests of the store need them."""

from collections.abc import Sequence

import msgspec

from kiosk.clock import FakeClock
from kiosk.ids import uuid7
from kiosk.models import (
    Consent,
    Direction,
    Finger,
    FingerName,
    FingerState,
    Lane,
    Member,
    NewDelivery,
    Punch,
    Slot,
    SlotState,
)
from kiosk.store import Store


def member(number: int) -> Member:
    return Member(uid=f"M{number:05}", name=f"Member {number}")


def finger(number: int, uid: str = "M00001", name: FingerName | None = None) -> Finger:
    """A pending finger F1, F2 ..., created in that order; of different names, unless one is given."""
    consent = Consent(text_version="2026-01", witness="the office", given_us=5)
    name = name or list(FingerName)[number % 10]
    return Finger(f"F{number}", uid, name, FingerState.PENDING, consent, created_us=number)


def enrol(store: Store, one: Finger, slot: int | None = None, station: str = "front") -> Finger:
    """Enrol it, as the store sees that, and let it be held in `slot` if one is given."""
    store.fingers.begin(one)
    if slot is not None:
        store.slots.reserve(Slot(station, slot, one.id, SlotState.WRITING))
        store.slots.hold(station, slot, None)
    store.fingers.confirm(one.id)
    return msgspec.structs.replace(one, state=FingerState.ENROLLED)


def punch(clock: FakeClock, member_uid: str = "M00001", direction: Direction = Direction.IN) -> Punch:
    """A punch at the clock's present, which then moves on by a second."""
    now = clock.now()
    clock.advance(1)
    return Punch(
        id=uuid7(now.utc_us),
        member_uid=member_uid,
        station="front",
        direction=direction,
        reason="first-of-day",
        work_day=now.local().date().isoformat(),
        at=now,
        slot=7,
        score=96,
    )


def delivery(of: Punch, lane: Lane = Lane.ATTENDANCE, body: bytes = b'{"event":"in"}') -> NewDelivery:
    return NewDelivery(id=uuid7(of.at.utc_us), lane=lane, member_uid=of.member_uid, body=body)


def record(store: Store, clock: FakeClock, member_uids: Sequence[str], lane: Lane = Lane.ATTENDANCE) -> list[Punch]:
    """One punch with one delivery for each of `member_uids`, in that order."""
    punches = [punch(clock, uid) for uid in member_uids]
    for each in punches:
        store.punches.record(each, [delivery(each, lane)])
    return punches
