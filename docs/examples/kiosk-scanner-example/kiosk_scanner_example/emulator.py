"""The other end of the line: `kiosk emulate example` puts it on a pseudo-terminal, and line faults come for free."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from drivers.emulation.device import Answer, Device
from drivers.emulation.fingers import Glass, Quality, ideal, merge, score
from drivers.emulation.flash import Flash, encode
from kiosk_scanner_example.wire import MAX_LINE, from_line, to_line

_CAPACITY, _TEMPLATE = 100, 128
# The least score that is a match, and seconds that the scanner takes for a picture.
_MATCH = 40
_PICTURE = 0.2


class ExampleDevice(Device):
    """An emulated scanner. `seed` fixes all chance; `state` is a file that keeps its flash."""

    baud = 19200

    def __init__(self, seed: int | None, state: Path | None) -> None:
        self._noise = random.Random(seed)
        self.model = "Example-100"
        self.glass = Glass(self._noise)
        self._flash = Flash(_CAPACITY, _TEMPLATE, serial=bytes(8), path=state)
        self._handlers: dict[str, Callable[..., str]] = {
            "PING": lambda: "PONG",
            "HELLO": lambda: f"{self.model} {_CAPACITY}",
            "LOOK": lambda: "NO" if self.glass.capture() is None else "YES",
            "FIND": self._find,
            "FORGET": self._forget,
            "KEEP": self._keep,
            "STORE": self._store,
            "DELETE": self._delete,
            "CLEAR": self._clear,
            "LIST": lambda: f"{sum(1 << slot for slot in self._flash.used):X}",
        }
        self._forget()
        self._rest = b""

    def power_on(self) -> Iterator[Answer]:
        self._forget()
        self._rest = b""
        yield Answer(to_line(0, "READY"), 0.05)

    def receive(self, data: bytes) -> Iterator[Answer]:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-MAX_LINE:]
        for asked in map(from_line, lines):
            if asked is not None:
                number, [command, *values] = asked
                yield Answer(to_line(number, self._execute(command, values)), _PICTURE if command == "FIND" else 0.01)

    def state(self) -> dict[str, object]:
        return {"used": sorted(self._flash.used)}

    def templates(self) -> dict[int, bytes]:
        return {slot: self._flash.read(slot) or b"" for slot in self._flash.used}

    def put(self, slot: int, template: bytes | None) -> None:
        if template is None:
            self._flash.erase(slot)
        else:
            self._flash.write(slot, template)

    def make(self, finger: str) -> bytes:
        return encode(ideal(finger), _TEMPLATE)

    def close(self) -> None:
        self._flash.close()

    def _execute(self, command: str, values: list[str]) -> str:
        try:
            return self._handlers[command](*map(int, values))
        except (KeyError, TypeError, ValueError):
            return "ERROR no such command"

    def _find(self) -> str:
        self._features = self.glass.capture()
        if self._features is None:
            return "EMPTY"
        if self.glass.quality is not Quality.GOOD:
            return "BAD"
        found = [(self._flash.score(slot, self._features), slot) for slot in self._flash.used]
        best, slot = max(found, default=(0, 0))
        return f"HIT {slot} {best}" if best >= _MATCH else "NONE"

    def _forget(self) -> str:
        self._samples: list[int] = []
        self._features: int | None = None
        return "OK"

    def _keep(self) -> str:
        if self._features is None:
            return "ERROR no picture"
        self._samples.append(self._features)
        return "OK"

    def _store(self, slot: int) -> str:
        if len(self._samples) < 2 or not 0 <= slot < _CAPACITY:
            return "ERROR cannot store"
        if any(score(self._samples[0], other) < _MATCH for other in self._samples[1:]):
            return "DIFFERENT"
        self._flash.write(slot, encode(merge(self._samples, self._noise), _TEMPLATE))
        return "OK"

    def _delete(self, slot: int) -> str:
        self._flash.erase(slot)
        return "OK"

    def _clear(self) -> str:
        for slot in self._flash.used:
            self._flash.erase(slot)
        return "OK"


def example(*, seed: int | None = None, state: Path | None = None) -> ExampleDevice:
    """What the entry point names: a new emulated scanner."""
    return ExampleDevice(seed, state)
