"""Emulated F5 scanners for tests, and their bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.emulation.host import Emulator
from drivers.waveshare.codec import Decoder, Packet
from drivers.waveshare.commands import LONG_ANSWERS, LONG_COMMANDS, Profile
from drivers.waveshare.emulator import WaveshareDevice
from tests.support.scanners import SEED, heard_by


@contextmanager
def profiled(profile: Profile, folder: Path) -> Iterator[Emulator]:
    """A model that has no entry point of its own."""
    with Emulator(WaveshareDevice(profile, seed=SEED), folder / "scanner", instant=True).start() as emulator:
        yield emulator


def heard(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[Packet]:
    """Every command that the emulated sensor hears from now on."""
    return heard_by(emulator, monkeypatch, Decoder(LONG_COMMANDS))


def ask(device: WaveshareDevice, code: int, fields: str = "000000", data: bytes = b"") -> Packet:
    """The answer to a command whose fields are given in hexadecimal."""
    sent = Packet(code, bytes.fromhex(fields), data).to_bytes()
    (answer,) = Decoder(LONG_ANSWERS).feed(b"".join(answer.data for answer in device.receive(sent)))
    return answer
