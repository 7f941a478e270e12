"""An emulated sensor on a real pseudo-terminal: one thread moves the bytes, another answers the control socket."""

import atexit
import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from drivers.emulation import tampering
from drivers.emulation.control import ControlServer
from drivers.emulation.device import Device
from drivers.emulation.faults import Fault, FaultKind
from drivers.emulation.fingers import Quality
from drivers.emulation.line import Line
from drivers.emulation.pty import PtyPort

_CHUNK = 4096
_JOIN = 5.0
# The parameters of a fault that are numbers, as JSON may give them.
_NUMBERS: dict[str, Callable[[Any], float]] = {"at": int, "count": int, "mask": int, "delay_s": float}


class Emulator:
    """`device` at `link`, until `close`. Its methods may be called from any thread.

    `instant` leaves out the sensor's working time and the line's speed. The line can be told to fail in every way of
    `drivers.emulation.faults`.
    """

    def __init__(self, device: Device, link: Path, *, instant: bool = False) -> None:
        self.device = device
        self._port = PtyPort(link)
        self._line = Line(device, self._port, instant=instant)
        self._lock = threading.RLock()
        self._turned = threading.Condition(self._lock)
        self._turns = 0
        self._stop = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._thread = threading.Thread(target=self._run, name=f"emulator {link.name}", daemon=True)
        self._control = ControlServer(link, self._handle)

    def start(self) -> Self:
        """Get power and appear at the link. Raises LinkLost if that cannot be made."""
        try:
            self.replug()
            self._control.start()
        except BaseException:
            self._release()
            raise
        self._thread.start()
        atexit.register(self.close)
        return self

    def close(self) -> None:
        """Disappear with link and socket. Never raises; safe to call twice."""
        if self._stop.is_set():
            return
        atexit.unregister(self.close)
        self._control.close()
        self._stop.set()
        self._wake()
        self._thread.join(_JOIN)
        self._release()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until somebody closes the emulator, at most `timeout` seconds; whether that happened."""
        return self._stop.wait(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def link(self) -> str:
        """The path that leads to the port, and stays the same over `unplug` and `replug`."""
        return str(self._port.link)

    @property
    def port(self) -> str:
        """The pseudo-terminal's own path at the moment."""
        return self._port.port

    def place(self, name: str, quality: str | None = None) -> None:
        """Press the finger called `name`; `quality` is one of `drivers.emulation.fingers.Quality`, good if not given.

        Raises ValueError for an unknown quality.
        """
        with self._lock:
            self.device.glass.place(name, Quality(quality or Quality.GOOD))
            self._line.touch()
        self._wake()

    def lift(self) -> None:
        """Take the finger away."""
        with self._lock:
            self.device.glass.lift()

    def fault(
        self,
        kind: str,
        *,
        at: int = 0,
        count: int = 1,
        mask: int = 0xFF,
        delay_s: float = 0.0,
        data: bytes = b"",
        towards: str = "host",
    ) -> None:
        """Let line or sensor fail from now on; `kind` is one of FaultKind, which says what the rest means.

        `towards` is host or sensor: whose incoming bytes `at` counts. Raises ValueError for what cannot be.
        """
        with self._lock:
            self._line.add(Fault(FaultKind(kind), at, count, mask, delay_s, data), towards)

    def clear_faults(self) -> None:
        """Mend line and sensor."""
        with self._lock:
            self._line.mend()

    def wipe(self) -> None:
        """Empty every slot, behind the host's back."""
        with self._lock:
            tampering.wipe(self.device)

    def shuffle(self) -> None:
        """Move every template to another used slot, always in the same way. Raises ValueError with fewer than two."""
        with self._lock:
            tampering.shuffle(self.device)

    def plant(self, slot: int, finger: str) -> None:
        """Put a template of the finger called `finger` into `slot`, behind the host's back. Raises ValueError for a slot that is none."""
        with self._lock:
            tampering.plant(self.device, slot, finger)

    def power_cycle(self) -> None:
        """Take the sensor's power away and give it back; the adapter stays plugged in."""
        with self._lock:
            self._line.power_on()
            # What an instant sensor says on power is out when this returns, and drowns in no test's first answer.
            self._line.step()
        self._wake()

    def unplug(self) -> None:
        """Pull the cable: clients hang up, the sensor loses its power, the link leads nowhere."""
        with self._lock:
            self._line.cut()
            self._let_go()

    def replug(self) -> None:
        """Plug in again, as another pseudo-terminal at the same link."""
        with self._lock:
            self._port.plug(self.device.baud)
            self.power_cycle()

    def state(self) -> dict[str, object]:
        """What the emulator is and holds, for whoever watches."""
        with self._lock:
            glass = self.device.glass
            plugged = self._port.master >= 0
            facts = {"model": self.device.model, "port": self.port, "plugged": plugged, "baud": self.device.baud}
            return {
                **facts,
                "finger": glass.finger,
                "quality": str(glass.quality),
                "looks": glass.looks,
                **self.device.state(),
            }

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                master, due, blocked = self._port.master, self._line.next_due(), self._line.blocked
            poller = select.poll()
            poller.register(self._wake_read, select.POLLIN)
            if master >= 0:
                poller.register(master, select.POLLIN | (select.POLLOUT if blocked else 0))
            poller.poll(None if due is None or blocked else max(0.0, due - time.monotonic()) * 1000)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, _CHUNK)
            with self._lock:
                self._turns += 1
                self._turned.notify_all()
                self._line.step()

    def _let_go(self) -> None:
        """Wait until the thread does not poll the old port any more: as long as it does, the kernel keeps a closed one alive."""
        self._wake()
        seen = self._turns
        if self._thread.is_alive():
            self._turned.wait_for(lambda: self._turns != seen, _JOIN)

    def _wake(self) -> None:
        os.write(self._wake_write, b"\0")

    def _release(self) -> None:
        self._stop.set()
        self._port.close()
        self.device.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _handle(self, asked: dict[str, object]) -> dict[str, object]:
        do = asked.pop("do", None)
        doers: dict[object, Callable[..., object]] = {
            "place": lambda name, quality=None: self.place(str(name), quality),
            "lift": self.lift,
            "wipe": self.wipe,
            "shuffle": self.shuffle,
            "plant": lambda slot, finger: self.plant(int(slot), str(finger)),
            "fault": self._fault_by_hex,
            "clear-faults": self.clear_faults,
            "power-cycle": self.power_cycle,
            "unplug": self.unplug,
            "replug": self.replug,
            "state": self.state,
        }
        if do not in doers:
            raise ValueError(f"cannot {do!r}; known: {', '.join(map(str, doers))}")
        answer = doers[do](**asked)
        return answer if isinstance(answer, dict) else {}

    def _fault_by_hex(self, kind: str, *, towards: str = "host", data: str = "", **numbers: object) -> None:
        """JSON has no bytes, and any types: `data` comes as hexadecimal digits, the rest is made what it has to be."""
        made: dict[str, Any] = {name: _NUMBERS[name](number) for name, number in numbers.items()}
        self.fault(kind, towards=towards, data=bytes.fromhex(data), **made)
