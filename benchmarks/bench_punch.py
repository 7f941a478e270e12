"""What one punch costs, and whether it stays that way.

Counts the fdatasyncs of a punch, and compares `punches.record` with a bare pwrite + fdatasync of the same number of bytes on the
same disk, in turns, for few and many punches and members. `frames` is the same bytes once more, written as SQLite writes them
(24 bytes and a page, for each page): what no store on SQLite can be faster than. Carry over the ratios, not the milliseconds.

`credit` is all that happens between the scanner's hit and the green light but the socket: the look-ups, the rules, a report and
an SMS; beside it the bare write of as many bytes as that writes.

    python benchmarks/bench_punch.py [--punches 10000 500000] [--members 100 100000] [--rounds 500] [--folder .]
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kiosk import attendance
from kiosk.clock import FakeClock
from kiosk.config import parse
from kiosk.daemon.stations import consequences
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
from kiosk.station import Punching
from kiosk.store import Store, chain
from kiosk.store.database import PRAGMAS
from kiosk.store.files import wal_of
from kiosk.store.punches import _INSERT, _row
from kiosk.views import ScanKind

FRAME = 4096 + 24
FINGER = "0199d3c0-0000-7000-8000-000000000001"
BODY = b'{"member":"M00000","direction":"in","at":"2026-01-15T08:00:00+03:00","kiosk":"front"}'
_SENT = """INSERT INTO outbox (seq, id, lane, punch_id, member_uid, body, state, attempts, head, created_us, settled_us)
VALUES (?, ?, 'attendance', ?, ?, ?, 'confirmed', 1, 0, ?, ?)"""


def make_punch(clock: FakeClock, member_uid: str) -> Punch:
    clock.advance(20)
    now = clock.now()
    day = now.utc().date().isoformat()
    return Punch(uuid7(now.utc_us), member_uid, "front", Direction.IN, "first-of-day", day, now, 7, 96, FINGER)


def fill(store: Store, clock: FakeClock, punches: int, members: int) -> None:
    """Lay down a history, all of it delivered, faster than it could have happened."""
    store.members.replace_all([Member(uid=f"M{number:06}", name=f"Member {number}") for number in range(members)], 1)
    database, link, chance = store._database, chain.START, random.Random(1)  # noqa: SLF001  no kiosk may do this
    for start in range(0, punches, 50_000):
        with database.atomic():
            connection = database._connected()  # noqa: SLF001
            for seq in range(start + 1, min(start + 50_000, punches) + 1):
                new = make_punch(clock, f"M{chance.randrange(members):06}")
                row = _row(seq, new)
                link = chain.link(link, row)
                connection.execute(_INSERT, (*row, link))
                sent = (16 * seq, uuid7(new.at.utc_us), new.id, new.member_uid, BODY, new.at.utc_us, new.at.utc_us)
                connection.execute(_SENT, sent)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def punch_once(store: Store, clock: FakeClock, member_uid: str) -> Callable[[], None]:
    new = make_punch(clock, member_uid)
    deliveries = [NewDelivery(uuid7(new.at.utc_us), Lane.ATTENDANCE, member_uid, BODY)]
    return lambda: store.punches.record(new, deliveries)


def frames_per_punch(store: Store, path: Path, clock: FakeClock, uids: list[str]) -> float:
    store._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")  # noqa: SLF001
    for uid in uids:
        punch_once(store, clock, uid)()
    return wal_of(path).stat().st_size / FRAME / len(uids)


class Bare:
    """A file as long as the write-ahead log gets, written over from its start again and again."""

    def __init__(self, path: Path, frames: int) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT)
        self._frames = frames
        self._data = os.urandom(frames * FRAME)
        self._cycle = 1000 // frames
        self._turn = 0
        os.pwrite(self._file, self._data * self._cycle, 0)
        os.fsync(self._file)

    def at_once(self) -> None:
        """Write it all by one call."""
        os.pwrite(self._file, self._data, self._next())
        os.fdatasync(self._file)

    def by_frames(self) -> None:
        """Write it as SQLite does."""
        start = self._next()
        for frame in range(0, len(self._data), FRAME):
            os.pwrite(self._file, self._data[frame : frame + 24], start + frame)
            os.pwrite(self._file, self._data[frame + 24 : frame + FRAME], start + frame + 24)
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _next(self) -> int:
        self._turn = (self._turn + 1) % self._cycle
        return self._turn * len(self._data)


def compare(folder: Path, punches: int, members: int, rounds: int) -> str:
    path, clock, chance = folder / f"{punches}-{members}.db", FakeClock(), random.Random(2)
    store = Store.open(path, pragmas=PRAGMAS | {"synchronous": 0})
    fill(store, clock, punches, members)
    store.close()
    store = Store.open(path)
    uids = [f"M{chance.randrange(members):06}" for _ in range(rounds + 250)]
    for uid in uids[
        :200
    ]:  # until the write-ahead log has its full size and is written over, as on any day but the first
        punch_once(store, clock, uid)()
    frames = frames_per_punch(store, path, clock, uids[200:250])
    bare, ours, at_once, by_frames = Bare(folder / "bare", round(frames)), [], [], []
    for uid in uids[250:]:
        record = punch_once(store, clock, uid)
        at_once.append(timed(bare.at_once))
        ours.append(timed(record))
        by_frames.append(timed(bare.by_frames))
    bare.close()
    store.close()
    mine, floor, shape = map(statistics.median, (ours, at_once, by_frames))
    slow = statistics.quantiles(ours, n=100)[98]
    return (
        f"{punches:>10} {members:>8} {frames:>6.1f} {mine * 1e6:>8.0f} {floor * 1e6:>8.0f} {mine / floor:>6.2f}"
        f" {shape * 1e6:>9.0f} {mine / shape:>6.2f} {slow / mine:>8.1f} {path.stat().st_size / punches:>8.0f}"
    )


def credit(folder: Path, punches: int, members: int, rounds: int) -> str:
    """Time `Punching.credit` as the daemon builds it, for members who all have a phone."""
    path, clock, chance = folder / "credit.db", FakeClock(), random.Random(3)
    store = Store.open(path, pragmas=PRAGMAS | {"synchronous": 0})
    fill(store, clock, punches, members)
    for slot in range(members):
        uid = f"M{slot:06}"
        store.members.put(Member(uid=uid, name=f"Member {slot}", phone="+254711000101"))
        consent = Consent(text_version="1", witness="a witness", given_us=1)
        finger = Finger(uid, uid, FingerName.RIGHT_INDEX, FingerState.PENDING, consent, 1)
        store.fingers.begin(finger)
        store.slots.reserve(Slot("front", slot, finger.id, SlotState.WRITING))
        store.slots.hold("front", slot)
        store.fingers.confirm(finger.id)
    store.close()
    store = Store.open(path)
    settings = parse('[site]\nname = "School"\n[[station]]\nscanner = "/dev/null"\n')
    desk = Punching("front", store, clock, attendance.Policy(), partial(consequences, settings))

    def once() -> None:
        clock.advance(61)
        slot = chance.randrange(members)
        finger = store.slots.finger_at("front", slot)
        assert finger is not None
        assert desk.credit(finger, slot=slot, score=96).kind in {ScanKind.WELCOME, ScanKind.GOODBYE}

    for _ in range(200):
        once()
    store._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")  # noqa: SLF001
    for _ in range(50):
        once()
    frames = wal_of(path).stat().st_size / FRAME / 50
    bare = Bare(folder / "bare", round(frames))
    pairs = [(timed(bare.at_once), timed(once)) for _ in range(rounds)]
    bare.close()
    store.close()
    floor, mine = map(statistics.median, zip(*pairs, strict=True))
    return f"credit: {frames:.1f} pages, {mine * 1e6:.0f} µs, bare {floor * 1e6:.0f} µs, ratio {mine / floor:.2f}"


def syncs(folder: Path) -> str:
    """Count by strace what 50 and 1050 punches ask of the disk; without checkpoints the difference is the price of 1000."""
    counts = []
    for checkpoint in (1_000_000, PRAGMAS["wal_autocheckpoint"]):
        found = []
        for count in (50, 1050):
            trace, path = folder / "trace", folder / f"syncs-{checkpoint}-{count}.db"
            command = [sys.executable, __file__, "--child", str(path), str(count), str(checkpoint)]
            subprocess.run(
                ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fdatasync,fsync", "-o", trace, *command],
                check=True,
            )
            found.append(trace.read_text(encoding="ascii").count("sync("))
        counts.append(found[1] - found[0])
    return f"fdatasyncs per 1000 punches: {counts[0]}; checkpoints add {counts[1] - counts[0]}"


def child(path: Path, count: int, checkpoint: int) -> None:
    store, clock = Store.open(path, pragmas=PRAGMAS | {"wal_autocheckpoint": checkpoint}), FakeClock()
    for number in range(count):
        punch_once(store, clock, f"M{number % 100:06}")()
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="What one punch costs")
    parser.add_argument("--punches", type=int, nargs="+", default=[10_000, 500_000])
    parser.add_argument("--members", type=int, nargs="+", default=[100, 100_000])
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="where to write: the disk in question")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        child(Path(chosen.child[0]), *map(int, chosen.child[1:]))
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        print(syncs(Path(name)))
        print("   punches  members  pages punch µs  bare µs  ratio frames µs  ratio  p99/p50  B/punch")
        for punches in chosen.punches:
            for members in chosen.members:
                print(compare(Path(name), punches, members, chosen.rounds), flush=True)
        print(credit(Path(name), 10_000, 500, chosen.rounds))


if __name__ == "__main__":
    main()
