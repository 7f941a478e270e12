"""Emulated F5 scanners for tests, and their bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.emulation.host import Emulator
from drivers.waveshare.codec import Decoder, Packet
from drivers.waveshare.commands import LONG_ANSWERS, LONG_COMMANDS, Profile
from drivers.waveshare.emulator import WaveshareDevice
from drivers.waveshare.scanner import WaveshareScanner
from tests.support.scanners import SEED


@contextmanager
def emulated(profile: Profile, folder: Path, *, instant: bool = True) -> Iterator[Emulator]:
    """A model that has no entry point of its own."""
    with Emulator(WaveshareDevice(profile, seed=SEED), folder / "scanner", instant=instant).start() as emulator:
        yield emulator


@contextmanager
def opened(emulator: Emulator, **options: object) -> Iterator[WaveshareScanner]:
    """A driver on the emulator's line."""
    scanner = WaveshareScanner(emulator.link, **options)  # type: ignore[arg-type]
    try:
        scanner.open()
        yield scanner
    finally:
        scanner.close()


def heard(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[Packet]:
    """Every command that the emulated sensor hears from now on."""
    seen: list[Packet] = []
    decoder = Decoder(LONG_COMMANDS)
    receive = emulator.device.receive

    def listening(data: bytes) -> object:
        seen.extend(decoder.feed(data))
        return receive(data)

    monkeypatch.setattr(emulator.device, "receive", listening)
    return seen


def ask(device: WaveshareDevice, code: int, fields: str = "000000", data: bytes = b"") -> Packet:
    """The answer to a command whose fields are given in hexadecimal."""
    sent = Packet(code, bytes.fromhex(fields), data).to_bytes()
    (answer,) = Decoder(LONG_ANSWERS).feed(b"".join(answer.data for answer in device.receive(sent)))
    return answer
