from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import Scanner
from drivers.emulation.host import Emulator
from tests.support.scanners import emulated, opened


@pytest.fixture
def r307(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("r307", tmp_path) as emulator:
        yield emulator


@pytest.fixture
def r503(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("r503", tmp_path) as emulator:
        yield emulator


@pytest.fixture
def emulator(r307: Emulator) -> Emulator:
    """The model that a family's tests are mostly about."""
    return r307


@pytest.fixture
def scanner(emulator: Emulator) -> Iterator[Scanner]:
    with opened(emulator) as scanner:
        yield scanner
