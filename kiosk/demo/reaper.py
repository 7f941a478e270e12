"""Cleans up after a stage whose process was killed: `python -m kiosk.demo.reaper FOLDER`.

Each line on standard input is `+PID` for a process that was started, or `-PID` for one that has ended. The end of the input is the
end of the stage, however that came: whatever is still there then is killed, and FOLDER removed.
"""

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path


def reap(lines: Iterable[str], folder: Path) -> None:
    """Follow `lines` to their end, then leave nothing of the stage."""
    running: set[int] = set()
    for line in lines:
        (running.add if line.startswith("+") else running.discard)(int(line[1:]))
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    reap(sys.stdin, Path(sys.argv[1]))
