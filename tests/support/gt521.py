"""Emulated GT sensors for tests: what is in them, and what they hear."""

import pytest

from drivers.emulation.host import Emulator
from drivers.gt521.codec import Data, Decoder, Packet
from drivers.gt521.emulator import Gt521Device
from tests.support.scanners import heard_by


def device_of(emulator: Emulator) -> Gt521Device:
    assert isinstance(emulator.device, Gt521Device)
    return emulator.device


def heard(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[Packet | Data]:
    """Every command that the emulated sensor hears from now on."""
    return heard_by(emulator, monkeypatch, Decoder())
