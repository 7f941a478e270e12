"""From a path to a store of the present version, whatever was there before."""

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import disk
from kiosk.store import backup, files, schema
from kiosk.store.database import Database
from kiosk.store.errors import StoreConflict, StoreDamaged, StoreTooNew, translate

if TYPE_CHECKING:
    from sqlite_utils import Migrations

_MAGIC = b"SQLite format 3\0"
_INTERRUPTED = {sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY}
# The table of sqlite-utils' migrations is made before the first of them runs.
_TABLES = "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE '%sqlite_%'"


def prepare(database: Database) -> None:
    """Create the store or bring it up to date, so that `database` can be used. See `Store.open` for what it raises."""
    path = database.path
    if files.is_new(path):
        files.create(path)
        version = 0
    else:
        version = version_of(path)
        files.protect(path)
        _settle_log(database)
    if version < schema.VERSION:
        upgrade(database, version)
    database.row("SELECT 1 FROM punches LIMIT 1")  # SQLite makes its log at the first look
    files.mark(path)
    # SQLite syncs the folder after it made the log, and does not look whether that worked.
    disk.sync_folder(path.parent)


def version_of(path: Path) -> int:
    """Find the version of the store at `path` without changing a byte of it; 0 is an empty database.

    Raises StoreTooNew if it is beyond ours, StoreDamaged if it is no store of a kiosk.
    """
    with path.open("rb") as file:
        if not _MAGIC.startswith(
            file.read(len(_MAGIC)).rstrip(b"\0")
        ):  # SQLite takes a very short file for an empty one
            raise StoreDamaged(f"{path} is not a database")
    try:
        application, version, tables = _header(path, "ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in _INTERRUPTED:
            raise translate(error) from error
        # Power was lost while SQLite first laid out the file, before there was a version; only a writer may clear that up.
        application, version, tables = _header(path, "rw")
    except sqlite3.Error as error:
        raise translate(error) from error
    if version > schema.VERSION:
        raise StoreTooNew(version, schema.VERSION)
    if tables and application != schema.APPLICATION_ID:
        raise StoreDamaged(f"{path} is a database of another program", cure="Check the path in the configuration.")
    return version


def _header(path: Path, mode: str) -> tuple[int, int, int]:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute(_TABLES).fetchone()
    return application, version, tables


def upgrade(database: Database, version: int, steps: "Migrations | None" = None) -> None:
    """Take every step that `database`, at `version`, has not taken yet; an existing store is copied aside first."""
    from kiosk.store import migrations  # noqa: PLC0415  brings sqlite-utils, which an up-to-date store does not need

    if version:
        backup.copy(database, database.path.with_name(f"{database.path.name}.version-{version}"))
    try:
        (steps or migrations.KIOSK).apply(database.utils())
    except sqlite3.IntegrityError as error:
        raise StoreConflict(
            "the store holds rows that its next version cannot keep", cure="Report this; the store is unchanged."
        ) from error
    except sqlite3.Error as error:
        raise translate(error, committing=True) from error


def _settle_log(database: Database) -> None:
    """Move what a crash left in the write-ahead log into the file.

    After an fsync that failed, the log may be readable only because it is still in memory; writing it anew,
    elsewhere, makes it durable.
    """
    with contextlib.suppress(FileNotFoundError):
        if files.wal_of(database.path).stat().st_size:
            database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
