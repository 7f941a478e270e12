"""Damaged and senseless bytes: frames of every family to begin with, and what noise makes of them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from drivers.emulation.device import Answer, Device
from drivers.gt521 import codec as gt521
from drivers.waveshare import codec as waveshare
from drivers.waveshare.commands import LONG_ANSWERS
from drivers.zfm import codec as zfm

TEMPLATE = 498


class Frame(Protocol):
    """A packet of any family."""

    def to_bytes(self) -> bytes: ...


class Decoder(Protocol):
    """A decoder of any family: `feed` and `give_up` return packets."""

    @property
    def pending(self) -> int: ...

    def feed(self, data: bytes) -> list[Frame]: ...

    def give_up(self) -> list[Frame]: ...

    def clear(self) -> None: ...


@dataclass(frozen=True)
class Family:
    """A decoder, the most that it may keep, and a source of frames that it should find."""

    decoder: Callable[[], Decoder]
    keeps: int
    frame: Callable[[random.Random], bytes]


def _zfm(noise: random.Random) -> bytes:
    payload = noise.randbytes(noise.choice((1, 1, 3, 5, 17, 33, 128, 256)))
    return zfm.Packet(
        noise.choice(list(zfm.Pid)), payload, noise.choice((zfm.BROADCAST, noise.getrandbits(32)))
    ).to_bytes()


def _gt521(noise: random.Random) -> bytes:
    if noise.random() < 0.1:
        return gt521.Data(noise.randbytes(TEMPLATE)).to_bytes()
    return gt521.Packet(noise.choice((gt521.ACK, gt521.NACK)), noise.getrandbits(32)).to_bytes()


def _waveshare(noise: random.Random) -> bytes:
    data = noise.randbytes(noise.choice((3, 60, 196))) if noise.random() < 0.1 else b""
    return waveshare.Packet(noise.choice((*LONG_ANSWERS, 0x0C, 0x09)), noise.randbytes(2) + b"\0", data).to_bytes()


def _gt521_decoder() -> Decoder:
    decoder = gt521.Decoder()
    decoder.expect(TEMPLATE)
    return decoder


FAMILIES: dict[str, Family] = {
    "zfm": Family(zfm.Decoder, 267, _zfm),
    "gt521": Family(_gt521_decoder, TEMPLATE + 6, _gt521),
    "waveshare": Family(lambda: waveshare.Decoder(LONG_ANSWERS), waveshare.HEAD + waveshare.MAX_DATA + 3, _waveshare),
}


def damaged(data: bytes, noise: random.Random) -> bytes:
    """What a bad line makes of `data`: bits flipped, bytes lost or added, an end cut off, other bytes altogether."""
    spoilt = bytearray(data)
    for _ in range(noise.randint(1, 3)):
        at = noise.randrange(len(spoilt) + 1)
        match noise.randrange(6):
            case 0 | 1 if at < len(spoilt):
                spoilt[at] ^= 1 << noise.randrange(8)
            case 2:
                del spoilt[at : at + noise.randint(1, 4)]
            case 3:
                spoilt[at:at] = noise.randbytes(noise.randint(1, 6))
            case 4:
                del spoilt[at:]
            case _:
                spoilt[at : at + 8] = noise.randbytes(8)
    return bytes(spoilt)


def seen_by(family: Family, data: bytes) -> set[bytes]:
    """The frames that a decoder finds in `data`, however long it waits."""
    decoder = family.decoder()
    frames = decoder.feed(data)
    while decoder.pending:
        frames += decoder.give_up()
    return {frame.to_bytes() for frame in frames}


def visibly_damaged(data: bytes, family: Family, noise: random.Random) -> bytes:
    """`data` damaged so that its checksums show it: an undamaged frame in it is one of the original's.

    The check of two bytes lets one of 65,536 accidents pass, that of one byte one of 256: no driver can see those.
    """
    original = seen_by(family, data)
    while not seen_by(family, spoilt := damaged(data, noise)) < (original or {b""}):
        pass
    return spoilt


class Spoilt(Device):
    """A sound device, one of whose answers can be spoilt: the one after the next `skip` answers. `said` keeps the sound ones."""

    def __init__(self, device: Device, spoil: Callable[[bytes], bytes]) -> None:
        self._device = device
        self._spoil = spoil
        self.model, self.glass = device.model, device.glass
        self.skip: int | None = None
        self.said: list[bytes] = []

    @property
    def baud(self) -> int:
        return self._device.baud

    def power_on(self) -> Iterator[Answer]:
        yield from self._device.power_on()

    def receive(self, data: bytes) -> Iterator[Answer]:
        for answer in self._device.receive(data):
            if self.skip == 0:
                self.skip = None
                yield Answer(self._spoil(answer.data))
            else:
                self.skip = None if self.skip is None else self.skip - 1
                self.said = [*self.said[-9:], answer.data]
                yield answer

    def state(self) -> dict[str, object]:
        return self._device.state()

    def templates(self) -> dict[int, bytes]:
        return self._device.templates()

    def put(self, slot: int, template: bytes | None) -> None:
        self._device.put(slot, template)

    def make(self, finger: str) -> bytes:
        return self._device.make(finger)

    def close(self) -> None:
        self._device.close()


def resident_kib() -> int:
    """The memory that this process really takes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])
