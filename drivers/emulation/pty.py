"""A pseudo-terminal that plays the serial port, with a stable link to it as udev would make."""

import contextlib
import os
import stat
import termios
import tty
from pathlib import Path

from drivers.errors import LinkLost

_SPEEDS = {getattr(termios, f"B{speed}"): speed for speed in (9600, 19200, 38400, 57600, 115200)}
_CODES = {speed: code for code, speed in _SPEEDS.items()}
_ISPEED, _OSPEED = 4, 5


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
            self._point()
        except OSError as failure:
            self.unplug()
            raise LinkLost(
                f"cannot make {self.link}: {failure}", port=str(self.link), cure="Give another link."
            ) from failure

    def unplug(self) -> None:
        """Disappear: every client's descriptor hangs up. The link stays, dangling, until `close`."""
        for descriptor in (self.master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self._slave = -1

    def close(self) -> None:
        """Disappear, and take the link away if it is still ours."""
        self.unplug()
        with contextlib.suppress(OSError):
            if self.port and self.link.readlink() == Path(self.port):
                self.link.unlink()

    def client_baud(self) -> int | None:
        """The speed that the client has set, or None if it is none of the usual ones."""
        return _SPEEDS.get(termios.tcgetattr(self.master)[_OSPEED])

    def _set_speed(self, baud: int) -> None:
        attributes = termios.tcgetattr(self._slave)
        attributes[_ISPEED] = attributes[_OSPEED] = _CODES.get(baud, termios.B57600)
        termios.tcsetattr(self._slave, termios.TCSANOW, attributes)

    def _point(self) -> None:
        """Replace the link in one step, so that it always leads to some port. Anything but a link is left alone."""
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISLNK(self.link.lstat().st_mode):
                raise FileExistsError(f"{self.link} exists and is not a link")
        fresh = self.link.with_name(f".{self.link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self.port)
        fresh.replace(self.link)
