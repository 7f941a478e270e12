"""Stores as the first version of the kiosk left them, written without any of the code that came after."""

import hashlib
import json
from pathlib import Path

from sqlite_utils import Migrations

from kiosk.store.database import Database
from kiosk.store.migrations import KIOSK

PUNCHES = 3

# id, member, name, station, slot, state, created
FINGERS = (
    ("A", "M1", "right-index", "back", 5, "enrolled", 10),
    ("B", "M1", "right-index", "front", 3, "enrolled", 20),
    ("C", "M1", "left-index", "front", 1, "pending", 30),
    ("D", "M2", "right-index", "front", 4, "pending", 1),
    ("E", "M2", "right-index", "back", 6, "enrolled", 40),
    ("F", "M2", "left-thumb", "front", 8, "enrolled", 60),
    ("G", "M2", "left-thumb", "front", 7, "enrolled", 50),
    ("H", "M2", "left-thumb", "back", 2, "pending", 70),
    ("I", "M3", "left-thumb", "front", 9, "enrolled", 80),
)


def first_version(path: Path) -> None:
    """A store of version 1 with members, fingers at two stations, and PUNCHES punches."""
    database = Database(path)
    steps = Migrations("kiosk")
    steps._migrations.extend(KIOSK._migrations[:1])
    steps.apply(database.utils())
    assert database.row("PRAGMA user_version") == (1,)
    with database.atomic():
        for uid in ("M1", "M2", "M3"):
            database.write("INSERT INTO members (uid, name, active) VALUES (?, ?, 1)", (uid, f"Name {uid}"))
        for finger_id, uid, name, station, slot, state, created in FINGERS:
            consent = (f"text {finger_id}", f"witness {finger_id}", created + 1)
            row = (finger_id, uid, name, station, slot, state, *consent, created)
            database.write("INSERT INTO fingers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        _punch(database)
    database.close()


def _punch(database: Database) -> None:
    link = bytes(32)
    for seq in range(1, PUNCHES + 1):
        row = [seq, f"P{seq}", "M1", "front", "in", "first-of-day", "2026-01-05", seq, "boot", seq, "synced", None]
        row += ["Africa/Nairobi", 0, 96]
        words = json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()
        link = hashlib.sha256(link + words).digest()
        database.write("INSERT INTO punches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, link))
