"""A copy of the store that was proved whole before it counts as one."""

import contextlib
import os
import sqlite3
from pathlib import Path

from kiosk import disk
from kiosk.store import files
from kiosk.store.database import Database
from kiosk.store.errors import StoreDamaged, of_system, translate


def copy(database: Database, target: Path) -> None:
    """Write a compact copy of `database` to `target`, replacing what is there only once the copy is whole and on disk.

    Raises NotSaved when there is no room for it and StoreDamaged when the copy is not sound; `target` is then as it
    was.
    """
    draft = target.with_name(target.name + ".draft")
    try:
        draft.unlink(missing_ok=True)  # of an attempt that a power cut ended
        files.create(draft)
        database.rows("VACUUM INTO ?", (str(draft),))
        _check(draft)
        _sync(draft)
        draft.replace(target)
        disk.sync_folder(target.parent)
    except OSError as error:
        raise of_system(error) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _check(draft: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"{draft.as_uri()}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise translate(error) from error
    if verdict != "ok":
        raise StoreDamaged("the backup is not sound")


def _sync(draft: Path) -> None:
    descriptor = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
