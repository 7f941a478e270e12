"""The store as a thing in a folder: whether it is there, is ours, and whether there ever was one."""

import os
import stat
from pathlib import Path

from kiosk.store.errors import StoreDamaged, StoreMissing

MARKER_TEXT = """\
Beside this file there is the kiosk's attendance log. If it is not there any more, the kiosk refuses to start an empty
one in its place: restore it from a backup. Delete this file only if nothing was ever recorded.
"""


def marker_of(path: Path) -> Path:
    """Name the file that says that there is, or was, a store at `path`."""
    return path.with_name(path.name + ".installed")


def wal_of(path: Path) -> Path:
    """Name SQLite's write-ahead log: as much a part of the store as the file itself."""
    return path.with_name(path.name + "-wal")


def is_new(path: Path) -> bool:
    """Tell whether there never was a store at `path`.

    Raises StoreMissing if there was one, and StoreDamaged for what cannot be one: a folder, a device, somebody else's
    file.
    """
    if not path.parent.is_dir():
        raise StoreMissing(f"there is no folder {path.parent}", cure="Create the folder, owned by the kiosk's user.")
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    if found is not None:
        _check_ours(path, found)
    if found is not None and found.st_size:
        return False
    if marker_of(path).exists():
        gone = "missing" if found is None else "empty"
        raise StoreMissing(f"{path} is {gone}, and {marker_of(path).name} says that there was a store")
    return True


def create(path: Path) -> None:
    """Make the empty file, readable by its owner alone before anything is in it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def mark(path: Path) -> None:
    """Leave the marker, durable once the folder is synced. Nothing is acknowledged before that."""
    if marker_of(path).exists():
        return
    descriptor = os.open(marker_of(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, MARKER_TEXT.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def protect(path: Path) -> None:
    """Take the file from everybody but its owner; SQLite gives its companions the same mode."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def _check_ours(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise StoreDamaged(f"{path} is not a file", cure="Move it away, and put the store or its backup there.")
    if found.st_uid != os.geteuid():
        cure = "Run the kiosk as the user who owns the store, or give the file to the kiosk's user with chown."
        raise StoreDamaged(f"{path} belongs to user {found.st_uid}, and this is user {os.geteuid()}", cure=cure)
