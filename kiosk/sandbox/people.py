"""Who the platform knows: members, users, businesses, and what members' scans were reported."""

from typing import Any

import msgspec

from kiosk.kemru.messages import Business
from kiosk.sandbox.book import Book
from kiosk.sandbox.ledger import Ledger
from kiosk.sandbox.records import SandboxMember, SandboxUser, Scan

_TABLES = (
    """CREATE TABLE IF NOT EXISTS members (uid TEXT PRIMARY KEY, name TEXT, phone TEXT, gender TEXT, title TEXT, bal INTEGER,
       sms_status TEXT, national_id TEXT, passport TEXT)""",
    """CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, firstname TEXT, lastname TEXT, phone TEXT, email TEXT, country TEXT)""",
    """CREATE TABLE IF NOT EXISTS businesses (n INTEGER PRIMARY KEY, name TEXT, contact TEXT, link TEXT, email TEXT UNIQUE)""",
    """CREATE TABLE IF NOT EXISTS attendance (n INTEGER PRIMARY KEY, reference TEXT UNIQUE NOT NULL, uid TEXT, time TEXT, direction TEXT,
       device TEXT, offline_mode INTEGER, received REAL, acted INTEGER DEFAULT 1, duplicates INTEGER DEFAULT 0,
       conflicts INTEGER DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS attendance_uid ON attendance (uid, n)",
)


class People:
    """The merchant's people in `book`."""

    def __init__(self, book: Book) -> None:
        self._book = book
        book.create(*_TABLES)
        self._scans = Ledger(book, "attendance", ("uid", "time", "direction", "device"))

    def put_member(self, member: SandboxMember) -> None:
        """Add or replace a member."""
        self._book.upsert("members", msgspec.structs.asdict(member), "uid")

    def drop_member(self, uid: str) -> None:
        """Forget a member, as if they had left the school."""
        self._book.do("DELETE FROM members WHERE uid = ?", uid)

    def put_user(self, user: SandboxUser) -> None:
        """Add or replace a user."""
        self._book.upsert("users", msgspec.structs.asdict(user), "id")

    def members(self) -> list[SandboxMember]:
        """Everybody, by uid."""
        return [msgspec.convert(row, SandboxMember) for row in self._book.rows("SELECT * FROM members ORDER BY uid")]

    def find_member(self, identifier: str) -> SandboxMember | None:
        """Somebody by uid, national ID or passport."""
        rows = self._book.rows(
            "SELECT * FROM members WHERE ?1 <> '' AND ?1 IN (uid, national_id, passport) LIMIT 1", identifier
        )
        return msgspec.convert(rows[0], SandboxMember) if rows else None

    def users(self) -> list[SandboxUser]:
        """Everybody with a login, by id."""
        return [msgspec.convert(row, SandboxUser) for row in self._book.rows("SELECT * FROM users ORDER BY id")]

    def charge_sms(self, phone: str) -> None:
        """Take one message from the credit of whoever has `phone` (any spelling of a Kenyan number)."""
        self._book.do("UPDATE members SET bal = max(bal - 1, 0) WHERE substr(phone, -9) = substr(?, -9)", phone)

    def add_scan(self, scan: Scan, now: float) -> bool:
        """Keep `scan`; False if its reference is known, which is counted (and whether it said something else then)."""
        return self._scans.add({**msgspec.structs.asdict(scan), "received": now})

    def scans(self, uid: str | None = None, *, limit: int) -> list[Scan]:
        """The `limit` scans that came last (of `uid`), in the order in which they came."""
        sql = "SELECT * FROM attendance WHERE ?1 IS NULL OR uid = ?1 ORDER BY n DESC LIMIT ?2"
        return [msgspec.convert(row, Scan, strict=False) for row in reversed(self._book.rows(sql, uid, limit))]

    def reported(self, limit: int) -> list[dict[str, Any]]:
        """The `limit` scans that came last, newest first, with when each came (`received`, seconds since 1970) and how often again."""
        return self._book.rows("SELECT * FROM attendance ORDER BY n DESC LIMIT ?", limit)

    def add_business(self, business: Business) -> bool:
        """Register `business`; False if its e-mail address is."""
        with self._book.change():
            if self._book.rows("SELECT n FROM businesses WHERE email = ?", business.email):
                return False
            self._book.insert("businesses", msgspec.structs.asdict(business))
            return True

    def find_business(self, search: str) -> tuple[int, Business] | None:
        """A business and its number, by e-mail address, name, telephone or link."""
        rows = self._book.rows("SELECT * FROM businesses WHERE ? IN (email, name, contact, link) LIMIT 1", search)
        return (rows[0]["n"], msgspec.convert(rows[0], Business)) if rows else None
