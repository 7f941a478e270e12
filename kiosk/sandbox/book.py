"""The SQLite file under everything that the sandbox remembers.

One connection, guarded by a lock, serves the web server's thread, the errands and whoever looks in from a test.
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

VERSION = 2
"""Of the tables' shape. A sandbox's state is not worth a migration: an older file is refused, with its cure."""


class Book:
    """Tables in the file at `path`, which is created if it is not there. Raises SandboxError for a file of another kind."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = _open(path)
        self.fresh = not self._db.table_names()
        self.changes = 0
        """Grows with every change, so that whoever shows the state knows when to look again."""

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing of what is written inside; may be nested."""
        with self._lock, self._db.atomic():
            yield
            self.changes += 1

    def create(self, *statements: str) -> None:
        """Run statements that create tables and indexes where they are missing."""
        with self.change():
            for statement in statements:
                self._db.execute(statement)

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What `sql` selects, by column."""
        with self._lock:
            cursor = self._db.execute(sql, list(values))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def number(self, sql: str, *values: object) -> int:
        """The one whole number that `sql` selects."""
        with self._lock:
            return int(self._db.execute(sql, list(values)).fetchone()[0])

    def do(self, sql: str, *values: object) -> int:
        """Run a statement that changes rows; how many it changed."""
        with self.change():
            return int(self._db.execute(sql, list(values)).rowcount)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Add a row."""
        with self.change():
            self._db.table(table).insert(row)

    def upsert(self, table: str, row: dict[str, Any], key: str) -> None:
        """Add a row, or replace the one with the same `key`."""
        with self.change():
            self._db.table(table).upsert(row, pk=key)

    def clear(self) -> None:
        """Forget every row."""
        with self.change():
            for table in self._db.table_names():
                self._db.table(table).delete_where()


class Settings:
    """Named values that outlive the process."""

    def __init__(self, book: Book) -> None:
        self._book = book
        book.create("CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT)")

    def get(self, name: str, otherwise: Any) -> Any:  # noqa: ANN401  JSON
        """The value of `name`, or `otherwise`."""
        rows = self._book.rows("SELECT value FROM settings WHERE name = ?", name)
        return msgspec.json.decode(rows[0]["value"]) if rows else otherwise

    def put(self, name: str, value: object) -> None:
        """Keep `value`, which JSON can say, under `name`."""
        self._book.upsert("settings", {"name": name, "value": msgspec.json.encode(value).decode()}, "name")


def _open(path: Path) -> Database:
    connection = None
    try:
        connection = sqlite3.connect(path, check_same_thread=False)
        database = Database(connection)
        _check_version(database, path)
        database.enable_wal()
        database.execute("PRAGMA synchronous=NORMAL")  # it outlives its process; a power cut is not its business
        database.execute(f"PRAGMA user_version={VERSION}")
    except (sqlite3.Error, SandboxError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, SandboxError):
            raise
        raise SandboxError(f"cannot use {path} as the sandbox's state: {error}") from error
    return database


def _check_version(database: Database, path: Path) -> None:
    found = database.execute("PRAGMA user_version").fetchone()[0]
    if database.table_names() and found != VERSION:
        raise SandboxError(f"the state in {path} is of another version of the sandbox: remove it, or name another file")
