"""What the sandbox remembers, in a SQLite file: members, scans, messages, and every request it counted.

One connection, guarded by a lock, serves the web server's thread and whoever looks in from a test.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlite_utils import Database

from kiosk.sandbox.errors import SandboxError
from kiosk.sandbox.limits import DAY_S, MINUTE_S, Limits, busiest, day_start, minute_start
from kiosk.sandbox.records import Message, SandboxMember, SandboxUser, Scan

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS members (uid TEXT PRIMARY KEY, name TEXT, phone TEXT, gender TEXT, title TEXT, bal INTEGER,
       sms_status TEXT, national_id TEXT, passport TEXT)""",
    """CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, firstname TEXT, lastname TEXT, phone TEXT, email TEXT, country TEXT)""",
    """CREATE TABLE IF NOT EXISTS attendance (n INTEGER PRIMARY KEY, reference TEXT UNIQUE NOT NULL, uid TEXT, time TEXT, direction TEXT,
       device TEXT, offline_mode INTEGER, received REAL, acted INTEGER DEFAULT 1, duplicates INTEGER DEFAULT 0,
       conflicts INTEGER DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS attendance_uid ON attendance (uid, n)",
    """CREATE TABLE IF NOT EXISTS sms (n INTEGER PRIMARY KEY, reference TEXT UNIQUE NOT NULL, merchant_reference TEXT UNIQUE, phone TEXT,
       otp TEXT, message TEXT, status TEXT, status_code TEXT, received REAL, acted INTEGER DEFAULT 1, duplicates INTEGER DEFAULT 0,
       conflicts INTEGER DEFAULT 0)""",
    "CREATE TABLE IF NOT EXISTS requests (n INTEGER PRIMARY KEY, at REAL, key TEXT, path TEXT, accepted INTEGER)",
    "CREATE INDEX IF NOT EXISTS requests_at ON requests (key, accepted, at)",
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value INTEGER)",
)


class _Ledger(msgspec.Struct, frozen=True):
    """A table of things that were sent once: how to find one by reference, and to count it coming again; `content` must not differ."""

    table: str
    content: tuple[str, ...]
    find: str
    count: str


_SCANS = _Ledger(
    "attendance",
    ("uid", "time", "direction", "device"),
    "SELECT * FROM attendance WHERE reference = ?",
    "UPDATE attendance SET duplicates = duplicates + 1, conflicts = conflicts + ? WHERE reference = ?",
)

_MESSAGES = _Ledger(
    "sms",
    ("phone", "otp", "message"),
    "SELECT * FROM sms WHERE reference = ?",
    "UPDATE sms SET duplicates = duplicates + 1, conflicts = conflicts + ? WHERE reference = ?",
)

_FIRST_FLOAT = 1000
"""Messages that a fresh merchant has paid for."""


class State:
    """The sandbox's memory at `path`, which is created if it is not there. Raises SandboxError for a file of another kind."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = _open(path)
        self.fresh = "members" not in self._db.table_names()
        with self._change():
            for statement in _SCHEMA:
                self._db.execute(statement)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def clear(self) -> None:
        """Forget everything."""
        with self._change():
            for table in ("members", "users", "attendance", "sms", "requests", "settings"):
                self._db.table(table).delete_where()

    # people

    def put_member(self, member: SandboxMember) -> None:
        """Add or replace a member."""
        with self._change():
            self._db.table("members").upsert(msgspec.structs.asdict(member), pk="uid")

    def drop_member(self, uid: str) -> None:
        """Forget a member, as if they had left the school."""
        with self._change():
            self._db.table("members").delete_where("uid = ?", [uid])

    def put_user(self, user: SandboxUser) -> None:
        """Add or replace a user."""
        with self._change():
            self._db.table("users").upsert(msgspec.structs.asdict(user), pk="id")

    def members(self) -> list[SandboxMember]:
        """Everybody, by uid."""
        return [msgspec.convert(row, SandboxMember) for row in self._rows("SELECT * FROM members ORDER BY uid")]

    def find_member(self, identifier: str) -> SandboxMember | None:
        """Somebody by uid, national ID or passport."""
        rows = self._rows(
            "SELECT * FROM members WHERE ?1 <> '' AND ?1 IN (uid, national_id, passport) LIMIT 1", identifier
        )
        return msgspec.convert(rows[0], SandboxMember) if rows else None

    def users(self) -> list[SandboxUser]:
        """Everybody with a login, by id."""
        return [msgspec.convert(row, SandboxUser) for row in self._rows("SELECT * FROM users ORDER BY id")]

    # attendance

    def add_scan(self, scan: Scan, now: float) -> bool:
        """Keep `scan`; False if its reference is known, which is counted (and whether it said something else then)."""
        return self._add(_SCANS, msgspec.structs.asdict(scan), now)

    def scans(self, uid: str | None = None, *, limit: int) -> list[Scan]:
        """The `limit` scans that came last (of `uid`), in the order in which they came."""
        rows = self._rows("SELECT * FROM attendance WHERE ?1 IS NULL OR uid = ?1 ORDER BY n DESC LIMIT ?2", uid, limit)
        return [msgspec.convert(row, Scan, strict=False) for row in reversed(rows)]

    # messages

    def add_sms(self, sms: Message, now: float) -> Message | None:
        """Keep `sms` and take its price; the kept one, or None if its reference is known, which is counted."""
        with self._change():
            number = self._db.execute("SELECT coalesce(max(n), 0) + 1 FROM sms").fetchone()[0]
            kept = msgspec.structs.replace(sms, merchant_reference=f"KT{677832 + number}")
            kept = kept if sms.reference else msgspec.structs.replace(kept, reference=kept.merchant_reference)
            if not self._add(_MESSAGES, msgspec.structs.asdict(kept), now):
                return None
            self._set("float", self.sms_float - 1)
            self._db.execute(
                "UPDATE members SET bal = max(bal - 1, 0) WHERE substr(phone, -9) = substr(?, -9)", [kept.phone]
            )
            return kept

    def find_sms(self, reference: str) -> Message | None:
        """A message by either of its references."""
        rows = self._rows("SELECT * FROM sms WHERE ?1 IN (reference, merchant_reference)", reference)
        return msgspec.convert(rows[0], Message) if rows else None

    # what there is of money and patience

    @property
    def limits(self) -> Limits:
        """The present rate limits."""
        standard = Limits()
        return Limits(self._setting("per_minute", standard.per_minute), self._setting("per_day", standard.per_day))

    def set_limits(self, limits: Limits) -> None:
        """Change the rate limits from now on."""
        self._set("per_minute", limits.per_minute)
        self._set("per_day", limits.per_day)

    @property
    def sms_float(self) -> int:
        """Messages that are still paid for."""
        return self._setting("float", _FIRST_FLOAT)

    def set_sms_float(self, messages: int) -> None:
        """Top up, or empty, the wallet."""
        self._set("float", messages)

    def admit(self, key: str, path: str, now: float) -> float | None:
        """Count a request of `key`. None if it is within the limits, else the seconds until another may come."""
        with self._change():
            wait = self._wait(key, now)
            row = [now, key, path, int(wait is None)]
            self._db.execute("INSERT INTO requests (at, key, path, accepted) VALUES (?, ?, ?, ?)", row)
            return wait

    # looking in

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """Every scan and message, with how often each reference was acted on, came again, and came again with other content."""
        return {
            "attendance": self._rows("SELECT * FROM attendance ORDER BY n"),
            "sms": self._rows("SELECT * FROM sms ORDER BY n"),
        }

    def traffic(self, now: float) -> dict[str, int]:
        """The requests as the platform counted them, refused ones apart; `busiest_minute` is over any 60 s, all of them."""
        times = [row["at"] for row in self._rows("SELECT at FROM requests ORDER BY at")]
        return {
            "minute": self._count(None, minute_start(now)),
            "day": self._count(None, day_start(now)),
            "refused": len(self._rows("SELECT n FROM requests WHERE accepted = 0")),
            "total": len(times),
            "busiest_minute": busiest(times, MINUTE_S),
        }

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._lock, self._db.atomic():
            yield

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with self._lock:
            cursor = self._db.execute(sql, list(values))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _add(self, ledger: "_Ledger", row: dict[str, Any], now: float) -> bool:
        with self._change():
            known = self._rows(ledger.find, row["reference"])
            if known:
                differs = any(known[0][name] != row[name] for name in ledger.content)
                self._db.execute(ledger.count, [int(differs), row["reference"]])
            else:
                self._db.table(ledger.table).insert({**row, "received": now})
            return not known

    def _wait(self, key: str, now: float) -> float | None:
        limits = self.limits
        if limits.per_day and self._count(key, day_start(now)) >= limits.per_day:
            return day_start(now) + DAY_S - now
        if limits.per_minute and self._count(key, minute_start(now)) >= limits.per_minute:
            return minute_start(now) + MINUTE_S - now
        return None

    def _count(self, key: str | None, since: float) -> int:
        sql = "SELECT count(*) AS n FROM requests WHERE accepted = 1 AND at >= ?1 AND (?2 IS NULL OR key = ?2)"
        return int(self._rows(sql, since, key)[0]["n"])

    def _setting(self, name: str, otherwise: int) -> int:
        rows = self._rows("SELECT value FROM settings WHERE name = ?", name)
        return int(rows[0]["value"]) if rows else otherwise

    def _set(self, name: str, value: int) -> None:
        with self._change():
            self._db.table("settings").upsert({"name": name, "value": value}, pk="name")


def _open(path: Path) -> Database:
    connection = None
    try:
        connection = sqlite3.connect(path, check_same_thread=False)
        database = Database(connection)
        database.enable_wal()
        database.execute("PRAGMA synchronous=NORMAL")  # it outlives its process; a power cut is not its business
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise SandboxError(f"cannot use {path} as the sandbox's state: {error}") from error
    return database
