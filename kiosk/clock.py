"""The clock port: everything that knows what time it is, or waits, gets it from here.

`SystemClock` is the real one; tests pass `kiosk.clock.FakeClock`, in which waiting costs nothing.
"""

import contextlib
import ctypes
import errno
import math
import os
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from kiosk.models import ClockState, Moment

TRUSTED = frozenset({ClockState.SYNCED, ClockState.HOLDOVER, ClockState.MANUAL})
"""States in which Kemru may be called: certificates, signatures and quota days need a believable date."""


class Clock(Protocol):
    """What the rest of the kiosk may ask of time."""

    def now(self) -> Moment:
        """The raw facts of this instant."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps; only differences mean something."""
        ...

    def wait(self, event: threading.Event, timeout: float) -> bool:
        """Wait until `event` is set or `timeout` seconds have passed; returns whether it is set."""
        ...


class SystemClock:
    """The machine's clock, read without any privilege.

    `zone` is the site's IANA zone. `manual=True` vouches for a clock that no time source disciplines (a battery clock, a lab machine).
    """

    def __init__(self, zone: str, *, manual: bool = False) -> None:
        self._zone = zone
        self._manual = manual
        self._boot_id = boot_id()
        self._was_synced = False

    def now(self) -> Moment:
        """The raw facts of this instant, the clock's own trust included."""
        state, max_error_us = self._trust()
        return Moment(
            utc_us=time.time_ns() // 1000,
            boot_id=self._boot_id,
            boottime_us=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000,
            state=state,
            max_error_us=max_error_us,
            zone=self._zone,
        )

    def monotonic(self) -> float:
        """Seconds since boot, suspend included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def wait(self, event: threading.Event, timeout: float) -> bool:
        """Wait for real."""
        return event.wait(timeout)

    def _trust(self) -> tuple[ClockState, int | None]:
        synced, max_error_us = kernel_clock()
        if synced:
            self._was_synced = True
            return ClockState.SYNCED, max_error_us
        if self._manual:
            return ClockState.MANUAL, max_error_us
        # The kernel gives up on a good clock 8.9 h after the last update; timesyncd's mark outlives a restart of ours.
        if self._was_synced or Path("/run/systemd/timesync/synchronized").exists():
            return ClockState.HOLDOVER, max_error_us
        return ClockState.UNSYNCED, max_error_us


def boot_id(environ: Mapping[str, str] = os.environ) -> str:
    """The id of this boot: from KIOSK_BOOT_ID, which the unit sets because its sandbox hides the kernel's file, or from that file.

    Raises ValueError for a KIOSK_BOOT_ID that is no UUID, OSError where there is no file.
    """
    given = environ.get("KIOSK_BOOT_ID") or Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    return str(uuid.UUID(given.strip()))


class FakeClock:
    """A clock that moves only when told to, or when somebody waits on it. `start_us` is microseconds since 1970."""

    def __init__(
        self,
        start_us: int = 1_764_000_000_000_000,
        *,
        zone: str = "Africa/Nairobi",
        state: ClockState = ClockState.SYNCED,
    ) -> None:
        self.utc_us = start_us
        self.boottime_us = 60_000_000
        self.boot_id = "00000000-0000-4000-8000-000000000001"
        self.state = state
        self.zone = zone
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> Moment:
        """The facts as the test set them."""
        return Moment(
            utc_us=self.utc_us,
            boot_id=self.boot_id,
            boottime_us=self.boottime_us,
            state=self.state,
            max_error_us=1000,
            zone=self.zone,
        )

    def monotonic(self) -> float:
        """Fake seconds since boot."""
        return self.boottime_us / 1_000_000

    def wait(self, event: threading.Event, timeout: float) -> bool:
        """Advance instead of waiting."""
        if event.is_set():
            return True
        self.waits.append(timeout)
        self.advance(timeout)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Let wall and boot clock run on together, by at least `seconds`."""
        with self._lock:
            self.utc_us += math.ceil(seconds * 1_000_000)
            self.boottime_us += math.ceil(seconds * 1_000_000)

    def jump(self, seconds: float) -> None:
        """Step the wall clock alone, as a time server or a person would."""
        with self._lock:
            self.utc_us += round(seconds * 1_000_000)


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>; only `status`'s neighbours up to `maxerror` are read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


def kernel_clock() -> tuple[bool, int | None]:
    """Ask adjtimex(2), read-only, whether the clock is disciplined, and its error bound in microseconds.

    A kernel or sandbox that forbids the call counts as not synchronised, with no bound.
    """
    timex = _Timex()
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.adjtimex(ctypes.byref(timex))
        if result < 0 and ctypes.get_errno() in {errno.EPERM, errno.ENOSYS, errno.EFAULT}:
            return False, None
        return result != _TIME_ERROR and not timex.status & _STA_UNSYNC, timex.maxerror
    return False, None
