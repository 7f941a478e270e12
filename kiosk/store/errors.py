"""Everything that can go wrong between the kiosk and its disk.

    StoreError
    ├── NotSaved             certainly not written: disk full, read-only, or held by another program; the store goes on
    ├── SaveUnknown          the disk failed during COMMIT: nobody knows until the store was closed, opened and asked
    ├── StoreConflict        the store's own rules forbid it: an id used twice, a slot taken, a row that never changes
    ├── StoreDamaged         the file cannot be read as what it should be
    ├── StoreTooNew          a later version of the kiosk wrote it
    └── StoreMissing         there was one, and it is gone

`code` is SQLite's extended result code where there was one. No message carries a value out of a row.
"""

import errno
import sqlite3

from kiosk.errors import Exit, KioskError

_BROKEN = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = ("the disk is full", "Free some space on the disk.")
_READ_ONLY = ("the disk is read-only", "Remount it writable; replace the card if that fails.")
_BUSY = ("another program holds the store", "Close whatever else has the store open.")
_EXHAUSTED = ("the machine ran out of memory or open files", "Restart the machine.")
_NOT_SAVED = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_NOMEM: _EXHAUSTED,
    sqlite3.SQLITE_CANTOPEN: _EXHAUSTED,
}


class StoreError(KioskError):
    """Root of all failures of the store."""

    exit_code = Exit.IO

    def __init__(self, message: str, *, code: int | None = None, cure: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.cure = cure or type(self).cure


class NotSaved(StoreError):  # noqa: N818  named for the state it describes
    """Nothing of the transaction was written, for sure. Trying again later may succeed."""

    exit_code = Exit.TEMPORARY


class SaveUnknown(StoreError):  # noqa: N818  named for the state it describes
    """COMMIT failed, perhaps after it happened. The store refuses everything from then on, until it is opened anew."""

    cure = "Restart the kiosk; it then looks up what was recorded. If it comes back, replace the memory card."


class StoreConflict(StoreError):  # noqa: N818  named for the state it describes
    """The change breaks one of the store's rules, and was not made."""

    exit_code = Exit.DATA


class StoreDamaged(StoreError):  # noqa: N818  named for the state it describes
    """The file is there, and is not a sound store of this kiosk."""

    cure = "Keep the file as it is, and restore the last good backup beside it."


class StoreTooNew(StoreError):  # noqa: N818  named for the state it describes
    """The store has version `found`; this kiosk knows up to `known`. The file was not touched."""

    exit_code = Exit.CONFIG
    cure = "Install the newer kiosk again, or restore the backup that it made before it upgraded the store."

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"the store has version {found}, this kiosk knows up to version {known}")
        self.found = found
        self.known = known


class StoreMissing(StoreError):  # noqa: N818  named for the state it describes
    """The marker beside it says that there was a store. A new one is never made silently in its place."""

    exit_code = Exit.NO_INPUT
    cure = "Restore the store from a backup. Only if there never was anything in it: delete the marker file."


def disk_full() -> NotSaved:
    """Say that there is no room."""
    return NotSaved(_FULL[0], cure=_FULL[1])


def disk_read_only() -> NotSaved:
    """Say that nothing can be written."""
    return NotSaved(_READ_ONLY[0], cure=_READ_ONLY[1])


def of_system(error: OSError) -> StoreError:
    """Say in the kiosk's words why the system refused a file."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full()
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return disk_read_only()
    return StoreDamaged(f"the disk failed: {error.strerror}", cure="Check the memory card, and its connection.")


def translate(error: sqlite3.Error, *, committing: bool = False) -> StoreError:
    """Say in the kiosk's words what SQLite means, going by its result code; `committing` if COMMIT itself failed."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return _of_python(error)
    name, primary = error.sqlite_errorname, code & 0xFF
    if primary in _BROKEN and committing:
        return SaveUnknown(f"the disk failed while saving ({name})", code=code)
    if primary in _BROKEN:
        return StoreDamaged(f"the store, or the disk it is on, is damaged ({name})", code=code)
    if primary in _NOT_SAVED:
        what, cure = _NOT_SAVED[primary]
        return NotSaved(f"{what} ({name})", code=code, cure=cure)
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return StoreConflict(f"the store's rules forbid it: {error}", code=code)
    return StoreError(f"the store refused: {error} ({name})", code=code)


def _of_python(error: sqlite3.Error) -> StoreError:
    """Word the refusals of Python's own layer anew: they may quote a value."""
    if "decode" in str(error):
        return StoreDamaged("a text in the store is not text any more")
    return StoreError(f"the store cannot be used: it was closed, or asked wrongly ({type(error).__name__})")
