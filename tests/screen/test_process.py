"""The real process on a real terminal."""

import contextlib
import errno
import fcntl
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import Exit
from kiosk.models import Direction
from kiosk.screen.launch import NoTerminalError, clean_environment, run
from kiosk.views import ScanKind
from tests.support.daemon_double import DaemonDouble, scan, status

WELCOME = scan(ScanKind.WELCOME, "Wanjiku Kamau", Direction.IN)
PROGRAM = "import sys; from pathlib import Path; from kiosk.screen import run; sys.exit(run(Path(sys.argv[1])))"


class Terminal:
    """A screen process on a pty, and everything it wrote."""

    def __init__(self, socket: Path, **environment: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(24, 80)
        self.written = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(socket)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "linux", **environment},
        )
        os.close(slave)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def winch(self, rows: int, columns: int) -> None:
        self.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def type(self, keys: bytes) -> None:
        """Write all of `keys`, reading what comes back so that neither side blocks."""
        os.set_blocking(self.master, False)
        while keys:
            with contextlib.suppress(BlockingIOError):
                keys = keys[os.write(self.master, keys[:4096]) :]
            self.read(0.0 if select.select([], [self.master], [], 0.02)[1] else 0.05)

    def read(self, seconds: float) -> bool:
        """Take what is there, waiting at most so long for something. Tells whether the other side still lives."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self.master, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        self.written += piece.decode(errors="replace")
        return bool(piece)

    def until(self, words: str, seconds: float = 20.0) -> None:
        """Wait until `words` are written, and forget what was written before."""
        deadline = time.monotonic() + seconds
        while words not in self.written:
            assert time.monotonic() < deadline, f"{words!r} did not come; the last was {self.written[-2000:]!r}"
            assert self.read(0.2), f"the screen ended before {words!r}: {self.written[-2000:]!r}"
        self.written = self.written.partition(words)[2]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self.master)


@contextlib.contextmanager
def terminal(socket: Path, **environment: str) -> Iterator[Terminal]:
    made = Terminal(socket, **environment)
    try:
        yield made
    finally:
        made.close()


def test_F092_draws_survives_resizes_and_the_daemons_death(tmp_path: Path) -> None:
    socket = tmp_path / "control.sock"
    daemon = DaemonDouble(socket)
    with terminal(socket) as seen:
        seen.until("Kiosk not running")
        with daemon:
            seen.until("Put your finger on the scanner")
            daemon.say(WELCOME)
            seen.until("Welcome")
            for size in ((5, 20), (1, 1), (60, 200), (24, 80), (5, 20)):
                seen.winch(*size)
            seen.until("+ Wanjiku Kamau")
        seen.until("0 Kiosk not", seconds=2)
        assert seen.process.poll() is None
        with daemon:
            seen.until("* Put your")


def test_F092_a_change_of_size_that_nobody_signalled_is_found(tmp_path: Path) -> None:
    with DaemonDouble(tmp_path / "control.sock") as daemon, terminal(daemon.path) as seen:
        seen.until("Put your finger on the scanner")
        daemon.say(WELCOME)
        seen.until("Welcome")
        seen.resize(5, 20)
        seen.until("+ Wanjiku Kamau")


def test_F093_keys_pastes_and_escape_sequences_lead_nowhere(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    # ESC [ 200 ~ begins a paste that would swallow the rest; it comes last, with its end.
    storm = bytes(source.choice(b"\x00\x03\x04\x10\x11\x1a\x1c\x7fabq;[]<~0129") for _ in range(3_000))
    chords = b"\x11\x03\x10\x1c\x1a\x1b[20~\x1b[1;5P\x1bOP\x1b[24~\x1b\x1b\x1b"
    paste = b"\x1b[200~" + b"rm -rf / \x11\x03" * 80_000 + b"\x1b[201~"
    with DaemonDouble(tmp_path / "control.sock") as daemon, terminal(daemon.path) as seen:
        seen.until("Put your finger on the scanner")
        seen.type(storm + chords)
        seen.type(paste)
        daemon.say(WELCOME)
        seen.until("Welcome")
        assert seen.process.poll() is None
        children = Path(f"/proc/{seen.process.pid}/task/{seen.process.pid}/children").read_text(encoding="ascii")
        assert children == ""


def test_T16_a_storm_in_the_number_mode_leads_nowhere(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    storm = bytes(source.choice(b"0123456789\r\n\x7f\x08sq\x03\x11") for _ in range(3_000))
    paste = b"\x1b[200~" + b"4711\r" * 200_000 + b"\x1b[201~"
    with DaemonDouble(tmp_path / "control.sock") as daemon, terminal(daemon.path) as seen:
        seen.until("Put your finger on the scanner")
        seen.type(b"20170")
        seen.until("Your number")
        seen.type(paste + storm)
        daemon.say(WELCOME)
        seen.until("Welcome")
        seen.type(b"\x1b")
        assert seen.process.poll() is None
        children = Path(f"/proc/{seen.process.pid}/task/{seen.process.pid}/children").read_text(encoding="ascii")
        assert children == ""


def test_textuals_back_doors_are_shut(tmp_path: Path) -> None:
    doors = {
        "TEXTUAL_PRESS": "ctrl+q,f2",
        "TEXTUAL_LOG": str(tmp_path / "log"),
        "TEXTUAL_DRIVER": "no.such:Driver",
        "TEXTUAL": "debug,devtools",
    }
    with (
        DaemonDouble(tmp_path / "control.sock") as daemon,
        terminal(daemon.path, **doors, COLUMNS="7", LINES="2") as seen,
    ):
        seen.until("Put your finger on the scanner")
        daemon.say(status(), WELCOME)
        seen.until("Welcome")
    assert not (tmp_path / "log").exists()


def test_sigterm_ends_it_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with DaemonDouble(tmp_path / "control.sock") as daemon, terminal(daemon.path) as seen:
        seen.until("Put your finger on the scanner")
        seen.process.terminate()
        seen.until("\x1b[?1049l")
        while seen.read(5.0):
            pass
        assert seen.process.wait(10) == 0


@pytest.mark.parametrize(
    "environment", [{"NO_COLOR": "1"}, {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}, {"TERM": "dumb"}, {"TERM": ""}]
)
def test_F092_poor_terminals(tmp_path: Path, environment: dict[str, str]) -> None:
    with DaemonDouble(tmp_path / "control.sock") as daemon, terminal(daemon.path, **environment) as seen:
        seen.until("Scanner ready")
        daemon.say(scan(ScanKind.GOODBYE, "Ann 😀", Direction.OUT))
        seen.until("Goodbye")


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "x")],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert b"NoTerminalError: the screen needs a terminal" in done.stderr


def test_no_terminal_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", (tmp_path / "empty").open("w+"))
    with pytest.raises(NoTerminalError) as caught, sys.stdin:
        run(tmp_path / "x")
    assert caught.value.exit_code is Exit.USAGE
    assert "terminal" in caught.value.cure


def test_the_environment_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_PRESS", "q")
    monkeypatch.setenv("COLUMNS", "7")
    monkeypatch.setenv("TEXTUAL_DISABLE_KITTY_KEY", "0")
    monkeypatch.setenv("NO_COLOR", "1")
    clean_environment()
    assert {name for name in os.environ if name.startswith("TEXTUAL")} == {"TEXTUAL_DISABLE_KITTY_KEY"}
    assert os.environ["TEXTUAL_DISABLE_KITTY_KEY"] == "1"
    assert "COLUMNS" not in os.environ
    assert os.environ["NO_COLOR"] == "1"


def test_the_package_loads_without_textual() -> None:
    code = "import sys, kiosk.screen; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
