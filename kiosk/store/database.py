"""The connections to the store's file, its transactions, and what their failures mean; all SQL goes through here.

One connection a thread; writers queue in order of asking. A green light may follow `atomic()`, because
`synchronous=FULL` has the write-ahead log on disk before COMMIT returns.
"""

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.store.errors import NotSaved, SaveUnknown, StoreConflict, StoreError, translate
from kiosk.store.turns import Turns

if TYPE_CHECKING:
    import sqlite_utils

PRAGMAS: Mapping[str, str | int] = {
    "busy_timeout": 5000,  # ms that another program may hold the file
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: NORMAL loses acknowledged punches in a power cut
    "foreign_keys": 1,
    "wal_autocheckpoint": 1000,  # pages; fewer corrupts on cards that reorder writes
    "trusted_schema": 0,
    "cell_size_check": 1,
    "recursive_triggers": 1,  # or REPLACE would delete rows behind the triggers that forbid it
    "secure_delete": 1,  # what is erased for a person is overwritten, not only unlinked
}
"""Set in this order at every connect, and read back: a setting that did not take is a failure, not a detail."""

Value = str | int | bytes | None
Values = Sequence[Value] | Mapping[str, Value]


class _Lease:
    """A thread's hold on its connection; when the thread is gone the connection closes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class Database:
    """The file at `path`, for any number of threads. `pragmas` differ from PRAGMAS only in tests."""

    def __init__(self, path: Path, pragmas: Mapping[str, str | int] = PRAGMAS) -> None:
        self.path = path
        self._pragmas = pragmas
        self._patience = int(pragmas["busy_timeout"]) / 1000
        self._turns = Turns()
        self._mine = threading.local()
        self._all: weakref.WeakSet[_Lease] = weakref.WeakSet()
        self._doubt = ""
        self._commits = 0
        self._cache: dict[tuple[Value, ...], tuple[int, Any]] = {}

    def close(self) -> None:
        """Close the connections of all threads, which must have stopped using them. Safe to call twice."""
        for lease in list(self._all):
            lease.connection.close()

    def rows(self, sql: str, values: Values = ()) -> list[Any]:
        """Return all rows of a query, as tuples."""
        return list(self.each(sql, values))

    def row(self, sql: str, values: Values = ()) -> Any:  # noqa: ANN401  a tuple as wide as the query
        """Return the first row of a query, or None."""
        return next(self.each(sql, values), None)

    def cached_row(self, sql: str, values: Sequence[Value] = ()) -> Any:  # noqa: ANN401  as `row`
        """Return the first row of a query that is asked again and again: from memory while this store has committed nothing.

        What another program writes meanwhile shows after the next commit of ours.
        """
        commits = self._commits
        if self._connected().in_transaction:
            return self.row(sql, values)  # which may have changed what nobody else sees yet
        known = self._cache.get((sql, *values))
        if known is None or known[0] != commits:
            self._cache[sql, *values] = known = commits, self.row(sql, values)
        return known[1]

    def each(self, sql: str, values: Values = ()) -> Iterator[Any]:
        """Yield the rows of a query one by one, for those that do not fit into memory."""
        try:
            yield from self._connected().execute(sql, values)
        except sqlite3.Error as error:
            raise translate(error) from error

    def write(self, sql: str, values: Values = ()) -> int:
        """Run one changing statement, in the open transaction or one of its own. Returns how many rows changed."""
        connection = self._connected()
        if connection.in_transaction:
            return _run(connection, sql, values)
        with self.atomic():
            return _run(connection, sql, values)

    def write_through(self, sql: str, values: Values = ()) -> int:
        """Run one changing statement that nothing can undo any more once this returns; otherwise as `write`.

        Raises StoreError inside `atomic`, which could undo it.
        """
        if self._connected().in_transaction:
            raise StoreError("this must be on disk at once, and was asked for inside a transaction")
        return self.write(sql, values)

    @contextlib.contextmanager
    def atomic(self) -> Iterator[None]:
        """Commit the block's changes as one, or none of them. An inner `atomic` undoes its own part when it fails.

        When the outermost block ends without an error, its changes are on disk. Raises NotSaved or StoreConflict
        (nothing was written), SaveUnknown (nobody knows; the store is of no more use), StoreDamaged.
        """
        connection = self._connected()
        if connection.in_transaction:
            with _savepoint(connection):
                yield
            return
        if not self._turns.take(self._patience):
            raise NotSaved("the store is busy", cure="Wait a little; restart the kiosk if it stays so.")
        try:
            _run(connection, "BEGIN IMMEDIATE")
            try:
                yield
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, sqlite3.Error):
                    raise translate(error) from error
                raise
            self._commit(connection)
        finally:
            self._turns.pass_on()

    def utils(self) -> "sqlite_utils.Database":
        """Dress this thread's connection in sqlite-utils' comforts, for whatever runs seldom."""
        import sqlite_utils  # noqa: PLC0415  costs six bare starts of Python and 9 MiB, which starting does not need

        return sqlite_utils.Database(self._connected(), recursive_triggers=False, execute_plugins=False)

    def _connected(self) -> sqlite3.Connection:
        if self._doubt:
            raise SaveUnknown(self._doubt)
        lease: _Lease | None = getattr(self._mine, "lease", None)
        if lease is None:
            self._mine.lease = lease = _Lease(self._connect())
            self._all.add(lease)
        return lease.connection

    def _connect(self) -> sqlite3.Connection:
        try:
            # isolation_level=None: Python begins nothing behind our back. Another thread only ever closes it.
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            for name, wanted in self._pragmas.items():
                connection.execute(f"PRAGMA {name} = {wanted}")
                (found,) = connection.execute(f"PRAGMA {name}").fetchone()
                if found != wanted:
                    raise StoreError(
                        f"SQLite keeps {name} at {found}, not {wanted}", cure="Install a current SQLite library."
                    )
        except sqlite3.Error as error:
            raise translate(error) from error
        return connection

    def _commit(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            meaning = translate(error, committing=True)
            if isinstance(meaning, SaveUnknown):
                # A second fsync after a failed one reports success for data that never arrived: trust nothing from
                # here on.
                self._doubt = str(meaning)
            self._roll_back(connection)
            raise meaning from error
        self._commits += 1

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            self._doubt = self._doubt or f"the disk failed while undoing ({error})"


@contextlib.contextmanager
def _savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    """Make the block undoable by itself, within the open transaction. SQLite keeps equal names as a stack."""
    _run(connection, "SAVEPOINT part")
    try:
        yield
    except BaseException as error:
        if connection.in_transaction:  # a failing disk may have ended all of it
            _run(connection, "ROLLBACK TO part")
            _run(connection, "RELEASE part")
        if isinstance(error, sqlite3.Error):
            raise translate(error) from error
        raise
    _run(connection, "RELEASE part")


def _run(connection: sqlite3.Connection, sql: str, values: Values = ()) -> int:
    try:
        return connection.execute(sql, values).rowcount
    except sqlite3.Error as error:
        raise translate(error) from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise StoreConflict(f"a value cannot be stored: {type(error).__name__}") from error
