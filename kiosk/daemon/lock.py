"""One daemon per data folder: a lock that the kernel drops with the process, however that ends."""

import fcntl
import os
from pathlib import Path

from kiosk.errors import Exit, KioskError


class AlreadyRunningError(KioskError):
    """Another daemon has this data folder. `pid` is what it wrote into the lock file."""

    exit_code = Exit.FAILURE
    cure = "Stop the other one first: `systemctl stop kiosk`."

    def __init__(self, folder: Path, pid: str) -> None:
        super().__init__(f"another kiosk daemon (pid {pid or 'unknown'}) is using {folder}")
        self.pid = pid


class InstanceLock:
    """Holds `folder`/lock for as long as it is open. Raises AlreadyRunningError at once if it is taken."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            raise AlreadyRunningError(folder, pid) from error
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let the next one in."""
        os.close(self._file)
