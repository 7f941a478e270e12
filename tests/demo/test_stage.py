"""The demonstration leaves nothing behind, however it ends."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.demo.show import Glass
from kiosk.demo.stage import Stage, StageError

PATIENCE_S = 20.0


def processes_of(folder: Path) -> list[str]:
    """The command lines of this machine that name `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def left_in(folder: Path) -> list[str]:
    """What is left of it after a while, which there should not be."""
    soon(lambda: not [*folder.iterdir(), *processes_of(folder)])
    return [*map(str, folder.iterdir()), *processes_of(folder)]


def soon(condition: Callable[[], bool]) -> bool:
    """Whether it comes to be true before patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not (there := condition()) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    return there


@pytest.mark.parametrize(
    "signals", [[signal.SIGINT] * 3, [signal.SIGTERM, signal.SIGTERM], [signal.SIGKILL]], ids=["ctrl-c", "term", "kill"]
)
def test_nothing_is_left_of_a_demonstration_that_is_interrupted(tmp_path: Path, signals: list[signal.Signals]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk", "demo", "--headless"],
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as demo:
        assert soon(lambda: any(tmp_path.glob("*/control.sock")))
        assert len(processes_of(tmp_path)) >= 3
        for number in signals:
            demo.send_signal(number)
            threading.Event().wait(0.02)
        assert demo.wait(PATIENCE_S) != 0
    assert left_in(tmp_path) == []


def test_nothing_is_left_of_a_stage_whose_part_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("kiosk.demo.stage._CONFIG", "[sit]\n")
    with pytest.raises(StageError, match=r"the daemon did not start: .*did you mean"), Stage(repeat_seconds=1):
        pass
    assert left_in(tmp_path) == []


class Line:
    """A stage whose line to Kemru takes its time."""

    def __init__(self) -> None:
        self.kemru_is_cut = True
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()
        self.calls = 0

    def connect_kemru(self) -> None:
        self.calls += 1
        self.begun.release()
        self.go_on.wait(PATIENCE_S)
        self.kemru_is_cut = False


def test_a_second_press_of_the_network_key_starts_no_second_sandbox() -> None:
    line = Line()
    glass = Glass(line)  # type: ignore[arg-type]  only the line is used
    glass.network()
    assert line.begun.acquire(timeout=PATIENCE_S)
    glass.network()
    line.go_on.set()
    glass.close()
    assert (line.calls, line.kemru_is_cut) == (1, False)
