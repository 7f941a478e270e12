"""The sensor's side of the same wire: models that answer byte for byte, through the driver's own codec."""

import random
from collections.abc import Iterator
from pathlib import Path

from drivers.emulation.device import Answer, Device
from drivers.emulation.fingers import Glass, ideal
from drivers.emulation.flash import Flash, encode
from drivers.zfm import builds
from drivers.zfm.builds import Build
from drivers.zfm.codec import BROADCAST, Decoder, Packet, Pid
from drivers.zfm.commands import PACKET_ERROR, SOFT_RST
from drivers.zfm.firmware import Firmware
from drivers.zfm.reply import Reply

# Added to the address of a module that answers as somebody else.
_NEIGHBOUR = 1


class ZfmDevice(Device):
    """An emulated sensor as `build` says. `seed` fixes all chance; `state` is a file that keeps its flash."""

    def __init__(self, build: Build, *, seed: int | None = None, state: Path | None = None) -> None:
        noise = random.Random(seed)  # noqa: S311  noise of pictures, no secret
        self.model = build.profile.model
        self.glass = Glass(noise)
        self._build = build
        self._flash = Flash(build.profile.capacity, build.template_size, serial=noise.randbytes(8), path=state)
        self._firmware = Firmware(build, self._flash, self.glass, noise)
        self._decoder = Decoder()
        self._downloaded = bytearray()
        self._misaddressed = 0

    @property
    def baud(self) -> int:
        """See Device.baud."""
        return self._firmware.active.baud_n * 9600

    def power_on(self) -> Iterator[Answer]:
        """See Device.power_on."""
        self._start_anew()
        yield Answer(self._build.greeting, self._build.boot_s)

    def receive(self, data: bytes) -> Iterator[Answer]:
        """See Device.receive."""
        bad_before = self._decoder.bad_checksums
        packets = self._decoder.feed(data)
        if self._decoder.bad_checksums > bad_before:
            yield self._ack(Reply(PACKET_ERROR))
        for packet in packets:
            # Packets for another module on the same line are not answered.
            if packet.address in {self._firmware.active.address, BROADCAST}:
                yield from self._take(packet)

    def state(self) -> dict[str, object]:
        """See Device.state.

        `light` holds the four bytes of AuraLedConfig or ControlBLN in hexadecimal, zeros on a sensor without light; `harmed` counts
        commands carried out that a cautious host never sends.
        """
        harmed = self._firmware.perils.executed
        return {"used": sorted(self._flash.used), "light": self._firmware.light.hex(), "harmed": harmed}

    def templates(self) -> dict[int, bytes]:
        """See Device.templates."""
        return self._flash.templates()

    def put(self, slot: int, template: bytes | None) -> None:
        """See Device.put."""
        self._flash.put(slot, template)

    def make(self, finger: str) -> bytes:
        """See Device.make."""
        return encode(ideal(finger), self._flash.template_size)

    def misaddress(self, *, on: bool) -> None:
        """See Device.misaddress."""
        self._misaddressed = _NEIGHBOUR if on else 0

    def close(self) -> None:
        """See Device.close."""
        self._flash.close()

    def _start_anew(self) -> None:
        self._firmware.reset()
        self._decoder.clear()
        self._downloaded.clear()

    def _take(self, packet: Packet) -> Iterator[Answer]:
        if packet.pid is Pid.COMMAND and packet.payload:
            self._downloaded.clear()
            yield from self._execute(packet.payload[0], packet.payload[1:])
        elif packet.pid in {Pid.DATA, Pid.END}:
            self._downloaded += packet.payload
            if packet.pid is Pid.END:
                self._firmware.download(bytes(self._downloaded))

    def _execute(self, code: int, fields: bytes) -> Iterator[Answer]:
        if code == SOFT_RST.code and code in self._firmware.profile.commands:
            yield self._ack(Reply())
            self._start_anew()
            # The power did not rise, so that no junk comes before the byte 55.
            yield Answer(self._build.greeting[-1:], self._build.boot_s)
            return
        reply = self._firmware.execute(code, fields)
        yield self._ack(reply)
        yield from map(self._ack, reply.later)
        if reply.transfer is not None:
            yield from self._transfer(reply.transfer)
        # Only now: the ack of SetSysPara and SetAdder still goes out under the old settings.
        self._firmware.apply_registers()

    def _ack(self, reply: Reply) -> Answer:
        return Answer(self._packet(Pid.ACK, bytes((reply.code,)) + reply.fields), reply.work_s)

    def _transfer(self, data: bytes) -> Iterator[Answer]:
        size = self._firmware.packet_size
        for start in range(0, len(data), size):
            pid = Pid.DATA if start + size < len(data) else Pid.END
            yield Answer(self._packet(pid, data[start : start + size]))

    def _packet(self, pid: Pid, payload: bytes) -> bytes:
        return Packet(pid, payload, self._firmware.active.address ^ self._misaddressed).to_bytes()


def zfm20(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated ZFM-20: 162 slots, no notepad, and the old password works until the power goes."""
    return ZfmDevice(builds.ZFM20, seed=seed, state=state)


def as608(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated AS608: 300 slots."""
    return ZfmDevice(builds.AS608, seed=seed, state=state)


def r305(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated R305: 256 slots."""
    return ZfmDevice(builds.R305, seed=seed, state=state)


def r307(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated R307: 1000 slots, two buffers, 256 x 288 pixels."""
    return ZfmDevice(builds.R307, seed=seed, state=state)


def r308(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated R308: 500 slots, and it does not tell its parameters."""
    return ZfmDevice(builds.R308, seed=seed, state=state)


def r503(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated R503: 200 slots, six buffers, 192 x 192 pixels, a light, and the quirks of that model."""
    return ZfmDevice(builds.R503, seed=seed, state=state)


def zw101(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated HLK-ZW101: 50 slots, four buffers, Synochip's dialect."""
    return ZfmDevice(builds.ZW101, seed=seed, state=state)
