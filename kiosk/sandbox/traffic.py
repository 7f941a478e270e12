"""Every request as the platform counted it, and for the latest ones what was said."""

from typing import Any

import msgspec

from kiosk.sandbox.book import Book, Settings
from kiosk.sandbox.limits import DAY_S, MINUTE_S, Limits, busiest, day_start, minute_start

KEPT = 1000
"""Requests whose words are kept; all are counted."""

_NEVER = 1 << 63
"""More than SQLite counts to."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS requests (n INTEGER PRIMARY KEY, at REAL, key TEXT, path TEXT, accepted INTEGER)""",
    "CREATE INDEX IF NOT EXISTS requests_at ON requests (key, accepted, at)",
    "CREATE INDEX IF NOT EXISTS requests_when ON requests (accepted, at)",
    """CREATE TABLE IF NOT EXISTS said (n INTEGER PRIMARY KEY, at REAL, method TEXT, target TEXT, call TEXT, body TEXT, signed TEXT,
       claimed TEXT, expected TEXT, status INTEGER, code TEXT, answer TEXT, fault TEXT)""",
)


class Exchange(msgspec.Struct, frozen=True):
    """A request and its answer, for the eyes of a developer.

    `signed` is the text that the signature has to cover, `expected` the signature over it, `claimed` the one that came: None where the
    request was refused before its signature mattered. `fault` names how the sandbox spoilt it.
    """

    at: float
    method: str
    target: str
    call: str
    body: str = ""
    signed: str | None = None
    claimed: str | None = None
    expected: str | None = None
    status: int = 0
    code: str | None = None
    answer: str = ""
    fault: str = ""
    n: int = 0


class Glance(msgspec.Struct, frozen=True):
    """One line about an exchange; `genuine` is None where its signature was not looked at."""

    n: int
    at: float
    method: str
    target: str
    call: str
    status: int
    code: str | None
    fault: str
    genuine: bool | None


class Traffic:
    """The requests in `book`."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings
        book.create(*_TABLES)

    @property
    def limits(self) -> Limits:
        """The present rate limits."""
        standard = Limits()
        return Limits(
            self._settings.get("per_minute", standard.per_minute), self._settings.get("per_day", standard.per_day)
        )

    @limits.setter
    def limits(self, limits: Limits) -> None:
        with self._book.change():
            self._settings.put("per_minute", limits.per_minute)
            self._settings.put("per_day", limits.per_day)

    def admit(self, key: str, path: str, now: float) -> float | None:
        """Count a request of `key`. None if it is within the limits, else the seconds until another may come."""
        with self._book.change():
            wait = self._wait(key, now)
            self._book.insert("requests", {"at": now, "key": key, "path": path, "accepted": int(wait is None)})
            return wait

    def keep(self, exchange: Exchange) -> None:
        """Remember what was said; the oldest words go."""
        with self._book.change():
            row = msgspec.structs.asdict(exchange)
            del row["n"]
            self._book.insert("said", row)
            self._book.do("DELETE FROM said WHERE n <= (SELECT max(n) FROM said) - ?", KEPT)

    def latest(self, limit: int) -> list[Exchange]:
        """The newest exchanges, newest first."""
        rows = self._book.rows("SELECT * FROM said ORDER BY n DESC LIMIT ?", limit)
        return [msgspec.convert(row, Exchange) for row in rows]

    def exchange(self, n: int) -> Exchange | None:
        """One exchange by its number, while its words are kept."""
        rows = self._book.rows("SELECT * FROM said WHERE n = ?", n) if n < _NEVER else []
        return msgspec.convert(rows[0], Exchange) if rows else None

    def glances(self, after: int) -> list[Glance]:
        """What has been said since the exchange `after`, a line each, oldest first."""
        sql = """SELECT n, at, method, substr(target, 1, 300) AS target, call, status, code, fault, expected = claimed AS genuine
                 FROM said WHERE n > ? ORDER BY n"""
        return [msgspec.convert(row, Glance, strict=False) for row in self._book.rows(sql, after)]

    def counts(self, now: float) -> dict[str, int]:
        """The requests that were taken in the running minute and day."""
        return {"minute": self._count(None, minute_start(now)), "day": self._count(None, day_start(now))}

    def summary(self, now: float) -> dict[str, Any]:
        """The requests as the platform counted them, refused ones apart; `busiest_minute` is over any 60 s, all of them."""
        times = [row["at"] for row in self._book.rows("SELECT at FROM requests ORDER BY at")]
        return {
            **self.counts(now),
            "refused": self._book.number("SELECT count(*) FROM requests WHERE accepted = 0"),
            "total": len(times),
            "busiest_minute": busiest(times, MINUTE_S),
        }

    def _wait(self, key: str, now: float) -> float | None:
        limits = self.limits
        if limits.per_day and self._count(key, day_start(now)) >= limits.per_day:
            return day_start(now) + DAY_S - now
        if limits.per_minute and self._count(key, minute_start(now)) >= limits.per_minute:
            return minute_start(now) + MINUTE_S - now
        return None

    def _count(self, key: str | None, since: float) -> int:
        sql = "SELECT count(*) FROM requests WHERE accepted = 1 AND at >= ?1 AND (?2 IS NULL OR key = ?2)"
        return self._book.number(sql, since, key)
