"""Bytes in, bytes out, with a deadline: the only module that knows pyserial.

A port is a URL: a device path (`/dev/serial/by-id/...`, or a link to a pseudo-terminal), or `socket://host:port` for a serial
server. pyserial opens, configures and locks it; the bytes themselves go through `read`, `write` and `poll` on the
descriptor, because pyserial's own reader makes several system calls for what one does.
"""

import contextlib
import errno
import os
import select
import time
from collections.abc import Callable, Mapping

import serial

from drivers.errors import LinkLost, LinkTimeout

# Bytes asked of the kernel in one read: a terminal holds 4096 at most.
_CHUNK = 4096
# Seconds that the kernel may take to accept a packet: its buffer is larger than any, so more means a dead adapter.
_SEND_DEADLINE = 1.0

_CURES = {
    errno.ENOENT: "Plug the scanner in, and check the port's name in the configuration (ls -l /dev/serial/by-id).",
    errno.EACCES: "Let this user read and write the port: add it to the group that owns the device (usually dialout).",
    errno.EPERM: "Let this user read and write the port: add it to the group that owns the device (usually dialout).",
    errno.EBUSY: "Another program holds the port: stop it (often ModemManager, a login console or a second kiosk).",
    errno.EAGAIN: "Another program holds the port: stop it (often ModemManager, a login console or a second kiosk).",
}
# What poll says of a device that went away.
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
_BAD_URL = "Write the port as a device path or as socket://host:port."


def reachable(url: str, environ: Mapping[str, str] = os.environ) -> str:
    """Where this process opens `url`: a port below /dev in the folder that KIOSK_DEV names, if that is set; others as they are.

    Under systemd's PrivateDevices= a service has a /dev of its own, in which no scanner ever appears; the unit then shows the
    machine's /dev elsewhere. It is done here, at the last moment, so that settings and messages keep the name a person knows.
    """
    folder = environ.get("KIOSK_DEV", "")
    return f"{folder}/{url.removeprefix('/dev/')}" if folder and url.startswith("/dev/") else url


def device_of(url: str) -> str | None:
    """The device that `url` leads to at the moment, whatever link names it; None if there is none, or `url` is no path."""
    path = reachable(url)
    return os.path.realpath(path) if "://" not in url and os.path.exists(path) else None  # noqa: PTH110  os.path beside os.path


class Link:
    """One serial line. Used by one thread at a time; `monotonic` gives seconds and is what deadlines are measured with.

    `replies` is None, or a list for whoever wants to see what really comes: behind every sending it gets one more item, to which all
    bytes are added that come until the next one, whether anybody has use for them or not.
    """

    def __init__(self, url: str, *, baud: int = 57600, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self.baud = baud
        self.replies: list[bytes] | None = None
        self._monotonic = monotonic
        self._serial: serial.SerialBase | None = None
        self._descriptor = -1
        self._incoming = select.poll()

    def open(self) -> None:
        """Open the port for this process alone. Raises LinkLost whose `cure` says what to do about it."""
        self.close()
        # A device is locked, so that a second process cannot steal answers; a socket has one client by nature.
        options = {} if "://" in self.url else {"exclusive": True}
        try:
            self._serial = serial.serial_for_url(reachable(self.url), baudrate=self.baud, timeout=0, **options)
        except serial.SerialException as failure:
            raise self._refused(failure) from failure
        except (ValueError, OverflowError) as failure:
            raise LinkLost(f"cannot open {self.url}: {failure}", port=self.url, cure=_BAD_URL) from failure
        self._descriptor = self._serial.fileno()
        self._incoming.register(self._descriptor, select.POLLIN)

    def close(self) -> None:
        """Release the port. Never raises; safe to call twice."""
        port, self._serial, self._descriptor = self._serial, None, -1
        self._incoming = select.poll()
        if port is not None:
            # A vanished device cannot be closed properly, and need not be.
            with contextlib.suppress(OSError, serial.SerialException):
                port.close()

    def send(self, data: bytes) -> None:
        """Write all of `data`. Raises LinkLost if the port is gone, LinkTimeout if it does not take the bytes."""
        if self.replies is not None:
            self.replies.append(b"")
        rest = memoryview(data)
        deadline = self._monotonic() + _SEND_DEADLINE
        while rest:
            rest = rest[self._write(rest) :]
            if rest:
                self._await_room(deadline, len(data) - len(rest))

    def receive(self, deadline: float) -> bytes:
        """Return what is there, at least one byte, or what comes first before `deadline` (in `monotonic`'s seconds).

        Raises LinkTimeout when nothing came, or another process took it away, and LinkLost when the port is gone.
        """
        started = self._monotonic()
        while events := self._awaited(deadline):
            if data := self._read(events):
                return data
            if self._monotonic() >= deadline:
                break
        if self._descriptor < 0:
            raise self._lost("closed")
        waited = self._monotonic() - started
        raise LinkTimeout(f"{self.url}: no answer in {waited:.2f} s", port=self.url, waited=waited, received=0)

    def flush(self) -> int:
        """Drop what has come in unread, and return how many bytes that were. Raises LinkLost if the port is gone."""
        dropped = 0
        try:
            while data := os.read(self._descriptor, _CHUNK):
                self._keep(data)
                dropped += len(data)
        except BlockingIOError:
            return dropped
        except OSError as failure:
            raise self._lost(failure) from failure
        return dropped

    def _awaited(self, deadline: float) -> int:
        """What there is to read before `deadline`, in poll's bits; 0 for nothing. Looks once at least."""
        try:
            ready = self._incoming.poll(max(0.0, deadline - self._monotonic()) * 1000)
        except OSError as failure:
            raise self._lost(failure) from failure
        return ready[0][1] if ready else 0

    def _read(self, events: int) -> bytes:
        """What poll saw; nothing if another process that has the device open was quicker."""
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError as failure:
            raise self._lost(failure) from failure
        # A socket has no other reader, and ends without a hang-up that poll tells of.
        if not data and (events & _GONE or "://" in self.url):
            raise self._lost("the other end hung up")
        self._keep(data)
        return data

    def _keep(self, data: bytes) -> None:
        if self.replies is not None:
            self.replies[-1:] = [b"".join(self.replies[-1:]) + data]

    def _write(self, data: memoryview) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError as failure:
            raise self._lost(failure) from failure

    def _await_room(self, deadline: float, sent: int) -> None:
        outgoing = select.poll()
        outgoing.register(self._descriptor, select.POLLOUT)
        left = deadline - self._monotonic()
        if left <= 0 or not outgoing.poll(left * 1000):
            message = f"{self.url}: the port takes no more bytes"
            raise LinkTimeout(message, port=self.url, waited=_SEND_DEADLINE, received=sent)

    def _refused(self, failure: OSError) -> LinkLost:
        # pyserial's own words repeat the path, and under systemd it is one that nobody outside can look at.
        why = os.strerror(failure.errno) if failure.errno else failure
        return LinkLost(f"cannot open {self.url}: {why}", port=self.url, cure=_CURES.get(failure.errno or 0))

    def _lost(self, cause: object) -> LinkLost:
        if self._descriptor < 0:
            return LinkLost(f"{self.url} is not open", port=self.url, cure="Open the scanner first.")
        return LinkLost(f"{self.url} is gone: {cause}", port=self.url)
