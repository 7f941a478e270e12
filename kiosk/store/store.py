"""The store: one file that holds all that the kiosk must not forget, and the only door to it."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from kiosk.store import opening
from kiosk.store.budget import Budget
from kiosk.store.database import PRAGMAS, Database
from kiosk.store.errors import StoreMissing, disk_full, disk_read_only, of_system
from kiosk.store.fingers import Fingers
from kiosk.store.members import Members
from kiosk.store.notes import Notes
from kiosk.store.outbox import Outbox
from kiosk.store.pins import Pins
from kiosk.store.punches import Punches
from kiosk.store.slots import Slots
from kiosk.store.templates import Templates

ROOM = 4 << 20
"""Bytes free on the disk below which `probe` gives the alarm: a full write-ahead log."""


class Store:
    """Usable from any number of threads. One process at a time: the daemon's lock sees to that.

    Every method raises a StoreError when the disk fails; see `kiosk.store.errors` for what each one leaves behind.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inode = database.path.stat().st_ino
        self.members = Members(database)
        self.fingers = Fingers(database)
        self.slots = Slots(database)
        self.templates = Templates(database)
        self.pins = Pins(database)
        self.notes = Notes(database)
        self.outbox = Outbox(database, self.notes)
        self.punches = Punches(database, self.outbox)
        self.budget = Budget(database)

    @classmethod
    def open(cls, path: Path, *, pragmas: Mapping[str, str | int] = PRAGMAS) -> Self:
        """Open the store at `path`; create it if there never was one, upgrade it (after a backup) if it is older.

        Raises StoreMissing, StoreTooNew (the file stays as it is), StoreDamaged or NotSaved. `pragmas` are for tests.
        """
        database = Database(path, pragmas)
        try:
            opening.prepare(database)
            return cls(database)
        except OSError as error:
            database.close()
            raise of_system(error) from error
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Close the file for all threads, which must have stopped using it. Safe to call twice."""
        self._database.close()

    def atomic(self) -> AbstractContextManager[None]:
        """Commit the changes of the `with` block as one. Where it is nested, the outermost block commits.

        When it ends without an error, the changes are on disk. Otherwise NotSaved: none of them is; SaveUnknown:
        nobody knows.
        """
        return self._database.atomic()

    def probe(self) -> None:
        """Look, without writing, whether the next punch could be saved. Raises the StoreError that it would meet."""
        path = self._database.path
        try:
            replaced = path.stat().st_ino != self._inode
        except FileNotFoundError:
            replaced = True
        if replaced:
            raise StoreMissing(f"{path} was removed or replaced while the kiosk has it open", cure="Restart the kiosk.")
        disk = os.statvfs(path)
        if disk.f_flag & os.ST_RDONLY:
            raise disk_read_only()
        if disk.f_bavail * disk.f_frsize < ROOM:
            raise disk_full()
        self._database.row("SELECT seq, chain FROM punches ORDER BY seq DESC LIMIT 1")
