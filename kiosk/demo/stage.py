"""The stage: an emulator, a sandbox and a daemon, each a real process, in a folder that is gone afterwards."""

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kiosk.control.client import ControlClient
from kiosk.control.protocol import DaemonGoneError
from kiosk.errors import Exit, KioskError
from kiosk.sandbox import DEMO_CREDENTIALS
from kiosk.sealing import new_key
from kiosk.views import ScannerHealth, Status

START_S = 20.0
STOP_S = 10.0

_CONFIG = """\
[site]
name = "Demo Primary School"
data = "{folder}/data"
zone = "Africa/Nairobi"

[clock]
trust = "manual"  # a laptop's clock is good enough for a demonstration

[attendance]
repeat_seconds = {repeat_seconds}

[[station]]
name = "main"
scanner = "{folder}/scanner"

[kemru]
base_url = "{url}"
merchant_id = "{merchant_id}"
credentials = "{folder}/credentials"
deadline_seconds = 5
per_minute = {per_minute}
per_day = {per_day}

[templates]
credentials = "{folder}/credentials"

[control]
socket = "{folder}/control.sock"
"""


class StageError(KioskError):
    """A part of the demonstration did not start, or died; the text ends with what it printed last."""

    exit_code = Exit.SOFTWARE


class Stage:
    """A context manager: everything runs inside, nothing is left outside.

    `repeat_seconds` is the debounce window, short enough to be shown; `limited` keeps Kemru's limits on requests.
    """

    def __init__(self, *, repeat_seconds: int, limited: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kiosk-demo-"))
        self.socket = self.folder / "control.sock"
        self.scanner = self.folder / "scanner"
        self.url = ""
        self._repeat_seconds = repeat_seconds
        self._limits = {"per_minute": 60, "per_day": 5000} if limited else {"per_minute": 0, "per_day": 0}
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._reaper: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self._watch_over()
            self._start("emulator", "emulate", "r307", "--link", str(self.scanner), "--instant")
            self.connect_kemru()
            self._configure()
            self.start_daemon()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every process in the reverse order of its start, and remove the folder. No signal interrupts it."""
        with _undisturbed():
            for name in reversed(list(self._processes)):
                self._end(name)
            shutil.rmtree(self.folder, ignore_errors=True)
            reaper, self._reaper = self._reaper, None
            if reaper is not None:
                reaper.communicate()

    def connect_kemru(self) -> None:
        """Start the sandbox; a second time, on the same port and with what it had."""
        port = self.url.rpartition(":")[2] or "0"
        limits = [f"--{name.replace('_', '-')}={value}" for name, value in self._limits.items()]
        state = str(self.folder / "sandbox.db")
        line = self._start("sandbox", "sandbox", "--port", port, "--state", state, "--demo", *limits)
        self.url = next(word.rstrip(".") for word in line.split() if word.startswith("http://"))

    def cut_kemru(self) -> None:
        """Stop the sandbox: from now on Kemru cannot be reached."""
        self._end("sandbox")

    @property
    def kemru_is_cut(self) -> bool:
        """Whether the sandbox is stopped."""
        return "sandbox" not in self._processes

    def ledger(self) -> dict[str, Any]:
        """What the sandbox has received."""
        with urllib.request.urlopen(f"{self.url}/sandbox/ledger", timeout=START_S) as answer:  # noqa: S310  our own loopback URL
            received: dict[str, Any] = json.load(answer)
        return received

    @contextlib.contextmanager
    def client(self) -> Iterator[ControlClient]:
        """A connection to the daemon."""
        with ControlClient(self.socket, timeout=START_S) as kiosk:
            yield kiosk

    def _watch_over(self) -> None:
        """Leave somebody behind who notices when this process is killed: its end of the pipe closes with it."""
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "kiosk.demo.reaper", str(self.folder)],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _tell_reaper(self, line: str) -> None:
        if self._reaper is not None and self._reaper.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # somebody killed the reaper; the stage can do without
                self._reaper.stdin.write(f"{line}\n")
                self._reaper.stdin.flush()

    def _configure(self) -> None:
        credentials = self.folder / "credentials"
        credentials.mkdir(mode=0o700)
        for name, secret in {
            "kemru-api-key": DEMO_CREDENTIALS.api_key,
            "kemru-secret": DEMO_CREDENTIALS.secret,
            "kemru-access-token": DEMO_CREDENTIALS.access_token,
        }.items():
            path = credentials / name
            path.touch(mode=0o600)
            path.write_text(secret.reveal(), encoding="utf-8")
        new_key(credentials)
        text = _CONFIG.format(
            folder=self.folder,
            url=self.url,
            merchant_id=DEMO_CREDENTIALS.merchant_id,
            repeat_seconds=self._repeat_seconds,
            **self._limits,
        )
        (self.folder / "kiosk.toml").write_text(text, encoding="utf-8")

    def _start(self, name: str, *arguments: str, announces: bool = True) -> str:
        """Run `kiosk …` as a process; returns the line with which it announces that it is ready."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "kiosk", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for the stage alone, which then stops them in order
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._processes[name] = process
        self._tell_reaper(f"+{process.pid}")
        return self._announcement(name, process) if announces else ""

    def _announcement(self, name: str, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None  # noqa: S101  for the type checker: it is a pipe
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(START_S) else ""
        if not line:
            raise StageError(f"the {name} did not start: {self._last_words(name)}")
        return line

    def kill_daemon(self) -> None:
        """Pull the plug on the daemon: SIGKILL."""
        process = self._processes.pop("daemon")
        process.kill()
        self._ended(process)

    def start_daemon(self) -> None:
        """Start the daemon on what is on disk, and wait until it takes fingers."""
        self._start("daemon", "run", "--config", str(self.folder / "kiosk.toml"), announces=False)
        self._await_ready()

    def _await_ready(self) -> None:
        """Wait, event by event, until the scanner is ready and the roster is here."""
        process = self._processes["daemon"]
        deadline = time.monotonic() + START_S
        while True:
            if time.monotonic() > deadline:
                raise StageError(f"the daemon was not ready within {START_S:.0f} s: {self._last_words('daemon')}")
            try:
                with self.client() as kiosk:
                    for event in kiosk.watch():
                        if isinstance(event, Status) and event.members and _scanner_ready(event):
                            return
                        if time.monotonic() > deadline:
                            break
            except DaemonGoneError:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
                if process.returncode is not None:
                    raise StageError(f"the daemon did not start: {self._last_words('daemon')}") from None

    def _end(self, name: str) -> None:
        process = self._processes[name]
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
        self._ended(process)
        del self._processes[name]

    def _ended(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        self._tell_reaper(f"-{process.pid}")
        if process.stdout is not None:
            process.stdout.close()

    def _last_words(self, name: str) -> str:
        lines = (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(lines[-5:]) or "it said nothing"


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let nobody's second Ctrl-C end the cleaning up. Only the main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _scanner_ready(status: Status) -> bool:
    return all(station.health is ScannerHealth.READY for station in status.stations)
