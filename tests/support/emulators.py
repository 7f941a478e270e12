"""Emulated ZFM sensors for tests: alone (bytes in, bytes out), or on their port, where a raw client talks to them."""

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from drivers.emulation.host import Emulator
from drivers.zfm import emulator
from drivers.zfm.codec import Decoder, Packet, Pid
from drivers.zfm.emulator import ZfmDevice

Make = Callable[..., ZfmDevice]
ZFM_MODELS: dict[str, Make] = {
    name: getattr(emulator, name) for name in ("zfm20", "as608", "r305", "r307", "r308", "r503", "zw101")
}
# Seconds until a test gives up waiting for bytes that must come.
PATIENCE = 5.0


def framed(command: str, address: int = 0xFFFFFFFF) -> bytes:
    """A command given in hexadecimal, as it goes over the wire."""
    return Packet(Pid.COMMAND, bytes.fromhex(command), address).to_bytes()


def start(make: Make, **options: object) -> ZfmDevice:
    """A sensor that has power."""
    device = make(seed=1, **options)
    list(device.power_on())
    return device


def said(device: ZfmDevice, command: str) -> list[str]:
    """Every answer to a command, byte for byte."""
    return [answer.data.hex().upper() for answer in device.receive(framed(command))]


def ask(device: ZfmDevice, command: str, address: int = 0xFFFFFFFF) -> list[Packet]:
    """The packets that answer a command."""
    return Decoder().feed(b"".join(answer.data for answer in device.receive(framed(command, address))))


def code(device: ZfmDevice, command: str) -> int:
    """The confirmation code of the only packet that answers a command."""
    (ack,) = ask(device, command)
    return ack.payload[0]


def codes(device: ZfmDevice, *commands: str) -> list[int]:
    """The confirmation codes of commands, one after the other."""
    return [code(device, command) for command in commands]


def content(device: ZfmDevice, command: str) -> bytes:
    """What the data packets behind a command's ack hold."""
    return b"".join(packet.payload for packet in ask(device, command)[1:])


def enrolled(device: ZfmDevice, finger: str, slot: int) -> None:
    """Enrol a finger with two presses; the glass is empty afterwards."""
    device.glass.place(finger)
    assert codes(device, "01", "0201", "01", "0202", "05", f"0601{slot:04X}") == [0] * 6
    device.glass.lift()


def looked_up(device: ZfmDevice, finger: str) -> tuple[int, int]:
    """The code and the slot of a Search over the first 256 slots for a finger; the glass is empty afterwards."""
    device.glass.place(finger)
    assert codes(device, "01", "0201") == [0, 0]
    (ack,) = ask(device, "0401" + "0000" + "0100")
    device.glass.lift()
    return ack.payload[0], int.from_bytes(ack.payload[1:3])


class RawClient:
    """A program that has opened an emulator's port, and knows no protocol."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def send(self, data: bytes) -> None:
        """Write all of it."""
        assert os.write(self.descriptor, data) == len(data)

    def receive(self, count: int) -> bytes:
        """Wait for exactly `count` bytes."""
        got = b""
        until = time.monotonic() + PATIENCE
        while len(got) < count:
            assert select.select([self.descriptor], [], [], until - time.monotonic())[0], f"only {got.hex()} came"
            got += os.read(self.descriptor, count - len(got))
        return got

    def ask(self, command: str, count: int) -> bytes:
        """Send a command, and wait for `count` bytes."""
        self.send(framed(command))
        return self.receive(count)

    def hung_up(self) -> bool:
        """Wait until the cable is pulled."""
        poller = select.poll()
        poller.register(self.descriptor, select.POLLHUP)
        return bool(poller.poll(PATIENCE * 1000))


@contextmanager
def raw_client(emulator: Emulator) -> Iterator[RawClient]:
    """A client on the emulator's port, which is raw and has the sensor's speed already."""
    descriptor = os.open(emulator.link, os.O_RDWR | os.O_NOCTTY)
    try:
        yield RawClient(descriptor)
    finally:
        os.close(descriptor)
