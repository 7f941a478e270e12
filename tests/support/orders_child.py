"""A process that orders through the real client, and is killed at a line of its own.

    python -m tests.support.orders_child URL JOURNAL

Reads lines `DO KIND REFERENCE AT` (DO is submit or settle). For each it forks, and the fork kills itself before the AT-th line that it
would run of the client, the journal, or the HTTP library. Answers `killed AT`, or `done LINES` when it got through.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import httpcore

from kiosk.kemru import Journal, Kemru, Once
from kiosk.sandbox import DEMO_CREDENTIALS
from tests.support.orders import small

WATCHED = (str(Path(sys.modules["kiosk.kemru"].__file__ or "").parents[1]), str(Path(httpcore.__file__).parent))


class Executioner:
    """Kills this process before the `at`-th line; counts them until then."""

    def __init__(self, at: int) -> None:
        self.count = 0
        self._at = at

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if event == "line":
            if self.count == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.count += 1
        return self


def act(once: Once, journal: Journal, do: str, kind: str, reference: str) -> None:
    if do == "submit":
        once.submit(small(kind, reference))
        return
    entry = journal.find(reference)
    assert entry is not None
    once.settle(entry)


def life(url: str, folder: Path, words: list[str]) -> int:
    """What the fork does; how many lines it took."""
    do, kind, reference, at = words
    journal = Journal(folder)
    with Kemru(url, DEMO_CREDENTIALS, deadline=10.0) as kemru:
        once = Once(kemru, journal, waits=(0.0, 0.0, 0.0))
        executioner = Executioner(int(at))
        sys.settrace(executioner)
        act(once, journal, do, kind, reference)
        sys.settrace(None)
    return executioner.count


def main(url: str, folder: Path) -> None:
    Kemru(url, DEMO_CREDENTIALS).close()  # loads the HTTP library once, for all forks
    for line in sys.stdin:
        child = os.fork()
        if not child:
            print("done", life(url, folder, line.split()), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print("killed", line.split()[-1], flush=True)
        elif os.WEXITSTATUS(status):
            print("failed", line.split()[-1], flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
