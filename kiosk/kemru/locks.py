"""Locks between processes: files that are locked, and gone when nobody holds them.

Letting go never raises: whatever was done under a lock was done, and its outcome is what the caller has to hear.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def waiting(path: Path) -> Iterator[None]:
    """Hold the lock at `path`, once whoever else holds it has let go. Raises OSError if the file cannot be made."""
    descriptor = _locked(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        _close(descriptor)


@contextmanager
def at_once(path: Path) -> Iterator[None]:
    """Hold the lock at `path`, whose file is gone afterwards if that can be. Raises BlockingIOError if somebody else holds it."""
    descriptor = _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)  # while it is ours: whoever waits for it finds out in _is_at
        _close(descriptor)


def _locked(path: Path, how: int) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, how)
            if _is_at(path, descriptor):
                return descriptor
        except BaseException:
            _close(descriptor)
            raise
        _close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the file that was locked is still the one that others will lock."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _close(descriptor: int) -> None:
    # Linux lets go of a descriptor, and of its lock, also where closing it reports trouble.
    with contextlib.suppress(OSError):
        os.close(descriptor)
