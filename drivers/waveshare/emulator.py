"""The sensor's side of the same wire: a UART Fingerprint Sensor (C) that answers byte for byte, through the driver's own codec."""

import random
from collections.abc import Iterator
from pathlib import Path

from drivers.emulation.device import Answer, Device
from drivers.emulation.fingers import Glass, ideal
from drivers.emulation.flash import Flash, Registers, encode
from drivers.waveshare.codec import Decoder, Packet
from drivers.waveshare.commands import EIGENVALUE, LAST_USER, LONG_COMMANDS, PERMISSION, SENSOR_C, Profile
from drivers.waveshare.firmware import Firmware
from drivers.waveshare.library import RECORD

# The factory's settings: 19200 bits a second, level 5.
_BAUD_N, _LEVEL = 2, 5


class WaveshareDevice(Device):
    """An emulated sensor of `profile`. `seed` fixes all chance; `state` is a file that keeps its flash."""

    def __init__(self, profile: Profile, *, seed: int | None = None, state: Path | None = None) -> None:
        noise = random.Random(seed)  # noqa: S311  noise of pictures, no secret
        self.model = profile.model
        self.glass = Glass(noise)
        factory = Registers(noise.randbytes(8), baud_n=_BAUD_N, level=_LEVEL)
        self._flash = Flash(LAST_USER + 1, RECORD, registers=factory, path=state)
        self._firmware = Firmware(profile, self._flash, self.glass, noise)
        self._decoder = Decoder(LONG_COMMANDS)
        self._waits_for: Packet | None = None

    @property
    def baud(self) -> int:
        """See Device.baud."""
        return self._firmware.speed

    def power_on(self) -> Iterator[Answer]:
        """See Device.power_on. Nothing is known of what the module says then: it says nothing."""
        self._firmware.reset()
        self._decoder.clear()
        self._waits_for = None
        return iter(())

    def receive(self, data: bytes) -> Iterator[Answer]:
        """See Device.receive. A damaged command is not answered, and a new one ends a wait: neither is established."""
        for packet in self._decoder.feed(data):
            yield self._answer(packet)
            self._firmware.apply_speed()

    def touched(self) -> Iterator[Answer]:
        """See Device.touched: the finger came that a command waits for."""
        if self._waits_for is not None:
            yield self._answer(self._waits_for)

    def state(self) -> dict[str, object]:
        """See Device.state."""
        return {"used": self._firmware.library.users}

    def templates(self) -> dict[int, bytes]:
        """See Device.templates."""
        library = self._firmware.library
        return {user: library.eigenvalue(user) for user in library.users}

    def put(self, slot: int, template: bytes | None) -> None:
        """See Device.put."""
        library = self._firmware.library
        if template is None:
            library.remove(slot)
        else:
            library.put(slot, PERMISSION, template)

    def make(self, finger: str) -> bytes:
        """See Device.make."""
        return encode(ideal(finger), EIGENVALUE)

    def close(self) -> None:
        """See Device.close."""
        self._flash.close()

    def _answer(self, asked: Packet) -> Answer:
        reply = self._firmware.execute(asked)
        self._waits_for = asked if reply.waits else None
        return Answer(reply.packet.to_bytes(), reply.work_s, waits=reply.waits)


def waveshare(*, seed: int | None = None, state: Path | None = None) -> WaveshareDevice:
    """An emulated UART Fingerprint Sensor (C): 500 fingers, users from 1 to 4095, templates of 193 bytes, a serial number."""
    return WaveshareDevice(SENSOR_C, seed=seed, state=state)
