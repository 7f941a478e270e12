"""From version 1, in which every station had fingers of its own, to fingers that are enrolled once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.clock import FakeClock
from kiosk.models import Consent, Finger, FingerName, FingerState, Method, Slot, SlotState
from kiosk.store import Store, schema
from tests.support.crash import ROOT
from tests.support.old_store import FINGERS, PUNCHES, first_version
from tests.support.store import record

HELD, WRITING = SlotState.HELD, SlotState.WRITING


@pytest.fixture
def path(path: Path) -> Path:
    first_version(path)
    return path


def finger(finger_id: str, uid: str, name: FingerName, created: int, state: FingerState) -> Finger:
    consent = Consent(f"text {finger_id}", f"witness {finger_id}", created + 1)
    return Finger(finger_id, uid, name, state, consent, created)


MERGED = [
    finger("A", "M1", FingerName.RIGHT_INDEX, 10, FingerState.ENROLLED),
    finger("E", "M2", FingerName.RIGHT_INDEX, 40, FingerState.ENROLLED),
    finger("G", "M2", FingerName.LEFT_THUMB, 50, FingerState.ENROLLED),
    finger("I", "M3", FingerName.LEFT_THUMB, 80, FingerState.ENROLLED),
]
HALF = [finger("C", "M1", FingerName.LEFT_INDEX, 30, FingerState.PENDING)]
FRONT = [
    Slot("front", 1, "C", WRITING),
    Slot("front", 3, "A", HELD),
    Slot("front", 4, "E", WRITING),
    Slot("front", 7, "G", HELD),  # and 8 is nobody's any more: the same finger, once more at the same station
    Slot("front", 9, "I", HELD),
]
BACK = [Slot("back", 2, "G", WRITING), Slot("back", 5, "A", HELD), Slot("back", 6, "E", HELD)]


def check(store: Store) -> None:
    assert store.fingers.all() == MERGED
    assert store.fingers.all(FingerState.PENDING) == HALF
    assert store.slots.of_station("front") == FRONT
    assert store.slots.of_station("back") == BACK
    report = store.punches.verify()
    assert (report.rows, report.ok) == (PUNCHES, True)
    assert store._database.rows("PRAGMA foreign_key_check") == []


def test_fingers_of_one_name_become_one_with_several_slots(store: Store) -> None:
    check(store)
    assert [store.slots.finger_at("front", slot) for slot in (1, 3, 4, 8)] == [None, MERGED[0], None, None]


def test_old_punches_keep_their_chain_and_new_ones_follow(store: Store) -> None:
    [old, *_] = store.punches.latest(1)
    assert (old.slot, old.finger_id, old.method, old.tries) == (0, None, Method.FINGER, 1)
    record(store, FakeClock(), ["M1", "M2"])
    assert store.punches.verify().ok
    assert store.punches.usage() == []


@pytest.mark.parametrize("column", ["finger_id = 'A'", "method = 'finger'", "tries = 1"])
def test_what_old_punches_did_not_say_cannot_be_slipped_in(path: Path, column: str) -> None:
    Store.open(path).close()
    tampered = sqlite3.connect(path, isolation_level=None)
    tampered.execute("DROP TRIGGER punches_never_change")
    tampered.execute(f"UPDATE punches SET {column} WHERE seq = 2")  # noqa: S608  one of three, above
    tampered.close()
    store = Store.open(path)
    assert store.punches.verify().broken_at == 2
    store.close()


def test_the_store_as_it_was_is_kept_beside_it(path: Path) -> None:
    Store.open(path).close()
    copy = sqlite3.connect(path.with_name("kiosk.db.version-1"))
    assert copy.execute("SELECT count(*) FROM fingers WHERE station IS NOT NULL").fetchone() == (len(FINGERS),)
    copy.close()


def test_F023_killed_at_any_statement_it_is_the_old_version_or_the_new(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.upgrade_child", str(tmp_path), "first"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    versions = []
    for number in range(1, len(list(tmp_path.iterdir())) + 1):
        path = tmp_path / str(number) / "kiosk.db"
        versions.append(version_left(path))
        store = Store.open(path)
        check(store)
        store.close()
    assert set(versions) == {1, schema.VERSION}
    assert versions == sorted(versions)
    assert len(versions) > 20


def version_left(path: Path) -> int:
    left = sqlite3.connect(path)
    ((version,),) = left.execute("PRAGMA user_version").fetchall()
    if version == 1:
        ids = left.execute("SELECT id FROM fingers WHERE station <> '' ORDER BY id").fetchall()
        assert [each for (each,) in ids] == [row[0] for row in FINGERS]
        assert left.execute("SELECT * FROM sqlite_schema WHERE name IN ('slots', 'fingers_1', 'pins')").fetchall() == []
    assert left.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    left.close()
    return int(version)
