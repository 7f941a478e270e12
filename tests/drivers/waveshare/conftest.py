from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.emulation.host import Emulator
from drivers.waveshare import enrolment
from tests.support.scanners import emulated


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulated finger is lifted at once."""
    monkeypatch.setattr(enrolment, "LIFT", 0.0)


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("waveshare", tmp_path) as emulator:
        yield emulator
