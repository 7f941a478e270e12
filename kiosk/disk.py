"""Files and names that are still there after a power cut."""

import os
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """Make `data` the content of `path`, readable by its owner alone, durably.

    At any moment either the old content is there or the new one, whole; also after an OSError.
    """
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)  # of an attempt that a power cut ended
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were created, renamed or removed in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
