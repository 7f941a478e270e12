"""The sensor's side of the same wire: an R307 or R503 that answers byte for byte, through the driver's own codec."""

import random
from collections.abc import Iterator
from pathlib import Path

from drivers.emulation.device import Answer, Device
from drivers.emulation.fingers import Glass
from drivers.zfm.codec import BROADCAST, Decoder, Packet, Pid
from drivers.zfm.commands import OK, PACKET_ERROR, R307, R503, SOFT_RST, Profile
from drivers.zfm.firmware import Firmware
from drivers.zfm.flash import Flash
from drivers.zfm.reply import Reply

# What comes out while the supply rises, and the byte that says the sensor listens; seconds from power to that byte.
_POWER_ON = bytes.fromhex("00FE55")
_BOOT = 0.05
# An R307's template has 512 bytes on paper; this emulator plays the batches with 768 that users measured.
_R307_TEMPLATE = 768


class ZfmDevice(Device):
    """An emulated sensor of `profile`. `seed` fixes all chance; `state` is a file that keeps its flash."""

    def __init__(
        self, profile: Profile, *, template_size: int, seed: int | None = None, state: Path | None = None
    ) -> None:
        noise = random.Random(seed)  # noqa: S311  noise of pictures, no secret
        self.model = profile.model
        self.glass = Glass(noise)
        self._flash = Flash(profile.capacity, template_size, serial=noise.randbytes(8), path=state)
        self._firmware = Firmware(profile, self._flash, self.glass, noise)
        self._decoder = Decoder()
        self._downloaded = bytearray()

    @property
    def baud(self) -> int:
        """See Device.baud."""
        return self._firmware.active.baud_n * 9600

    def power_on(self) -> Iterator[Answer]:
        """See Device.power_on."""
        self._firmware.reset()
        self._decoder.clear()
        self._downloaded.clear()
        yield Answer(_POWER_ON, _BOOT)

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
        """See Device.state; `light` holds AuraLedConfig's four bytes in hexadecimal, zeros on a sensor without light."""
        return {"used": sorted(self._flash.used), "light": self._firmware.light.hex()}

    def close(self) -> None:
        """See Device.close."""
        self._flash.close()

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
            yield from self.power_on()
            return
        reply = self._firmware.execute(code, fields)
        yield self._ack(reply)
        if reply.transfer is not None:
            yield from self._transfer(reply.transfer)
        # Only now: the ack of SetSysPara and SetAdder still goes out under the old settings.
        self._firmware.apply_registers()

    def _ack(self, reply: Reply) -> Answer:
        payload = bytes((reply.code,)) + (reply.fields if reply.code == OK or reply.fields else b"")
        return Answer(self._packet(Pid.ACK, payload), reply.work_s)

    def _transfer(self, data: bytes) -> Iterator[Answer]:
        size = self._firmware.packet_size
        for start in range(0, len(data), size):
            pid = Pid.DATA if start + size < len(data) else Pid.END
            yield Answer(self._packet(pid, data[start : start + size]))

    def _packet(self, pid: Pid, payload: bytes) -> bytes:
        return Packet(pid, payload, self._firmware.active.address).to_bytes()


def r307(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated R307: 1000 slots, two buffers, 256 x 288 pixels."""
    return ZfmDevice(R307, template_size=_R307_TEMPLATE, seed=seed, state=state)


def r503(*, seed: int | None = None, state: Path | None = None) -> ZfmDevice:
    """An emulated R503: 200 slots, six buffers, 192 x 192 pixels, a light, and the quirks of that model."""
    return ZfmDevice(R503, template_size=R503.template_size or 0, seed=seed, state=state)
