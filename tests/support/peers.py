"""What may sit at the other end of a line besides a sound scanner: told by a function, on a real pseudo-terminal."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.emulation.device import Answer, Device
from drivers.emulation.fingers import Glass
from drivers.emulation.host import Emulator

HOLD = """\
import os, select, sys, threading
from drivers.link import Link
how, port = sys.argv[1:]
if how == "locked":
    link = Link(port)
    link.open()
else:
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
def take():
    while select.select([descriptor], [], []):
        os.read(descriptor, 4096)
if how == "taking":
    threading.Thread(target=take, daemon=True).start()
print("held", flush=True)
sys.stdin.read()
"""


class Peer(Device):
    """Something that answers to bytes with whatever `reply` makes of them."""

    model = "peer"

    def __init__(self, reply: Callable[[bytes], bytes], *, baud: int = 57600, wakes_with: bytes = b"") -> None:
        self.glass = Glass(random.Random(0))
        self._reply = reply
        self._baud = baud
        self._wakes_with = wakes_with

    @property
    def baud(self) -> int:
        return self._baud

    def power_on(self) -> Iterator[Answer]:
        yield Answer(self._wakes_with)

    def receive(self, data: bytes) -> Iterator[Answer]:
        yield Answer(self._reply(data))

    def state(self) -> dict[str, object]:
        return {"used": []}

    def templates(self) -> dict[int, bytes]:
        return {}

    def put(self, slot: int, template: bytes | None) -> None:
        raise NotImplementedError

    def make(self, finger: str) -> bytes:
        raise NotImplementedError

    def close(self) -> None:
        pass


@contextmanager
def peer(
    folder: Path, reply: Callable[[bytes], bytes], *, baud: int = 57600, wakes_with: bytes = b""
) -> Iterator[Emulator]:
    """A peer at `folder/scanner`."""
    with Emulator(Peer(reply, baud=baud, wakes_with=wakes_with), folder / "scanner", instant=True).start() as emulator:
        yield emulator


@contextmanager
def held(port: str, *, locked: bool = True, takes: bool = False) -> Iterator[int]:
    """Another process that has the port open, by its id; `locked` as our drivers do, or as a console does, which also `takes` bytes."""
    how = "locked" if locked else "taking" if takes else "open"
    command = [sys.executable, "-c", HOLD, how, port]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process.pid
        finally:
            process.stdin.close()
            process.wait(20)
