"""The sensor's side of the same wire: a GT-511C3 or GT-521F52 that answers byte for byte, through the driver's own codec."""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.emulation.device import Answer, Device
from drivers.emulation.fingers import Glass, ideal
from drivers.emulation.flash import Flash, encode
from drivers.gt521 import commands
from drivers.gt521.biometrics import Biometrics
from drivers.gt521.codec import DEVICE, Data, Decoder, Packet
from drivers.gt521.commands import SPEEDS, TEMPLATE_SIZE, DeviceInfo
from drivers.gt521.reply import Reply, refusal

# Dates as the firmware tells its version, such as 2013-12-05.
_FIRMWARE = 0x20131205
_SERIAL_SIZE = 16
_LEVELS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Model:
    """What a model is; `levels` tells whether it knows the commands of the GT-521F's programming guide."""

    name: str
    capacity: int
    levels: bool


GT511C3 = Model("GT-511C3", 200, levels=False)
GT521F52 = Model("GT-521F52", 3000, levels=True)


class Gt521Device(Device):
    """An emulated sensor. `seed` fixes all chance; `state` is a file that keeps its flash. Its speed lives as long as its power."""

    def __init__(self, model: Model, *, seed: int | None = None, state: Path | None = None) -> None:
        noise = random.Random(seed)  # noqa: S311  noise of pictures, no secret
        self.model = model.name
        self.glass = Glass(noise)
        self._flash = Flash(model.capacity, TEMPLATE_SIZE, serial=noise.randbytes(8), path=state)
        self._biometrics = Biometrics(self._flash, self.glass, noise)
        self._handlers = self._table(levels=model.levels)
        self._decoder = Decoder()
        self._baud = self._next_baud = SPEEDS[0]
        self._receiving = False

    @property
    def baud(self) -> int:
        """See Device.baud."""
        return self._baud

    def power_on(self) -> Iterator[Answer]:
        """See Device.power_on. Nothing is said: neither manual names a greeting."""
        self._biometrics.reset()
        self._decoder.clear()
        self._decoder.expect(0)
        self._receiving = False
        self._baud = self._next_baud = SPEEDS[0]
        yield from ()

    def receive(self, data: bytes) -> Iterator[Answer]:
        """See Device.receive."""
        bad_before = self._decoder.bad_checksums
        packets = self._decoder.feed(data)
        if self._decoder.bad_checksums > bad_before:
            self._receiving = False
            yield _framed(refusal(commands.COMM_ERR))
        for packet in packets:
            if packet.device == DEVICE:
                yield from self._take(packet)

    def state(self) -> dict[str, object]:
        """See Device.state; `light` is "on" or "off"."""
        return {"used": sorted(self._flash.used), "light": "on" if self._biometrics.lit else "off"}

    def templates(self) -> dict[int, bytes]:
        """See Device.templates."""
        return self._flash.templates()

    def put(self, slot: int, template: bytes | None) -> None:
        """See Device.put."""
        self._flash.put(slot, template)

    def make(self, finger: str) -> bytes:
        """See Device.make."""
        return encode(ideal(finger), TEMPLATE_SIZE)

    def close(self) -> None:
        """See Device.close."""
        self._flash.close()

    def _take(self, packet: Packet | Data) -> Iterator[Answer]:
        if isinstance(packet, Data):
            # Nobody asked for it: a sensor that is not told of data does not read any.
            if self._receiving:
                self._receiving = False
                yield _framed(self._biometrics.take(packet.payload))
            return
        reply = self._execute(packet)
        self._receiving = bool(reply.expects)
        self._decoder.expect(reply.expects)
        yield _framed(reply)
        if reply.data is not None:
            yield Answer(Data(reply.data).to_bytes())
        # Only now: the ACK of ChangeBaudRate still goes out at the old speed.
        self._baud = self._next_baud

    def _execute(self, packet: Packet) -> Reply:
        handler = self._handlers.get(packet.code)
        return refusal(commands.IS_NOT_SUPPORTED) if handler is None else handler(packet.parameter)

    def _table(self, *, levels: bool) -> dict[int, Callable[[int], Reply]]:
        level = {
            commands.SET_SECURITY_LEVEL.code: self._set_level,
            commands.GET_SECURITY_LEVEL.code: lambda _: Reply(self._flash.registers.level),
        }
        return {
            **self._biometrics.table(),
            **(level if levels else {}),
            commands.OPEN.code: self._open,
            commands.CLOSE.code: lambda _: Reply(),
            commands.CHANGE_BAUD_RATE.code: self._change_baud_rate,
            commands.CMOS_LED.code: self._cmos_led,
        }

    def _open(self, wants_data: int) -> Reply:
        serial = hashlib.shake_128(self._flash.registers.serial).digest(_SERIAL_SIZE)
        return Reply(data=DeviceInfo(_FIRMWARE, serial).to_bytes() if wants_data else None)

    def _change_baud_rate(self, baud: int) -> Reply:
        if baud not in SPEEDS:
            return refusal(commands.INVALID_PARAM)
        self._next_baud = baud
        return Reply()

    def _cmos_led(self, lit: int) -> Reply:
        self._biometrics.lit = bool(lit)
        return Reply()

    def _set_level(self, level: int) -> Reply:
        if level not in _LEVELS:
            return refusal(commands.INVALID_PARAM)
        self._flash.registers.level = level
        self._flash.save_registers()
        return Reply()


def gt511c3(*, seed: int | None = None, state: Path | None = None) -> Gt521Device:
    """An emulated GT-511C3: 200 slots, no security level."""
    return Gt521Device(GT511C3, seed=seed, state=state)


def gt521f52(*, seed: int | None = None, state: Path | None = None) -> Gt521Device:
    """An emulated GT-521F52: 3000 slots, security levels 1 to 5."""
    return Gt521Device(GT521F52, seed=seed, state=state)


def _framed(reply: Reply) -> Answer:
    return Answer(Packet(reply.code, reply.parameter).to_bytes(), reply.work_s)
