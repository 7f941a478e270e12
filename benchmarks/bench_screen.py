"""What the screen costs when nothing happens, and how soon an answer reaches the terminal.

The screen is a process of its own on a pseudo-terminal, and a control server in this one tells it what a daemon would: a status a
second, and an answer to a finger now and then. `empty` is the smallest Textual application, in the same way. Carry over the
ratios, not the milliseconds.

    python benchmarks/bench_screen.py [--seconds 6] [--scans 40]
"""

import argparse
import contextlib
import errno
import fcntl
import os
import pty
import random
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from kiosk.control.server import ControlServer
from kiosk.models import ClockState, Direction, Lane
from kiosk.views import LaneStatus, ScanKind, ScannerHealth, ScanResult, StationStatus, Status

SCREEN = "import sys; from pathlib import Path; from kiosk.screen import run; sys.exit(run(Path(sys.argv[1])))"
EMPTY = "from textual.app import App; App().run(mouse=False)"
SETTLE_S = 3.0
TARGET_MS, TARGET_RATIO = 5.0, 4.0


def status() -> Status:
    return Status(
        site="Demo Primary School",
        version="0",
        pid=1,
        now=datetime.now(UTC).isoformat(timespec="seconds"),
        clock=ClockState.SYNCED,
        storage="ok",
        members=312,
        fingers=300,
        punches_today=41,
        stations=[StationStatus(name="main", health=ScannerHealth.READY, model="R307", used=300, capacity=1000)],
        lanes=[LaneStatus(lane, 0, 0, None, None) for lane in Lane],
    )


def scan(number: int) -> ScanResult:
    kind, way = (ScanKind.WELCOME, Direction.IN) if number % 2 else (ScanKind.GOODBYE, Direction.OUT)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return ScanResult(kind=kind, station="main", at=now, name=f"Member Number {number}", direction=way)


class Terminal:
    """A program on a pseudo-terminal of 24 rows and 80 columns; what it writes is read and dropped by `quiet`."""

    def __init__(self, code: str, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-c", code, *arguments]
        environment = {**os.environ, "TERM": "linux"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment
        )
        os.close(slave)

    def wait(self, seconds: float) -> bool:
        """Wait for something to read."""
        return bool(select.select([self.master], [], [], seconds)[0])

    def quiet(self, seconds: float) -> None:
        """Read until nothing has come for so long."""
        while self.wait(seconds):
            try:
                os.read(self.master, 1 << 16)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                return

    def read_for(self, seconds: float) -> None:
        """Read whatever comes within that time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.wait(left):
                os.read(self.master, 1 << 16)

    def close(self) -> None:
        """End the program."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)


class Daemon:
    """The control socket of a daemon in whose kiosk nothing happens: it tells its status each second."""

    def __init__(self, path: Path) -> None:
        self.server = ControlServer(path, {}, greet=status)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._serve), threading.Thread(target=self._tell)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Hang up."""
        self._stop.set()
        self.server.wake()
        for thread in self._threads:
            thread.join()
        self.server.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            self.server.step(1.0)

    def _tell(self) -> None:
        while not self._stop.wait(1.0):
            self.server.publish(status())


@contextlib.contextmanager
def running(code: str, *arguments: str) -> Iterator[Terminal]:
    terminal = Terminal(code, *arguments)
    try:
        assert terminal.wait(30)
        terminal.read_for(SETTLE_S)
        yield terminal
    finally:
        terminal.close()


def cpu(pid: int) -> float:
    """CPU seconds of a process so far: its clock, by clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


def idle(terminal: Terminal, seconds: float) -> float:
    """CPU milliseconds a second."""
    before = cpu(terminal.process.pid)
    terminal.read_for(seconds)
    return (cpu(terminal.process.pid) - before) / seconds * 1000


def latency(terminal: Terminal, daemon: Daemon, number: int) -> float:
    """Milliseconds from the daemon's word to the first byte on the terminal."""
    terminal.quiet(0.15)
    began = time.perf_counter()
    daemon.server.publish(scan(number))
    assert terminal.wait(5)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="What the screen costs")
    parser.add_argument("--seconds", type=float, default=6.0, help="of idling, for each program")
    parser.add_argument("--scans", type=int, default=40)
    chosen = parser.parse_args()
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "control.sock"
        daemon = Daemon(path)
        try:
            with running(EMPTY) as empty, running(SCREEN, str(path)) as screen:
                halves = [(idle(empty, chosen.seconds / 2), idle(screen, chosen.seconds / 2)) for _ in range(2)]
                took = []
                for number in range(chosen.scans):
                    took.append(latency(screen, daemon, number))
                    screen.read_for(chance.uniform(0.05, 0.15))
        finally:
            daemon.close()
    nothing, ours = (statistics.mean(values) for values in zip(*halves, strict=True))
    took.sort()
    middle, slow = statistics.median(took), took[int(0.95 * len(took))]
    print(f"{'':28} {'screen':>10} {'against':>28} {'ratio':>8} {'target':>8}")
    print(
        f"{'idle':28} {ours:7.2f} ms/s {f'empty Textual app {nothing:.2f} ms/s':>28} {ours / nothing:7.1f}x {TARGET_RATIO:7.1f}x"
    )
    print(
        f"{'word to first byte, p50':28} {middle:7.2f} ms {f'p95 {slow:.2f} ms':>30} {middle / TARGET_MS:7.2f}x {f'{TARGET_MS:.0f} ms':>8}"
    )


if __name__ == "__main__":
    main()
