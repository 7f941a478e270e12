"""What still has to be sent, and what became of the rest.

`pending → in_flight → confirmed | rejected | quarantined`, or back to `pending` (certainly not sent) or `unknown`
(perhaps sent: ask before sending again). One row of a member is on its way in a lane at a time, the oldest; who was
tried least recently goes first.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from kiosk.models import Delivery, DeliveryState, Lane, NewDelivery, Punch
from kiosk.store.database import Database
from kiosk.store.errors import StoreConflict
from kiosk.store.notes import Notes

PER_PUNCH = 16
"""The most deliveries that one punch can cause."""

INTERRUPTED = "the kiosk stopped while this was on its way"

_SELECT = "SELECT seq, id, lane, punch_id, member_uid, body, state, attempts, note FROM outbox "
_CLOSED = frozenset({DeliveryState.CONFIRMED, DeliveryState.REJECTED, DeliveryState.QUARANTINED})
_INSERT = """
INSERT INTO outbox (seq, id, lane, punch_id, member_uid, body, state, created_us, head)
VALUES (?, ?, ?, ?, ?, ?, 'pending', ?,
        NOT EXISTS (SELECT 1 FROM outbox WHERE lane = ? AND member_uid = ? AND settled_us IS NULL))
"""
_OF_PUNCH = """
JOIN (SELECT punches.seq * 16 AS first FROM punches WHERE punches.id = ?) ON outbox.seq BETWEEN first AND first + 15
ORDER BY seq
"""
_ELIGIBLE = "WHERE lane = ? AND head = 1 AND state IN ('pending', 'unknown') ORDER BY tried, seq LIMIT 1"
_CLAIM = """
UPDATE outbox SET state = 'in_flight', attempts = attempts + 1,
       tried = 1 + (SELECT max(tried) FROM outbox WHERE lane = :lane AND head = 1)
WHERE seq = :seq
"""
_SETTLE = "UPDATE outbox SET state = ?, note = ?, settled_us = ?, head = ? WHERE seq = ? AND state = 'in_flight'"
_PROMOTE = """
UPDATE outbox SET head = 1 WHERE seq =
    (SELECT min(later.seq) FROM outbox AS settled JOIN outbox AS later USING (lane, member_uid)
     WHERE settled.seq = ? AND later.settled_us IS NULL)
"""


class LaneCounts(msgspec.Struct, frozen=True):
    """One lane: how many rows are open, how many were refused, when the oldest open one was made (UTC, µs)."""

    waiting: int
    failed: int
    oldest_us: int | None
    last_confirmed_us: int | None


class Outbox:
    """The table of that name."""

    def __init__(self, database: Database, notes: Notes) -> None:
        self._database = database
        self._notes = notes

    def add(self, punch_seq: int, punch: Punch, deliveries: Sequence[NewDelivery]) -> None:
        """Append what has to be sent because of `punch`, which is row `punch_seq` of the log.

        Belongs into the transaction that appends `punch`. Raises StoreConflict for an id that was used before, or more than
        PER_PUNCH deliveries.
        """
        if len(deliveries) > PER_PUNCH:
            raise StoreConflict(f"a punch has at most {PER_PUNCH} deliveries, not {len(deliveries)}")
        for seq, new in enumerate(deliveries, start=punch_seq * PER_PUNCH):
            lane, member = new.lane.value, new.member_uid
            self._database.write(
                _INSERT, (seq, new.id, lane, punch.id, member, new.body, punch.at.utc_us, lane, member)
            )

    def claim(self, lane: Lane) -> Delivery | None:
        """Take the next thing to deliver in `lane`, durably, before its first byte leaves; None if nothing is ready.

        `state` is what it was before, PENDING or UNKNOWN: an UNKNOWN one may have arrived, so ask first. `attempts`
        counts this one.
        """
        with self._database.atomic():
            row = self._database.row(_SELECT + _ELIGIBLE, (lane.value,))
            if row is None:
                return None
            before = _delivery(row)
            self._database.write(_CLAIM, {"lane": lane.value, "seq": before.seq})
        return msgspec.structs.replace(before, attempts=before.attempts + 1)

    def settle(self, seq: int, state: DeliveryState, note: str, at_us: int) -> None:
        """Say how the claimed delivery `seq` ended, at `at_us` (UTC); a closed one lets its member's next one go.

        Raises StoreConflict if `seq` is not in flight, or `state` is no way to end.
        """
        if state is DeliveryState.IN_FLIGHT:
            raise StoreConflict("a delivery goes in flight by being claimed")
        closed = state in _CLOSED
        with self._database.atomic():
            if not self._database.write(_SETTLE, (state.value, note, at_us if closed else None, not closed, seq)):
                raise StoreConflict(f"delivery {seq} is not in flight")
            if closed:
                self._database.write(_PROMOTE, (seq,))
            if state is DeliveryState.CONFIRMED:
                self._notes.put(_confirmed_note(self._lane_of(seq)), str(at_us))

    def recover(self) -> int:
        """At start: whatever was on its way has an unknown end. Returns how many."""
        return self._database.write(
            "UPDATE outbox SET state = 'unknown', note = ? WHERE head = 1 AND state = 'in_flight'", (INTERRUPTED,)
        )

    def status(self, lane: Lane) -> LaneCounts:
        """Count how the lane stands."""
        one = (lane.value,)
        count = "SELECT count(*) FROM outbox WHERE lane = ? AND "
        # The oldest open row is somebody's oldest, so it is among the heads, of which there are at most as many as
        # members.
        oldest = self._database.cached_row("SELECT min(seq), created_us FROM outbox WHERE lane = ? AND head = 1", one)
        confirmed = self._notes.get(_confirmed_note(lane.value))
        return LaneCounts(
            waiting=self._database.cached_row(count + "settled_us IS NULL", one)[0],
            failed=self._database.cached_row(count + "state IN ('rejected', 'quarantined')", one)[0],
            oldest_us=oldest[1],
            last_confirmed_us=None if confirmed is None else int(confirmed),
        )

    def of_punch(self, punch_id: str) -> list[Delivery]:
        """List everything that was to be sent because of one punch, in order."""
        return self._read(_OF_PUNCH, punch_id)

    def all(self, limit: int = 1000) -> list[Delivery]:
        """List at most `limit` rows, newest first."""
        return self._read("ORDER BY seq DESC LIMIT ?", limit)

    def _lane_of(self, seq: int) -> str:
        return str(self._database.row("SELECT lane FROM outbox WHERE seq = ?", (seq,))[0])

    def _read(self, condition: str, *values: str | int) -> list[Delivery]:
        return [_delivery(row) for row in self._database.each(_SELECT + condition, values)]


def _confirmed_note(lane: str) -> str:
    return f"outbox.{lane}.confirmed_us"


def _delivery(row: tuple[Any, ...]) -> Delivery:
    seq, delivery_id, lane, punch_id, member_uid, body, state, attempts, note = row
    return Delivery(seq, delivery_id, Lane(lane), punch_id, member_uid, body, DeliveryState(state), attempts, note)
