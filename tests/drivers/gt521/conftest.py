from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.emulation.host import Emulator
from tests.support.scanners import emulated


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("gt511c3", tmp_path) as emulator:
        yield emulator


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("gt521f52", tmp_path) as emulator:
        yield emulator
