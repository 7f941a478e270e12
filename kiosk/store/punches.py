"""The attendance log: it only grows, and a chain of hashes runs through it."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec

from kiosk.models import ClockState, Direction, Method, Moment, NewDelivery, Punch
from kiosk.store import chain, usage
from kiosk.store.chain import ChainReport
from kiosk.store.database import Database
from kiosk.store.errors import StoreConflict, StoreDamaged
from kiosk.store.outbox import Outbox
from kiosk.store.usage import FingerUsage

PAGE = 5_000
"""Rows at a time when much of the log is read: while a reader holds on, the write-ahead log only grows."""

LATELY = 100_000
"""Rows of the log's end that count when the question is how things have gone lately."""

_NO_SLOT = -1

# All three in the order of chain.canonical.
_SELECT = """
SELECT seq, id, member_uid, station, direction, reason, work_day,
       utc_us, boot_id, boottime_us, clock_state, max_error_us, zone, slot, score, finger_id, method, tries FROM punches """
_INSERT = """
INSERT INTO punches (seq, id, member_uid, station, direction, reason, work_day, utc_us, boot_id, boottime_us,
                     clock_state, max_error_us, zone, slot, score, finger_id, method, tries, chain)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ON_DAY = "SELECT count(*) FROM punches WHERE seq > ? AND seq <= ? AND work_day = ?"
# Read as bytes: a flipped bit may have made text unreadable, and has to show as a broken link, not as an error.
_RAW = """
SELECT seq, CAST(id AS BLOB), CAST(member_uid AS BLOB), CAST(station AS BLOB), CAST(direction AS BLOB),
       CAST(reason AS BLOB), CAST(work_day AS BLOB), utc_us, CAST(boot_id AS BLOB), boottime_us,
       CAST(clock_state AS BLOB), max_error_us, CAST(zone AS BLOB), slot, score,
       CAST(finger_id AS BLOB), CAST(method AS BLOB), tries, chain
FROM punches WHERE seq > ? ORDER BY seq LIMIT ?
"""


class LastPunch(msgspec.Struct, frozen=True):
    """When somebody punched last (UTC), and with which finger: None by PIN."""

    finger_id: str | None
    utc_us: int


class Punches:
    """The table of that name."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        self._counted = ("", 0, 0)

    def record(self, punch: Punch, deliveries: Sequence[NewDelivery]) -> None:
        """Append `punch` to the log and `deliveries` to the outbox. When this returns outside `atomic`, both are on disk.

        Raises NotSaved, SaveUnknown, or StoreConflict if an id was used before, or the slot is below 0.
        """
        with self._database.atomic():
            seq, previous = self._head()
            row = _row(seq + 1, punch)
            self._database.write(_INSERT, (*row, chain.link(previous, row)))
            self._outbox.add(seq + 1, punch, deliveries)

    def last(self, member_uid: str) -> Punch | None:
        """Return the member's latest punch in the order of recording, whatever the clocks said."""
        return self._one("WHERE member_uid = ? ORDER BY seq DESC LIMIT 1", member_uid)

    def get(self, punch_id: str) -> Punch | None:
        """Return the punch with this id: the way to find out what became of one after SaveUnknown."""
        return self._one("WHERE id = ?", punch_id)

    def latest(self, limit: int, member_uid: str | None = None) -> list[Punch]:
        """List at most `limit` punches, newest first; of one member if given."""
        if member_uid is None:
            return self._read("ORDER BY seq DESC LIMIT ?", limit)
        return self._read("WHERE member_uid = ? ORDER BY seq DESC LIMIT ?", member_uid, limit)

    def count_on(self, work_day: str) -> int:
        """Count the punches of the local day `work_day` (ISO date), at the price of reading what came since the last call.

        Exact unless more than PAGE punches of other days lie between two of this one, as only a clock that ran wrong for as
        long can make it: an index would be exact then too, and cost every punch a page to write.
        """
        head, _ = self._head()
        day, seen, count = self._counted
        count = count + self._between(seen, head, day) if day == work_day else self._count_back(head, work_day)
        self._counted = (work_day, head, count)
        return count

    def verify(self) -> ChainReport:
        """Follow the chain through the whole log: about a second for 200,000 punches. Safe beside a running kiosk."""
        return chain.verify(self._raw())

    def last_of(self, uids: Collection[str]) -> dict[str, LastPunch]:
        """Map each of `uids` that punched in the log's LATELY newest rows to the last time, the latest to punch first."""
        found: dict[str, LastPunch] = {}
        for uid, finger, utc_us in self._newest_first("member_uid, finger_id, utc_us"):
            if len(found) == len(uids):
                break
            if uid in uids and uid not in found:
                found[uid] = LastPunch(finger, utc_us)
        return found

    def usage(self) -> list[FingerUsage]:
        """Sum up how each finger has done in the log's LATELY newest rows, by id."""
        return usage.tally(self._newest_first("finger_id, tries, score, utc_us"))

    def shares(self) -> dict[str, tuple[int, int]]:
        """Map each member of the log's LATELY newest rows to how often they punched there, and how often by PIN."""
        found: dict[str, tuple[int, int]] = {}
        for uid, method in self._newest_first("member_uid, method"):
            punches, pins = found.get(uid, (0, 0))
            found[uid] = (punches + 1, pins + (method == Method.PIN))
        return found

    def _newest_first(self, columns: str) -> Iterator[Any]:
        """Yield `columns` of the newest rows, a page at a time: the log has no index for this, and needs none."""
        head, _ = self._head()
        page = f"SELECT {columns} FROM punches WHERE seq > ? AND seq <= ? ORDER BY seq DESC"  # noqa: S608  names of columns, from above
        last = max(head - LATELY, 0)
        while head > last:
            yield from self._database.rows(page, (max(head - PAGE, last), head))
            head -= PAGE

    def _head(self) -> tuple[int, bytes]:
        head: tuple[int, bytes] | None = self._database.row("SELECT seq, chain FROM punches ORDER BY seq DESC LIMIT 1")
        return head or (0, chain.START)

    def _count_back(self, head: int, work_day: str) -> int:
        total, page = 0, 1
        while head > 0 and page:
            page = self._between(head - PAGE, head, work_day)
            total += page
            head -= PAGE
        return total

    def _between(self, after: int, last: int, work_day: str) -> int:
        return int(self._database.row(_ON_DAY, (after, last, work_day))[0])

    def _raw(self) -> Iterator[tuple[chain.Row, bytes]]:
        seq = -(1 << 63)
        while page := self._database.rows(_RAW, (seq, PAGE)):
            for *row, found in page:
                yield [value.decode(errors="replace") if isinstance(value, bytes) else value for value in row], found
            seq = page[-1][0]

    def _one(self, condition: str, *values: str | int) -> Punch | None:
        found = self._read(condition, *values)
        return found[0] if found else None

    def _read(self, condition: str, *values: str | int) -> list[Punch]:
        return [_punch(row) for row in self._database.each(_SELECT + condition, values)]


def _row(seq: int, punch: Punch) -> tuple[str | int | None, ...]:
    if punch.slot is not None and punch.slot < 0:
        raise StoreConflict(f"no scanner has a slot {punch.slot}")
    at = punch.at
    clock = (at.utc_us, at.boot_id, at.boottime_us, at.state.value, at.max_error_us, at.zone)
    who = (punch.id, punch.member_uid, punch.station, punch.direction.value, punch.reason, punch.work_day)
    slot = _NO_SLOT if punch.slot is None else punch.slot
    return (seq, *who, *clock, slot, punch.score, punch.finger_id, punch.method.value, punch.tries)


def _punch(row: tuple[Any, ...]) -> Punch:
    seq, punch_id, member_uid, station, direction, reason, work_day, *clock, slot, score, finger_id, method, tries = row
    utc_us, boot_id, boottime_us, state, max_error_us, zone = clock
    try:
        return Punch(
            id=punch_id,
            member_uid=member_uid,
            station=station,
            direction=Direction(direction),
            reason=reason,
            work_day=work_day,
            at=Moment(utc_us, boot_id, boottime_us, ClockState(state), max_error_us, zone),
            slot=None if slot == _NO_SLOT else slot,
            score=score,
            finger_id=finger_id,
            method=Method(method or Method.FINGER),
            tries=1 if tries is None else tries,
        )
    except ValueError as error:
        raise StoreDamaged(f"punch {seq} of the log holds a word that no kiosk writes") from error
