"""Faulty lines to a scanner of any family, one fault at a time; and a line that is made up, for the dialogue alone."""

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers import Hit, LinkTimeout, ScannerError
from drivers.emulation.host import Emulator
from drivers.link import Link
from tests.support.scanners import driver_for, emulated

# How much shorter the time-outs are on a faulty line; and what a busy machine may add to them, in seconds.
SCALE = 0.03
SLACK = 1.0
# Seconds that a made-up line takes for each piece that it brings.
STEP = 0.01


class Line:
    """An emulator with `amina` in slot 7 and on the glass, and a driver that is made hasty once it is open."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.scanner = driver_for(emulator)
        emulator.plant(7, "amina")
        self.mend()
        emulator.place("amina")

    def hurry(self, scale: float = SCALE) -> None:
        self.scanner._wire._scale = scale

    def mend(self) -> None:
        self.emulator.clear_faults()
        # A sensor that was without power may be back at another speed than the line, and would be looked for.
        self.scanner._link.baud = self.emulator.device.baud
        self.hurry(1.0)
        self.scanner.open()

    def attempt(self, kind: str, at: int, act: Callable[[], object] | None = None, **fault: object) -> object:
        """What `identify`, or another act, makes of one fault: its answer, or the error."""
        self.hurry()
        self.emulator.fault(kind, at=at, **fault)
        started = time.monotonic()
        try:
            return (act or self.scanner.identify)()
        except ScannerError as failure:
            return failure
        finally:
            assert time.monotonic() - started < 2 * SCALE + SLACK

    def arrives(self, data: bytes) -> None:
        """Bytes that come before anything is asked."""
        os.write(self.emulator._port.master, data)
        assert select.select([self.scanner._link._descriptor], [], [], 5)[0]


@contextmanager
def line_to(model: str, folder: Path) -> Iterator[Line]:
    """A line to an emulated `model`."""
    with emulated(model, folder) as emulator:
        line = Line(emulator)
        try:
            yield line
        finally:
            line.scanner.close()


def is_hit(outcome: object) -> bool:
    """Whether amina was recognised."""
    return isinstance(outcome, Hit) and outcome.slot == 7


class MadeUpLink(Link):
    """Every `receive` brings the next piece, then `last` for ever, or nothing. Time passes only while somebody waits."""

    def __init__(self, *pieces: bytes, last: bytes = b"", baud: int = 57600) -> None:
        super().__init__("made-up", baud=baud)
        self.now = 0.0
        self.sent: list[bytes] = []
        self._pieces = iter(pieces)
        self._last = last

    def monotonic(self) -> float:
        return self.now

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def flush(self) -> int:
        return 0

    def receive(self, deadline: float) -> bytes:
        data = next(self._pieces, self._last)
        if not data:
            waited, self.now = deadline - self.now, max(self.now, deadline)
            raise LinkTimeout("silence", port=self.url, waited=waited, received=0)
        self.now += STEP
        return data
