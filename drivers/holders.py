"""Which other process has a port open, as far as /proc shows it to this user (root sees all)."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import LinkLost
from drivers.link import reachable

# Device numbers of the pseudo-terminals' host ends (Documentation/admin-guide/devices.txt of Linux).
_PTY_MAJORS = range(136, 144)
# Programs of which people know more than the process.
_CURES = {
    "kiosk": "The running kiosk has it. Stop it first, and start it again afterwards: sudo systemctl stop kiosk",
    "ModemManager": "ModemManager takes every serial adapter for a modem: sudo systemctl disable --now ModemManager",
    "agetty": "A login console sits on the port: sudo raspi-config, Interface Options, Serial Port: login shell no, hardware yes.",
}


@dataclass(frozen=True, slots=True)
class Holder:
    """A process; `name` is the kernel's for it, or "kiosk" however that was started."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"

    @property
    def cure(self) -> str:
        """How to make it let go."""
        return _CURES.get(self.name, f"Stop {self}.")


def is_held(lost: LinkLost) -> bool:
    """Whether a port could not be opened because another process has it for itself."""
    return getattr(lost.__cause__, "errno", None) in {errno.EBUSY, errno.EAGAIN}


def holders(url: str) -> tuple[Holder, ...]:
    """The processes other than this one that have the port at `url` open; none for sockets and ports that do not exist.

    The program behind a pseudo-terminal is its other end, and no rival.
    """
    try:
        port = Path(reachable(url)).stat()
    except (OSError, ValueError):
        return ()
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())
    return tuple(
        Holder(pid, _name(pid))
        for pid in sorted(pids)
        if pid != os.getpid() and _has_open(pid, port.st_rdev) and not _is_other_end(pid, port.st_rdev)
    )


def _has_open(pid: int, device: int) -> bool:
    return any(stat.S_ISCHR(held.st_mode) and held.st_rdev == device for _, held in _open_files(pid))


def _is_other_end(pid: int, device: int) -> bool:
    if os.major(device) not in _PTY_MAJORS:
        return False
    index = os.minor(device) + 256 * (os.major(device) - _PTY_MAJORS.start)
    return any(f"tty-index:\t{index}\n" in _text(f"/proc/{pid}/fdinfo/{number}") for number, _ in _open_files(pid))


def _open_files(pid: int) -> Iterator[tuple[str, os.stat_result]]:
    """Number and nature of the process' open files. Those of other users are hidden, and any may close or end meanwhile."""
    try:
        links = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return
    for link in links:
        try:
            yield link.name, link.stat()
        except OSError:
            continue


def _name(pid: int) -> str:
    # `python -m kiosk run` and the installed script are both the kiosk; no other word of a command line is anybody's business.
    started_as = {Path(word).name for word in _text(f"/proc/{pid}/cmdline").split("\0")[:3]}
    return "kiosk" if "kiosk" in started_as else _text(f"/proc/{pid}/comm").strip() or "unknown"


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
