"""A pseudo-terminal that plays the serial port, with a stable link to it as udev would make."""

import contextlib
import fcntl
import os
import stat
import struct
import termios
import tty
from pathlib import Path
from typing import Any

from drivers.errors import LinkLost

# Linux's termios2, which holds any speed as a number: 4 flags, line discipline, 19 control characters, input and output speed.
# Python's own termios knows the standard speeds only. Numbers as on x86, ARM and RISC-V (asm-generic/ioctls.h, termbits.h).
_TERMIOS2 = struct.Struct("=4I20s2I")
_TCGETS2, _TCSETS2 = 0x802C542A, 0x402C542B
_CFLAG, _ISPEED, _OSPEED = 2, 5, 6
_CBAUD, _BOTHER = 0o010017, 0o010000
# Where the link leads while nothing is plugged in: a pseudo-terminal's own name may be another one's the next moment.
_NOWHERE = Path("/dev/pts/unplugged")


class PtyPort:
    """The sensor's end of the line. `link` is a path that leads to the host's end; `port` is that end itself."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.port = ""
        self.master = -1
        self._slave = -1

    def plug(self, baud: int) -> None:
        """Appear at `link`, at `baud` until a client sets another speed. Raises LinkLost if something else lies there."""
        self.unplug()
        self.master, self._slave = os.openpty()
        # Raw before anybody opens it: an echo would look like the sensor's own bytes.
        tty.setraw(self._slave)
        self._set_speed(baud)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self._slave)
        try:
            self._point(Path(self.port))
        except OSError as failure:
            self.unplug()
            raise LinkLost(
                f"cannot make {self.link}: {failure}", port=str(self.link), cure="Give another link."
            ) from failure

    def unplug(self) -> None:
        """Disappear: every client's descriptor hangs up. The link stays, leading nowhere, until `close`."""
        with contextlib.suppress(OSError):
            if self.master >= 0 and self._is_ours():
                self._point(_NOWHERE)
        for descriptor in (self.master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self._slave = -1

    def close(self) -> None:
        """Disappear, and take the link away if it is still ours."""
        self.unplug()
        with contextlib.suppress(OSError):
            if self._is_ours():
                self.link.unlink()

    def client_baud(self) -> int:
        """The speed that the client has set, in bits a second."""
        return int(_settings(self.master)[_OSPEED])

    def _set_speed(self, baud: int) -> None:
        settings = _settings(self._slave)
        settings[_CFLAG] = settings[_CFLAG] & ~_CBAUD | getattr(termios, f"B{baud}", _BOTHER)
        settings[_ISPEED] = settings[_OSPEED] = baud
        fcntl.ioctl(self._slave, _TCSETS2, _TERMIOS2.pack(*settings))

    def _is_ours(self) -> bool:
        """Whether the link still leads where this port let it lead, and not to another emulator's or to a file in its place."""
        with contextlib.suppress(OSError):
            return bool(self.port) and self.link.readlink() in {Path(self.port), _NOWHERE}
        return False

    def _point(self, target: Path) -> None:
        """Replace the link in one step, so that it always leads to some port. Anything but a link is left alone."""
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISLNK(self.link.lstat().st_mode):
                raise FileExistsError(f"{self.link} exists and is not a link")
        fresh = self.link.with_name(f".{self.link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(self.link)


def _settings(descriptor: int) -> list[Any]:
    return list(_TERMIOS2.unpack(fcntl.ioctl(descriptor, _TCGETS2, bytes(_TERMIOS2.size))))
