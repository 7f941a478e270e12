"""The line between an emulated sensor and its port: both directions, their faults, and the sensor's power."""

import contextlib
import os
import random
import time
from collections.abc import Iterable
from dataclasses import replace

from drivers.emulation.device import Answer, Device
from drivers.emulation.faults import EITHER_WAY, Fault, FaultKind, FaultScript
from drivers.emulation.pacing import Outgoing
from drivers.emulation.pty import PtyPort

_CHUNK = 4096
# What comes out of a sensor while its supply rises after a brown-out (seen by ESPHome's driver).
_RISING = bytes.fromhex("00F8FCFE")
_LOGIN = b"\r\nraspberrypi login: "


class Line:
    """Moves bytes between `device` and `port`. For one thread at a time.

    `instant` leaves out the sensor's working time and the line's speed.
    """

    def __init__(self, device: Device, port: PtyPort, *, instant: bool) -> None:
        self._device = device
        self._port = port
        self._to_host = FaultScript()
        self._to_sensor = FaultScript()
        self._outgoing = Outgoing(self._to_host, instant=instant)
        self._listens_at = 0.0
        self._garbage = random.Random(0)  # noqa: S311  line noise, no secret

    @property
    def blocked(self) -> bool:
        """Whether the port took no more bytes at the last step."""
        return self._outgoing.blocked

    def next_due(self) -> float | None:
        """When the next byte is due for the host (seconds of the host's monotonic clock), or None."""
        return self._outgoing.next_due()

    def add(self, fault: Fault, towards: str) -> None:
        """Let line or sensor fail from now on; `towards` is host or sensor. Raises ValueError for what cannot be."""
        if towards not in {"host", "sensor"} or (towards == "sensor" and fault.kind not in EITHER_WAY):
            raise ValueError(f"no fault {str(fault.kind)!r} towards {towards!r}")
        if fault.kind is FaultKind.FOREIGN:
            self._device.misaddress(on=True)
        elif fault.kind is FaultKind.GHOST:
            self._device.glass.ghosts = fault.count
        else:
            (self._to_host if towards == "host" else self._to_sensor).add(fault)

    def mend(self) -> None:
        """End all faults."""
        self._to_host.clear()
        self._to_sensor.clear()
        self._device.misaddress(on=False)
        self._device.glass.ghosts = 0

    def power_on(self, junk: bytes = b"") -> None:
        """Give the sensor power, anew if it has any; `junk` comes out of it meanwhile. It hears nothing until it has said so."""
        self._outgoing.clear()
        self._to_host.power_on()
        self._outgoing.hear(0, time.monotonic(), self._device.baud)
        said = self._to_host.find(FaultKind.JUNK)
        self._say([Answer((said.data or _RISING) if said else junk)])
        self._say(self._device.power_on())
        self._listens_at = self._outgoing.free_at

    def touch(self) -> None:
        """Tell a sensor that waits for a finger that there is one."""
        if self._outgoing.withdraw(time.monotonic()):
            self._say(self._device.touched())

    def cut(self) -> None:
        """Pull the cable, and with it the sensor's power."""
        self._outgoing.clear()
        self._port.unplug()

    def step(self) -> None:
        """Take in what the host sent, and give it what is due. The port may have vanished since somebody looked at it."""
        if self._port.master < 0:
            return
        with contextlib.suppress(BlockingIOError):
            self._hear(os.read(self._port.master, _CHUNK))
        if self._port.master >= 0:
            self._suffer(self._outgoing.deliver(self._port.master, time.monotonic()))

    def _suffer(self, event: FaultKind | None) -> None:
        if event is FaultKind.UNPLUG:
            self.cut()
        elif event is FaultKind.BROWNOUT:
            self.power_on(_RISING)

    def _hear(self, data: bytes) -> None:
        now = time.monotonic()
        starting = now < self._listens_at
        self._outgoing.hear(len(data), now, self._device.baud)
        for piece in self._to_sensor.apply(data):
            self._take(b"" if starting else piece.data)
            if piece.event:
                self._suffer(piece.event)
                # Whatever else the host has sent was lost on a dead line.
                return

    def _take(self, data: bytes) -> None:
        console = self._to_host.find(FaultKind.CONSOLE)
        if self._to_host.find(FaultKind.DEAF) or not data:
            return
        if console:
            self._say([Answer(data + (console.data or _LOGIN))])
        else:
            self._say(self._device.receive(self._sampled(data)))

    def _say(self, answers: Iterable[Answer]) -> None:
        """Send answers, each at the speed that the sensor has when it gives it."""
        for answer in answers:
            self._outgoing.schedule([replace(answer, data=self._sampled(answer.data))], self._device.baud)

    def _sampled(self, data: bytes) -> bytes:
        """What one side gets of the other's bytes: at another speed it looks at the wrong moments, and every byte is another one."""
        agreed = self._port.master < 0 or self._port.client_baud() == self._device.baud
        return data if agreed else self._garbage.randbytes(len(data))
